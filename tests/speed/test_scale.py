"""What an image costs in a cohort of 100,000 against one of 10,000: table, cohort, cache, and one epoch's batches.

Not part of the default run: ``pytest tests/speed/test_scale.py -n 0 -s``. The patients are the phantom's; the pixels
are noise that costs next to nothing to draw, so that what does not grow in proportion cannot hide behind rendering.
"""

from __future__ import annotations

import dataclasses
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.config import compose
from bench.data.cohorts import attrition
from bench.data.cohorts.chosen import Chosen, choose
from bench.data.pixels import cache
from bench.training.batches import CohortImages, EpochBatches, loader

SIZE = 32
#: Patients: 1.6 images each.
FEW, MANY = 6_250, 62_500
#: How much more an image may cost among many: caches of the processor, and sorting, which is n log n.
LIMIT = 1.5


def _noise(rows: pd.DataFrame, size: int, options: Any) -> np.ndarray:
    start = int(rows["image"].iloc[0].encode().hex(), 16) % 2**32
    return np.random.default_rng(start).integers(0, 256, (len(rows), size, size), dtype=np.uint8)


def test_an_image_costs_the_same_among_many(tmp_path: Path) -> None:
    few, many = (_costs(patients, tmp_path / str(patients)) for patients in (FEW, MANY))
    ratios = {}
    print(f"\n{'µs of processor time an image':>30} {few.pop('images'):>9,.0f} {many.pop('images'):>9,.0f} images")
    for step in few:
        ratios[step] = many[step] / few[step]
        print(f"{step:>30} {few[step]:9.1f} {many[step]:9.1f}  ratio {ratios[step]:.2f}")
    print(f"most memory held: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
    assert max(ratios.values()) <= LIMIT


def _costs(patients: int, folder: Path) -> dict[str, float]:
    """Microseconds of processor time an image, by step."""
    chosen = choose(compose(["task=cxr", f"task.patients={patients}", f"task.image_size={SIZE}"]).task)
    chosen = dataclasses.replace(chosen, dataset=dataclasses.replace(chosen.dataset, render=_noise))
    spent: dict[str, float] = {}
    with _clock(spent, "read and build the cohort"):
        cohort = chosen.cohort()
    with _clock(spent, "fingerprints of table, split"):
        assert cohort.fingerprint != cohort.split_fingerprint
    with _clock(spent, "attrition table"):
        attrition.of(cohort)
    with _clock(spent, "build the cache"):
        _open(chosen, cohort, folder)
    with _clock(spent, "open it again"):
        pixels = _open(chosen, cohort, folder).pixels
    assert isinstance(pixels, np.memmap)
    train = cohort.part("train")
    data, batches = CohortImages(train, pixels), EpochBatches(len(train), 128, 0)
    seen = 0
    with _clock(spent, "one epoch's batches"):
        for batch in loader(data, batches):
            seen += len(batch.images)
    costs = {step: 1e6 * seconds / len(cohort) for step, seconds in spent.items()}
    costs["one epoch's batches"] = 1e6 * spent["one epoch's batches"] / seen
    return costs | {"images": float(len(cohort))}


def _open(chosen: Chosen, cohort: Any, folder: Path) -> cache.Images:
    return cache.open_images(cohort, chosen.dataset, chosen.options, None, folder, SIZE, workers=1)


@contextmanager
def _clock(spent: dict[str, float], step: str) -> Iterator[None]:
    started = time.process_time()
    yield
    spent[step] = time.process_time() - started
