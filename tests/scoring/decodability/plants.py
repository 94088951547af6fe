"""Synthetic features in which the group is hidden in a known way, and what the best reader there is would make of them.

The group is the patient's, the images are clustered: of every coordinate's noise a part is the patient's own. In a
latent space of white noise a few coordinates carry the code; every coordinate is then given its variance, by a power
law as in features of trained networks, and the whole is rotated at random, unless it says otherwise.

The oracle of a plant is the AUROC, on these very images, of a reader that knows the density of the code in each group:
each pair of groups ranked by its true log likelihood ratio, image by image, averaged over pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy.stats import norm

from tests.scoring.decodability import codes
from tests.scoring.decodability.codes import Code, Cohort, one_vs_one

#: Largest variance of a latent coordinate over the smallest.
CONDITION = 1e4
#: Codes stand among so many of the first principal components, as in features of a network, unless they are hidden.
UPPER = 8


@dataclass(frozen=True)
class Plant:
    """Features (n, D) float32 with the group hidden in them, and the oracle's AUROC; None where nothing can be read.

    ``groups``, ``patients`` (n,) int; ``strata`` (n,) int, a disease label, or None. ``beyond_reach``: said beforehand,
    that readers who do not know where to look cannot come within .04 of the oracle on so many images.
    """

    name: str
    features: np.ndarray
    groups: np.ndarray
    patients: np.ndarray
    strata: np.ndarray | None
    oracle: float | None
    beyond_reach: bool = False


def spectrum(width: int) -> np.ndarray:
    """Variances (width,) from 1 down to 1 / ``CONDITION``, by a power law of the rank."""
    return np.arange(1, width + 1) ** -(np.log(CONDITION) / np.log(width))


def embed(cohort: Cohort, code: np.ndarray, places: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Noise of these variances (D,) with the code (n, k) at those places: (n, D), not rotated yet."""
    latent = cohort.noise(len(variances))
    latent[:, places] = code
    return latent * np.sqrt(variances)


def rotate(cohort: Cohort, latent: np.ndarray) -> np.ndarray:
    """In a random rotation, as the float32 that networks put out."""
    width = latent.shape[1]
    return (latent @ np.linalg.qr(cohort.rng.normal(size=(width, width)))[0]).astype(np.float32)


def upper(cohort: Cohort, code: np.ndarray) -> np.ndarray:
    """A place for each coordinate of the code among the first principal components."""
    return cohort.rng.permutation(UPPER)[: code.shape[1]]


def plant(name: str, cohort: Cohort, width: int, code: Code, strata: np.ndarray | None = None) -> Plant:
    """A plant with the code among the first principal components."""
    features = rotate(cohort, embed(cohort, code[0], upper(cohort, code[0]), spectrum(width)))
    return _named(name, cohort, features, code, strata=strata)


def _named(
    name: str,
    cohort: Cohort,
    features: np.ndarray,
    code: Code,
    *,
    strata: np.ndarray | None = None,
    beyond_reach: bool = False,
) -> Plant:
    oracle = one_vs_one(code[1], cohort.groups)
    return Plant(name, features, cohort.groups, cohort.patients, strata, oracle, beyond_reach)


def out_of_reach(cohort: Cohort, direction: np.ndarray, means: np.ndarray, variances: np.ndarray) -> bool:
    """Whether ridge discriminants at the best λ are expected to lose more than .04 of a linear code's AUROC.

    Means are estimated from the fit part (60 %), so along every direction j noise of variance c adds to the difference
    m_j of two groups' means; the ridge leaves s_j = v_j / (v_j + λ) of each direction. The difference that remains is
    Σ s m² / sqrt(Σ s² (m² + c)), times sqrt(1 - Σ s² / n) for the estimated covariance (for λ = 0 the limit of Raudys,
    1967, and Deev, 1970). A reader that does not know where in the spectrum the code is can do little better.

    Args:
        cohort: whose images there are to learn from.
        direction: unit vector (D,) of the code in the latent space.
        means: of the groups (K, k), in standard deviations.
        variances: of the latent coordinates (D,).
    """
    images = np.bincount(cohort.patients)
    # How much the patients' shared noise raises the variance of a mean.
    clustering = 1 + ((images**2).sum() / images.sum() - 1) * cohort.within_patient
    counts = 0.6 * np.bincount(cohort.groups)
    left = variances / (variances + np.logspace(-10, 2, 25)[:, None] * variances.mean())  # (λ, D)
    covariance = np.sqrt(np.maximum(0, 1 - (left**2).sum(axis=1) / counts.sum()))
    oracle, expected = [], []
    for i, j in combinations(range(len(means)), 2):
        distance = np.linalg.norm(means[i] - means[j])
        difference, noise = (distance * direction) ** 2, clustering * (1 / counts[i] + 1 / counts[j])
        remaining = left @ difference / np.sqrt(left**2 @ (difference + noise))
        oracle.append(norm.cdf(distance / np.sqrt(2)))
        expected.append(norm.cdf(remaining * covariance / np.sqrt(2)))
    return bool(np.mean(oracle) - np.mean(expected, axis=0).max() > 0.04)


# Rows of the table: each makes n images with D features from a seed.


def _coded(name: str, make: Callable[[Cohort], Code]) -> Callable[[int, int, int], Plant]:
    def row(n: int, width: int, seed: int) -> Plant:
        cohort = Cohort(n, seed)
        return plant(name, cohort, width, make(cohort))

    return row


def _low_variance(n: int, width: int, seed: int) -> Plant:
    cohort, distance = Cohort(n, seed), 1.47
    code, variances = codes.linear(cohort, distance), spectrum(width)
    variances[-2:] = 1e-8
    features = rotate(cohort, embed(cohort, code[0], np.array([-2, -1]), variances))
    beyond = out_of_reach(cohort, np.eye(width)[-1], codes.simplex(cohort.n_groups, distance), variances)
    return _named("linear, 1e-8 of the top variance", cohort, features, code, beyond_reach=beyond)


def _tiny(n: int, width: int, seed: int) -> Plant:
    made = ROWS["linear"](n, width, seed)
    return replace(made, name="linear, all features × 1e-6", features=made.features * np.float32(1e-6))


def _one_dimension(n: int, width: int, seed: int) -> Plant:
    """Three means in a row, along a feature of middling variance; the other features are independent of it."""
    return _along("in one dimension", n, width, seed, np.eye(width)[width // 2])


def _sparse(n: int, width: int, seed: int) -> Plant:
    """The same, along a sum of 16 features from all over the spectrum."""
    direction = np.zeros(width)
    direction[np.linspace(0, width - 1, 16).astype(int)] = 1 / 4
    return _along("sparse over many", n, width, seed, direction)


def _along(name: str, n: int, width: int, seed: int, direction: np.ndarray, distance: float = 0.95) -> Plant:
    cohort = Cohort(n, seed)
    means = (np.arange(cohort.n_groups) - (cohort.n_groups - 1) / 2) * distance
    latent = cohort.noise(width) + means[cohort.groups, None] * direction
    position = latent @ direction
    log_likelihoods = -((position[:, None] - means) ** 2) / 2
    features = (latent * np.sqrt(spectrum(width))).astype(np.float32)
    beyond = out_of_reach(cohort, direction, means[:, None], spectrum(width))
    return _named(name, cohort, features, (position[:, None], log_likelihoods), beyond_reach=beyond)


def _within_stratum(n: int, width: int, seed: int) -> Plant:
    cohort = Cohort(n, seed)
    labels = cohort.rng.integers(0, 2, n)
    return plant("within one disease stratum", cohort, width, codes.within_stratum(cohort, labels), strata=labels)


def _disease(n: int, width: int, seed: int) -> Plant:
    """Two groups with a prevalence of 35 and 20 %: nothing is to be read within the stratum."""
    cohort = Cohort(n, seed, shares=(0.3, 0.7))
    prevalences = np.array([0.35, 0.20])
    labels = (cohort.rng.random(n) < prevalences[cohort.groups]).astype(np.int64)
    return plant("pure disease score", cohort, width, codes.disease(cohort, labels, prevalences), strata=labels)


def _float16(n: int, width: int, seed: int) -> Plant:
    """The oracle is that of the features before rounding."""
    made = ROWS["linear"](n, width, seed)
    return replace(made, name="float16-rounded", features=made.features.astype(np.float16).astype(np.float32))


def _relu(n: int, width: int, seed: int) -> Plant:
    """A ReLU cuts off the lowest 31 % of every feature. The oracle is that of the features before."""
    made = ROWS["linear"](n, width, seed)
    features = np.maximum(made.features + made.features.std(axis=0) / 2, 0)
    return replace(made, name="after ReLU", features=features)


def _randomised(n: int, width: int, seed: int) -> Plant:
    """Noise of the features' root mean square at every inference; the mean of 10 draws is read, also by the oracle."""
    cohort, draws, variances = Cohort(n, seed), 10, spectrum(width)
    code = codes.linear(cohort)[0]
    places = upper(cohort, code)
    latent = embed(cohort, code, places, variances)
    for _ in range(draws):
        latent += cohort.rng.normal(size=latent.shape) * np.sqrt(variances.mean()) / draws
    spread = np.sqrt(variances[places] + variances.mean() / draws)
    seen = latent[:, places] / spread
    means = codes.simplex(cohort.n_groups, codes.DISTANCE) * np.sqrt(variances[places]) / spread
    log_likelihoods = -((seen[:, None] - means) ** 2).sum(axis=2) / 2
    return _named("randomised (mean of 10 draws)", cohort, rotate(cohort, latent), (seen, log_likelihoods))


def _constant(n: int, width: int, seed: int) -> Plant:
    cohort = Cohort(n, seed)
    return Plant("constant features", np.full((n, width), 0.1, np.float32), cohort.groups, cohort.patients, None, 0.5)


def _not_finite(value: float) -> Callable[[int, int, int], Plant]:
    def row(n: int, width: int, seed: int) -> Plant:
        made = ROWS["linear"](n, width, seed)
        made.features[:: n // 3, width // 2] = value
        return replace(made, name=f"rows with {value}", oracle=None)

    return row


def _low_variance_and_quadratic(n: int, width: int, seed: int) -> Plant:
    cohort = Cohort(n, seed)
    code, variances = codes.variance(cohort), spectrum(width)
    variances[-1] = 1e-8
    features = rotate(cohort, embed(cohort, code[0], np.array([-1]), variances))
    return _named("variance-coded, 1e-8 of the top variance", cohort, features, code, beyond_reach=True)


def _nothing(n: int, width: int, seed: int) -> Plant:
    cohort = Cohort(n, seed)
    features = rotate(cohort, cohort.noise(width) * np.sqrt(spectrum(width)))
    return Plant("no code at all", features, cohort.groups, cohort.patients, None, 0.5)


#: By name, in the order of the table.
ROWS: dict[str, Callable[[int, int, int], Plant]] = {
    "linear": _coded("linear", codes.linear),
    "low variance": _low_variance,
    "tiny": _tiny,
    "xor": _coded("XOR of two directions", codes.xor),
    "variance": _coded("variance-coded", codes.variance),
    "radius": _coded("8-D radius", codes.radius),
    "curve": _coded("on a curve (sine)", codes.sine),
    "one": _one_dimension,
    "sparse": _sparse,
    "products": _coded("in pairwise products", codes.products),
    "stratum": _within_stratum,
    "float16": _float16,
    "relu": _relu,
    "randomised": _randomised,
    "constant": _constant,
    "nan": _not_finite(np.nan),
    "infinite": _not_finite(np.inf),
    "hidden": _low_variance_and_quadratic,
    "nothing": _nothing,
    "disease": _disease,
}
