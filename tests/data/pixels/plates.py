"""A made-up task, its data sets in files and drawn, and its cohorts."""

import numpy as np
import pandas as pd

from bench.data import cohorts
from bench.data.pixels.cache import open_images
from bench.task import Dataset, Options, Phantom, Reading, Task


class Plates(Task):
    name = "plates"
    summary = "test plates"
    targets = ("bright", "round")
    attributes = {"sex": ("F", "M")}  # noqa: RUF012
    protected = "sex"


def table(n, suffix=".png"):
    i = np.arange(n)
    return pd.DataFrame(
        {
            "image": [f"{k:05d}{suffix}" for k in i],
            "patient": [f"p{k}" for k in i],
            "bright": (i % 2).astype(float),
            "round": (i // 2 % 2).astype(float),
            "sex": np.where(i // 4 % 2, "F", "M"),
        }
    )


class ColourPlates(Plates):
    channels = 3


def cohort_of(dataset, n, task=Plates, **options):
    reading = Reading(table(n, "" if dataset.rendered else ".png"))
    return cohorts.build(reading, task, dataset, image_size=16, **options)


def _read(root, options):
    raise AssertionError("the cache reads no table")


def draw(rows, size, options):
    seeds = rows["image"].astype(int).to_numpy()
    return np.stack([np.random.default_rng(s).integers(0, 256, (size, size), dtype=np.uint8) for s in seeds])


DRAWN = Phantom("drawn", "drawn plates", read=_read, render=draw)
FILES = Dataset("files", "plates in files", read=_read)


def opened(dataset, cohort, cache_dir, root=None, workers=1, size=16, **given):
    return open_images(cohort, dataset, Options(), root, cache_dir, size, workers, **given)
