"""C as numbers: indicators of levels, splines, products of labels, as many columns as the patients bear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from bench.task import Confounder

#: Patients of the rarest group that a column must have for the next richer expansion to be used (ten events a variable,
#: Peduzzi et al., 1996).
PER_COLUMN = 10
#: Quantiles of the knots of a natural cubic spline, by their number (Harrell, 2015, table 2.3).
_KNOTS = {5: (0.05, 0.275, 0.5, 0.725, 0.95), 3: (0.1, 0.5, 0.9)}


@dataclass(frozen=True)
class Richness:
    """How C is expanded: ``knots`` of a spline (0: a straight line), and whether labels are multiplied in pairs."""

    knots: int
    products: bool


#: From the richest. The last one is used with however few patients: the ridge penalty then does the rest.
LADDER = (Richness(5, True), Richness(5, False), Richness(3, False), Richness(0, False))


def expand(confounders: Sequence[Confounder], rarest: int) -> tuple[np.ndarray, Richness]:
    """The columns of C, standardised, and how they were chosen.

    A category or a label has an indicator a level, unknown being one, but for the most frequent. A number has a natural
    cubic spline, with its mean where it is missing and an indicator of that. Products are of labels that are positive
    together. Columns that are constant, or the same as another, are left out. Groups play no part in it but for the
    number of patients of the rarest, which says how many columns there may be.

    Args:
        confounders: of N images.
        rarest: patients of the rarest group.

    Returns:
        Columns (N, p) of mean 0 and variance 1, and the richest expansion of :data:`LADDER` with at most ``rarest`` /
        :data:`PER_COLUMN` columns, or the last.
    """
    for richness in LADDER[:-1]:
        columns = _columns(confounders, richness)
        if columns.shape[1] * PER_COLUMN <= rarest:
            return columns, richness
    return _columns(confounders, LADDER[-1]), LADDER[-1]


def _columns(confounders: Sequence[Confounder], richness: Richness) -> np.ndarray:
    found = [column for one in confounders for column in _of(one, richness.knots)]
    if richness.products:
        positive = [one.values == 1 for one in confounders if one.kind == "label"]
        found += [(a & b).astype(np.float64) for a, b in combinations(positive, 2)]
    n = len(confounders[0].values)
    columns = np.stack(found, axis=1) if found else np.zeros((n, 0))
    columns = columns - columns.mean(axis=0)
    spread = np.sqrt(np.square(columns).mean(axis=0))
    varying = np.flatnonzero(spread > 1e-12)
    columns = columns[:, varying] / spread[varying]
    alike = np.abs(columns.T @ columns) / n > 1 - 1e-9
    first = [column for column in range(alike.shape[0]) if not alike[column, :column].any()]
    found_once: np.ndarray = columns[:, first]
    return found_once


def _of(confounder: Confounder, knots: int) -> list[np.ndarray]:
    if confounder.kind != "number":
        levels, counts = np.unique(np.maximum(confounder.values, -1), return_counts=True)
        others = np.delete(levels, counts.argmax())
        return [(np.maximum(confounder.values, -1) == level).astype(np.float64) for level in others]
    missing = np.isnan(confounder.values)
    if missing.all():
        return []
    known = confounder.values[~missing]
    spread = float(known.std()) or 1.0
    values = np.where(missing, 0.0, (confounder.values - known.mean()) / spread)
    columns = [values, *_spline(values, values[~missing], knots)]
    for column in columns[1:]:
        column[missing] = column[~missing].mean()
    return [*columns, missing.astype(np.float64)]


def _spline(values: np.ndarray, known: np.ndarray, knots: int) -> list[np.ndarray]:
    """The nonlinear columns of a natural cubic spline (Hastie, Tibshirani & Friedman, 2009, eq. 5.4-5.5)."""
    places = np.unique(np.quantile(known, _KNOTS[knots])) if knots else np.zeros(0)
    if len(places) < 3:
        return []
    last = places[-1]

    def curved(place: float) -> np.ndarray:
        above = np.maximum(values - place, 0) ** 3 - np.maximum(values - last, 0) ** 3
        scaled: np.ndarray = above / (last - place)
        return scaled

    return [curved(place) - curved(places[-2]) for place in places[:-2]]
