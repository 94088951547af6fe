"""How fast the image cache is built, against bare decoding by as many processes, side by side.

Not part of the default run: ``pytest tests/speed/test_ingest.py -n 0 -s``. Real JPEGs are taken from the folder that
``BENCH_TEST_JPEGS`` names, by default the skin images of ``BENCH_TEST_DATA``. Both sides start their processes anew.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from bench.data import cohorts
from bench.data.pixels.cache import open_images
from bench.task import Dataset, Options, Reading, Task
from tests.data.files import dicom
from tests.places import REAL
from tests.speed.bare import decode_all

JPEGS = Path(os.environ.get("BENCH_TEST_JPEGS", REAL / "milk10k" / "images"))
WORKERS = int(os.environ.get("BENCH_TEST_WORKERS", min(os.cpu_count() or 1, 8)))
ROUNDS, SIZE = 5, 64
#: Least share of the bare rate.
WANTED = 0.9


class Grey(Task):
    """Grey images."""

    name, targets, protected = "grey", ("bright",), "sex"
    attributes: ClassVar = {"sex": ("F", "M")}


class Colour(Grey):
    """Images in colour."""

    channels = 3


def _nothing(root: object, options: object) -> Reading:
    raise AssertionError("the cache reads no table")


def _phase(n: int) -> np.ndarray:
    """Something like a radiograph: large shapes and noise, ``(512, 512)`` in [0, 1]."""
    y, x = np.mgrid[0:512, 0:512] / 512
    noise = np.random.default_rng(n).normal(0, 0.02, (512, 512))
    return np.clip(0.5 + 0.4 * np.sin(7 * x + n) * np.cos(5 * y) + noise, 0, 1)


def _pngs(folder: Path) -> list[Path]:
    files = [folder / f"{n:04d}.png" for n in range(1200)]
    for n, file in enumerate(files):
        if n < 100:
            Image.fromarray((255 * _phase(n)).astype(np.uint8)).save(file)
        else:
            shutil.copy(files[n % 100], file)
    return files


def _dicoms(folder: Path) -> list[Path]:
    files = [folder / f"{n:04d}.dcm" for n in range(1200)]
    for n, file in enumerate(files):
        if n < 100:
            pixels = (4095 * _phase(n)).astype(np.uint16)
            dicom(file, pixels, bits=12, WindowCenter="2048", WindowWidth="4096")
        else:
            shutil.copy(files[n % 100], file)
    return files


def _jpegs(folder: Path) -> list[Path]:
    if not JPEGS.is_dir():
        pytest.skip(f"no folder of JPEGs at {JPEGS}: BENCH_TEST_JPEGS names one")
    return sorted(JPEGS.rglob("*.jpg"))


@pytest.mark.parametrize(("make", "task"), [(_jpegs, Colour), (_pngs, Grey), (_dicoms, Grey)])
def test_the_cache_is_built_at_the_rate_of_bare_decoding(
    make: Callable[[Path], list[Path]], task: type[Task], tmp_path: Path
) -> None:
    files = make(tmp_path)
    root = JPEGS if make is _jpegs else tmp_path
    i = np.arange(len(files))
    table = pd.DataFrame(
        {
            "image": [file.relative_to(root).as_posix() for file in files], "patient": i.astype(str),
            "bright": (i % 2).astype(float), "sex": np.where(i // 2 % 2, "F", "M"),
        }
    )  # fmt: skip
    dataset = Dataset("speed", "files", _nothing)
    cohort = cohorts.build(Reading(table), task, dataset, image_size=SIZE)

    def ours(number: int) -> float:
        cache_dir = tmp_path / f"cache{number}"
        began = time.perf_counter()
        images = open_images(cohort, dataset, Options(), root, cache_dir, SIZE, WORKERS)
        seconds = time.perf_counter() - began
        assert not images.rejected
        shutil.rmtree(cache_dir)
        return seconds

    def bare() -> float:
        began = time.perf_counter()
        decode_all(files, SIZE, task.channels, WORKERS)
        return time.perf_counter() - began

    bare(), ours(-1)  # the files are in memory from here on
    ratios = []
    print(f"\n{len(files):,} files ({make.__name__[1:]}), {WORKERS} processes")
    for number in range(ROUNDS):
        a, b = (bare(), ours(number)) if number % 2 else (ours(number), bare())[::-1]
        ratios.append(a / b)
        print(f"bare {len(files) / a:,.0f} images/s, cache {len(files) / b:,.0f} images/s: ratio {ratios[-1]:.3f}")
    print(f"median ratio {np.median(ratios):.3f}")
    assert np.median(ratios) >= WANTED
