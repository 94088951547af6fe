"""The intensity histogram alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.reading_race.experiment import Experiment, Measured
from bench.reading_race.published import Published, of_groups, three
from bench.reading_race.readers import trees
from bench.reading_race.results import Cell
from bench.records import Score

if TYPE_CHECKING:
    from bench.reading_race.study import Study

_BINS, _AT_ONCE = 256, 256
_PAPER = three(0.597, 0.553, 0.547)


class Histogram(Experiment):
    """How often each of the 256 grey levels occurs in an image, read by boosted trees."""

    name = "histogram"
    question = "Do grey levels tell the group, wherever they stand? 256 bins, boosted trees."

    def cells(self, study: Study) -> list[Cell]:
        return [{"bins": _BINS}]

    def measure(self, study: Study, cell: Cell) -> Measured:
        """Counted on the images as they are cached, a histogram a channel."""
        rows = study.cohort.rows
        parts = [rows[at : at + _AT_ONCE] for at in range(0, len(rows), _AT_ONCE)]
        counts = np.concatenate([histograms(study.images.pixels[part]) for part in parts])
        return Measured(study.judge.scores(trees(counts, study.cohort, study.run.config.seed)))

    def label(self, cell: Cell) -> str:
        return f"{cell['bins']} bins, boosted trees"

    def published(self, cell: Cell, score: Score) -> Published | None:
        """MIMIC-CXR."""
        return of_groups(score, _PAPER)


def histograms(images: np.ndarray) -> np.ndarray:
    """Share of pixels at each grey level, of images ``(n, H, W[, C]) uint8``: ``(n, 256 · C) float``."""
    n, channels = len(images), images.shape[3] if images.ndim == 4 else 1
    flat = images.reshape(n, -1, channels).astype(np.int64)
    codes = flat + _BINS * (channels * np.arange(n)[:, None, None] + np.arange(channels))
    counts = np.bincount(codes.ravel(), minlength=n * channels * _BINS)
    return counts.reshape(n, channels * _BINS) / flat.shape[1]


EXPERIMENT = Histogram()
