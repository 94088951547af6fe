"""The phantom's patients with pixels that cost next to nothing to draw, and the building of their image cache."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench.config import compose
from bench.data.cohorts.chosen import choose
from bench.data.pixels import cache

SIZE = 32


def render(rows: pd.DataFrame, size: int, options: Any) -> np.ndarray:
    """Noise that follows from each image's name; the first name is put down in the file that ``DRAWN_LOG`` names."""
    names = rows["image"].tolist()
    if log := os.environ.get("DRAWN_LOG"):
        with open(log, "a") as file:
            file.write(f"{names[0]}\n")
    seeds = (int.from_bytes(name.encode(), "big") % 2**63 for name in names)
    return np.stack([np.random.default_rng(seed).integers(0, 256, (size, size), dtype=np.uint8) for seed in seeds])


def build(cache_dir: Path, patients: int, workers: int) -> None:
    """Build, or go on building."""
    chosen = choose(compose(["task=cxr", f"task.patients={patients}", f"task.image_size={SIZE}"]).task)
    dataset = dataclasses.replace(chosen.dataset, render=render)
    cohort = dataclasses.replace(chosen, dataset=dataset).cohort()
    (cache_dir / "images.txt").write_text("\n".join(cohort.table["image"]))
    cache.open_images(cohort, dataset, chosen.options, None, cache_dir, SIZE, workers)
