"""The diagnostic metrics, each defined once, for any number of weightings of the same images at a time.

Every function takes a :class:`Sample` of ``n`` images and weights ``(n, R)`` whose columns are R weightings of them
(the replicates of a bootstrap, or one column of ones) and returns ``(R,) float64``, NaN where the metric is undefined.
What can be sorted or counted once is kept on the sample, so a thousand replicates cost a few passes over the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

ECE_BINS = 15


@dataclass(frozen=True)
class Sample:
    """Images whose label on one target is known.

    Args:
        scores: ``(n,)``, higher means more likely positive; probabilities in [0, 1] for Brier and ECE.
        positives: ``(n,) bool``.
        threshold: an image is called positive when its score is at least this; NaN where there is none. One for all
            weightings, or one for each, ``(R,)``.
    """

    scores: np.ndarray
    positives: np.ndarray
    threshold: float | np.ndarray = float("nan")

    @cached_property
    def called(self) -> np.ndarray:
        """Whether the image is called positive, ``(n, 1) bool``, or ``(n, R)`` where each weighting has a threshold."""
        called: np.ndarray = self.scores[:, None] >= np.atleast_1d(self.threshold)
        return called

    @cached_property
    def positive_rows(self) -> np.ndarray:
        """Rows of the positives, from the highest score down."""
        rows = np.flatnonzero(self.positives)
        return rows[np.argsort(-self.scores[rows], kind="stable")]

    @cached_property
    def negative_rows(self) -> np.ndarray:
        """Rows of the negatives, from the lowest score up."""
        rows = np.flatnonzero(~self.positives)
        return rows[np.argsort(self.scores[rows], kind="stable")]

    @cached_property
    def negatives_below(self) -> np.ndarray:
        """For each of ``positive_rows``, how many negatives score strictly lower."""
        below: np.ndarray = np.searchsorted(*self._sides, side="left")
        return below

    @cached_property
    def negatives_up_to(self) -> np.ndarray:
        """For each of ``positive_rows``, how many negatives score lower or the same."""
        up_to: np.ndarray = np.searchsorted(*self._sides, side="right")
        return up_to

    @cached_property
    def positives_from(self) -> np.ndarray:
        """For each of ``positive_rows``, how many positives score the same or higher."""
        descending = -self.scores[self.positive_rows]
        from_here: np.ndarray = np.searchsorted(descending, descending, side="right")
        return from_here

    @property
    def _sides(self) -> tuple[np.ndarray, np.ndarray]:
        """Scores of the negatives from the lowest up, and of the positives from the highest down."""
        return self.scores[self.negative_rows], self.scores[self.positive_rows]

    @cached_property
    def calibration(self) -> np.ndarray:
        """Row b holds score minus label of the images in bin b and 0 elsewhere, ``(ECE_BINS, n)``.

        Bins are of equal width and closed on the right, the first also on the left (Guo et al., 2017).
        """
        edges = np.linspace(0, 1, ECE_BINS + 1)[1:-1]
        bins = np.searchsorted(edges, self.scores, side="left")
        return np.where(bins == np.arange(ECE_BINS)[:, None], self.scores - self.positives, 0.0)


def auroc(sample: Sample, weights: np.ndarray) -> np.ndarray:
    """Weighted share of positive-negative pairs in the right order, ties counting half."""
    positive = weights[sample.positive_rows]
    negative = _cumulated(weights[sample.negative_rows])
    wins = negative[sample.negatives_below]
    wins += negative[sample.negatives_up_to]
    return _ratio(np.einsum("nr,nr->r", positive, wins), 2 * positive.sum(axis=0) * negative[-1])


def auprc(sample: Sample, weights: np.ndarray) -> np.ndarray:
    """Average precision: precision summed over the steps of recall, without interpolation, as in scikit-learn."""
    positive = weights[sample.positive_rows]
    true = _cumulated(positive)
    negative = _cumulated(weights[sample.negative_rows])
    called_true = true[sample.positives_from]
    called = called_true + (negative[-1] - negative[sample.negatives_below])
    # A positive of weight 0 adds nothing, whatever the precision there; nothing may be called positive at all.
    precision = np.divide(called_true, called, out=np.zeros_like(called), where=called > 0)
    return _ratio(np.einsum("nr,nr->r", positive, precision), true[-1])


def brier(sample: Sample, weights: np.ndarray) -> np.ndarray:
    """Mean squared difference of probability and label (Brier, 1950)."""
    return _ratio((sample.scores - sample.positives) ** 2 @ weights, weights.sum(axis=0))


def ece(sample: Sample, weights: np.ndarray) -> np.ndarray:
    """Expected calibration error of the probability of a positive, 15 bins of equal width (Naeini et al., 2015)."""
    return _ratio(np.abs(sample.calibration @ weights).sum(axis=0), weights.sum(axis=0))


def sensitivity(sample: Sample, weights: np.ndarray) -> np.ndarray:
    """Share of the positives that are called positive."""
    return _share(sample, sample.positives, weights)


def false_positive_rate(sample: Sample, weights: np.ndarray) -> np.ndarray:
    """Share of the negatives that are called positive."""
    return _share(sample, ~sample.positives, weights)


def specificity(sample: Sample, weights: np.ndarray) -> np.ndarray:
    """Share of the negatives that are not called positive."""
    return 1 - false_positive_rate(sample, weights)


def selection_rate(sample: Sample, weights: np.ndarray) -> np.ndarray:
    """Share of all images that are called positive."""
    return _share(sample, np.ones(len(sample.scores), dtype=bool), weights)


def _share(sample: Sample, among: np.ndarray, weights: np.ndarray) -> np.ndarray:
    called, total = among[:, None] & sample.called, among.astype(float) @ weights
    inside = np.einsum("nr,nr->r", called, weights) if called.shape[1] > 1 else called[:, 0].astype(float) @ weights
    return np.where(np.isnan(sample.threshold), np.nan, _ratio(inside, total))


def _cumulated(weights: np.ndarray) -> np.ndarray:
    """Running sums over rows from 0 on, ``(n + 1, R)``; exact while the weights are whole numbers."""
    sums = np.zeros((len(weights) + 1, weights.shape[1]))
    np.cumsum(weights, axis=0, out=sums[1:])
    return sums


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    ratio = np.full_like(denominator, np.nan)
    np.divide(numerator, denominator, out=ratio, where=denominator > 0)
    return ratio


def weighted_auroc(scores: np.ndarray, positives: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """AUROC of any score under R weightings.

    Args:
        scores: ``(n,)`` real numbers; ties count half.
        positives: ``(n,) bool``.
        weights: ``(n, R) float``, none negative.

    Returns:
        ``(R,) float64``; NaN where the positives or the negatives weigh nothing.
    """
    return auroc(Sample(scores, positives), weights)
