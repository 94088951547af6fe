"""Ways of hiding a group in a few coordinates, each with the likelihood of every group at every image.

A code is made of standard normal noise, of which a part is the patient's own: images of a patient resemble each other.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy.special import logsumexp
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

SHARES = (0.2, 0.3, 0.5)
#: Share of a coordinate's variance that the images of a patient have in common.
WITHIN_PATIENT = 0.3
#: Of the groups' means in a linear code, in standard deviations: an oracle of .83.
DISTANCE = 1.35


class Cohort:
    """n images of patients who have 1 to 5 each, and everything that is drawn for them."""

    def __init__(
        self, n: int, seed: int, shares: tuple[float, ...] = SHARES, within_patient: float = WITHIN_PATIENT
    ) -> None:
        self.rng = np.random.default_rng(seed)
        self.patients = np.repeat(np.arange(n), self.rng.integers(1, 6, n))[:n]
        self.n_groups, self.within_patient = len(shares), within_patient
        self.groups = self.rng.choice(len(shares), self.patients[-1] + 1, p=shares)[self.patients]

    def noise(self, width: int) -> np.ndarray:
        """Standard normal numbers (n, width), alike within a patient."""
        shared = self.rng.normal(size=(self.patients[-1] + 1, width))[self.patients]
        fresh = self.rng.normal(size=shared.shape)
        return np.sqrt(self.within_patient) * shared + np.sqrt(1 - self.within_patient) * fresh


def one_vs_one(log_likelihoods: np.ndarray, groups: np.ndarray) -> float:
    """Mean AUROC over pairs of groups, each ranked by its own log likelihood ratio; from (n, K) and (n,)."""
    aurocs = []
    for i, j in combinations(range(log_likelihoods.shape[1]), 2):
        rows = (groups == i) | (groups == j)
        ratio = log_likelihoods[rows, i] - log_likelihoods[rows, j]
        aurocs.append(roc_auc_score(groups[rows] == i, ratio))
    return float(np.mean(aurocs))


# A code: coordinates (n, k) of variance about 1, and the log likelihood (n, K) of each group up to a constant.
Code = tuple[np.ndarray, np.ndarray]


def simplex(n_groups: int, distance: float) -> np.ndarray:
    """Points (K, K-1) about the origin, each at the same distance from each."""
    corners = np.eye(n_groups) - 1 / n_groups
    axes = np.linalg.svd(corners)[2][: n_groups - 1]
    return corners @ axes.T * distance / np.sqrt(2)


def linear(cohort: Cohort, distance: float = DISTANCE) -> Code:
    """Means at one distance: the oracle is Φ(distance / √2)."""
    means = simplex(cohort.n_groups, distance)
    code = cohort.noise(means.shape[1]) + means[cohort.groups]
    return code, -((code[:, None] - means) ** 2).sum(axis=2) / 2


def xor(cohort: Cohort, distance: float = 1.5) -> Code:
    """Each group a mixture of two clouds opposite each other, on an axis of its own in a plane; all means are 0."""
    angles = np.pi / cohort.n_groups * np.arange(cohort.n_groups)
    axes = distance * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    signs = cohort.rng.choice([-1, 1], (len(cohort.groups), 1))
    code = cohort.noise(2) + signs * axes[cohort.groups]
    return code, np.logaddexp(code @ axes.T, -code @ axes.T)


def radius(cohort: Cohort, ratio: float = 1.28, width: int = 8) -> Code:
    """Standard deviations 1 : ratio : ratio² in ``width`` coordinates at once.

    The oracle of a pair is F(s²; width, width); with one coordinate 2/π · arctan(s), s the ratio of the pair.
    """
    spread = ratio ** np.arange(cohort.n_groups)
    spread = spread / np.sqrt(np.mean(spread[cohort.groups] ** 2))
    code = cohort.noise(width) * spread[cohort.groups, None]
    return code, -width * np.log(spread) - (code**2).sum(axis=1, keepdims=True) / (2 * spread**2)


def variance(cohort: Cohort, ratio: float = 2.4) -> Code:
    """Standard deviations 1 : ratio : ratio² along one direction."""
    return radius(cohort, ratio, width=1)


def products(cohort: Cohort, correlation: float = 0.45, pairs: int = 4) -> Code:
    """Pairs of coordinates that are correlated, one way in the first group and the other way in the last."""
    correlations = np.linspace(correlation, -correlation, cohort.n_groups)
    own = correlations[cohort.groups, None]
    a, b = cohort.noise(pairs), cohort.noise(pairs)
    b = own * a + np.sqrt(1 - own**2) * b
    remaining = 1 - correlations**2
    quadratic = (a**2 + b**2).sum(axis=1)[:, None] - 2 * correlations * (a * b).sum(axis=1)[:, None]
    return np.hstack([a, b]), -pairs / 2 * np.log(remaining) - quadratic / (2 * remaining)


def sine(cohort: Cohort, strength: float = 1.0, frequency: float = 2.0) -> Code:
    """One coordinate: the density of the noise times exp(strength · cos(frequency · x - phase of the group))."""
    grid = np.linspace(-6, 6, 24001)
    phases = 2 * np.pi * np.arange(cohort.n_groups) / cohort.n_groups
    modulation = strength * np.cos(frequency * grid[:, None] - phases)
    density = np.exp(modulation) * norm.pdf(grid)[:, None]
    total = density.sum(axis=0)
    quantiles = norm.cdf(cohort.noise(1)[:, 0])
    code = np.empty((len(cohort.groups), 1))
    for group in range(cohort.n_groups):
        rows = cohort.groups == group
        code[rows, 0] = np.interp(quantiles[rows], np.cumsum(density[:, group]) / total[group], grid)
    return code, strength * np.cos(frequency * code - phases) - np.log(total)


def disease(cohort: Cohort, labels: np.ndarray, prevalences: np.ndarray, shift: float = 2.5) -> Code:
    """A score of the disease: it says of the group what the disease does, which is as frequent as ``prevalences``."""
    code = cohort.noise(1) + shift * labels[:, None]
    diseased = np.log(prevalences) - (code - shift) ** 2 / 2
    return code, np.logaddexp(diseased, np.log(1 - prevalences) - code**2 / 2)


def within_stratum(cohort: Cohort, labels: np.ndarray, distance: float = 3.0, shift: float = 4.0) -> Code:
    """A score of the disease, which half the images show, and a linear code that only those carry."""
    score = cohort.noise(1) + shift * labels[:, None]
    means = simplex(cohort.n_groups, distance)
    code = cohort.noise(means.shape[1]) + means[cohort.groups] * labels[:, None]
    diseased = -((score - shift) ** 2) / 2 - ((code[:, None] - means) ** 2).sum(axis=2) / 2
    healthy = -(score**2) / 2 - (code**2).sum(axis=1, keepdims=True) / 2
    return np.hstack([score, code]), logsumexp([diseased, np.broadcast_to(healthy, diseased.shape)], axis=0)
