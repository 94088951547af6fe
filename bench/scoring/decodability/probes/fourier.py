"""Random Fourier features and ridge: a kernel machine at the price of a linear one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.blas import ssyrk
from scipy.spatial.distance import pdist

from bench.scoring.decodability.probes.linear import LinearPath
from bench.scoring.decodability.probes.probe import Coordinates, Training

#: Each gives two features, its cosine and its sine.
_FREQUENCIES = 512
#: The median distance is that between so many images.
_SAMPLE = 1000
#: Rows whose features are held at a time.
_ROWS = 512
#: Total variance of the features, at most 1, below which they are alike but for the rounding of float32.
_ALIKE = 1e-9


@dataclass(frozen=True)
class Waves:
    """Cosine and sine of random projections; their products approach the Gaussian kernel of the bandwidth.

    ``frequencies`` (d, m) float32 are normal over the bandwidth; ``centre`` (2m,) is subtracted. The pair has a
    smaller error for this kernel than one cosine with a random phase (Sutherland & Schneider, 2015).
    """

    frequencies: np.ndarray
    centre: np.ndarray

    def blocks(self, coordinates: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        """A few rows of coordinates (n, d) float32 at a time: which, and their features (·, 2m) float32."""
        half = self.frequencies.shape[1]
        for start in range(0, len(coordinates), _ROWS):
            rows = slice(start, min(start + _ROWS, len(coordinates)))
            phases = coordinates[rows] @ self.frequencies
            features = np.empty((len(phases), 2 * half), dtype=np.float32)
            np.cos(phases, out=features[:, :half])
            np.sin(phases, out=features[:, half:])
            features *= np.float32(1 / np.sqrt(half))
            features -= self.centre
            yield rows, features


@dataclass(frozen=True)
class Fourier:
    """Penalised discriminants of 1,024 random Fourier features (Rahimi & Recht, 2007).

    Bandwidths are {.5, 1, 2} times the median distance between two images, penalties λ ∈ {.1, 1, 10}, in units of the
    mean eigenvalue of the features' covariance. As in :class:`.ridge.Ridge`, scores are the
    linear discriminants of covariance S_w + λI, not the ridge predictions ŷ_k themselves: those estimate posteriors,
    whose *differences* say little of group i against j wherever a third group prevails. Where groups are hard to tell
    apart the discriminant is ŷ_k / π_k, the log posterior to first order; for two groups both rank alike.

    All in float32, with one Cholesky factor a penalty, of the smaller of the Gram matrices: images where there are
    fewer than features, else features, summed over blocks of rows.
    """

    waves: tuple[Waves, ...]
    paths: tuple[LinearPath, ...]

    name: ClassVar[str] = "fourier"
    inputs: ClassVar[tuple[Coordinates, ...]] = ("principal", "leading", "reduced")
    linear: ClassVar[bool] = False
    bandwidths: ClassVar[tuple[float, ...]] = (0.5, 1.0, 2.0)
    penalties: ClassVar[tuple[float, ...]] = (1e-1, 1.0, 10.0)
    settings: ClassVar[tuple[str, ...]] = tuple(
        f"bandwidth={bandwidth:g} λ={penalty:g}" for bandwidth, penalty in product(bandwidths, penalties)
    )

    @classmethod
    def fit(cls, training: Training) -> Fourier:
        """Fit every bandwidth and penalty; frequencies, and the images of the median, are drawn by the seed."""
        rng = np.random.default_rng(training.seed)
        sample = training.fit[rng.permutation(len(training.fit))[:_SAMPLE]]
        median = float(np.median(pdist(sample))) if len(sample) > 1 else 0.0
        directions = rng.standard_normal((training.fit.shape[1], _FREQUENCIES))
        coordinates = training.fit.astype(np.float32)
        waves, paths = [], []
        for bandwidth in cls.bandwidths:
            frequencies = (directions / (bandwidth * median or 1.0)).astype(np.float32)
            centred = _centred(frequencies, coordinates, training.weights)
            waves.append(centred)
            paths.append(_path(centred, coordinates, training, cls.penalties))
        return cls(tuple(waves), tuple(paths))

    def predict(self, coordinates: np.ndarray) -> np.ndarray:
        """Log posteriors (L, n, K) of coordinates (n, d), up to a constant for every image."""
        coordinates = coordinates.astype(np.float32)
        penalties, groups = self.paths[0].intercepts.shape
        scores = np.empty((len(self.paths) * penalties, len(coordinates), groups))
        for number, (waves, path) in enumerate(zip(self.waves, self.paths, strict=True)):
            for rows, features in waves.blocks(coordinates):
                scores[number * penalties : (number + 1) * penalties, rows] = path.predict(features)
        return scores


def _centred(frequencies: np.ndarray, coordinates: np.ndarray, weights: np.ndarray) -> Waves:
    waves = Waves(frequencies, np.zeros(2 * frequencies.shape[1], np.float32))
    total = np.zeros(2 * frequencies.shape[1])
    for rows, features in waves.blocks(coordinates):
        total += weights[rows].astype(np.float32) @ features
    return Waves(frequencies, (total / weights.sum()).astype(np.float32))


def _path(waves: Waves, coordinates: np.ndarray, training: Training, penalties: tuple[float, ...]) -> LinearPath:
    """Discriminants (see :func:`~bench.scoring.decodability.probes.ridge.discriminants`) at each penalty.

    With A the centred features times sqrt(w/Σw), S_t = A'A, and the group means are A'C, where C holds sqrt(w/Σw)/π_k
    in the column of the image's group. What is needed, (S_t + λI)⁻¹ A'C, is also A'(AA' + λI)⁻¹ C.
    """
    prevalence = training.prevalence
    width = 2 * waves.frequencies.shape[1]
    roots = np.sqrt(training.weights / training.weights.sum())[:, None].astype(np.float32)
    targets = roots * (np.eye(training.n_groups) / prevalence).astype(np.float32)[training.groups]
    images = np.empty((0, width), np.float32)
    if len(coordinates) < width:
        images = np.concatenate([features for _, features in waves.blocks(coordinates)]) * roots
        gram, means = images @ images.T, images.T @ targets
    else:
        gram, means = np.zeros((width, width), np.float32, order="F"), np.zeros((width, training.n_groups), np.float32)
        for rows, features in waves.blocks(coordinates):
            features *= roots[rows]
            # Half of a symmetric product, added up in place; of the factor below, too, only that half is read.
            gram = ssyrk(1.0, features.T, beta=1.0, c=gram, lower=1, overwrite_c=1)
            means += features.T @ targets[rows]
    unit = float(gram.trace()) / width
    if unit * width < _ALIKE:
        nothing = np.zeros((len(penalties), width, training.n_groups), np.float32)
        return LinearPath(nothing, np.tile(np.log(prevalence), (len(penalties), 1)))
    coefficients, intercepts = [], []
    for penalty in penalties:
        system = gram.copy(order="F")
        np.fill_diagonal(system, gram.diagonal() + np.float32(penalty * unit))
        factor = cho_factor(system, lower=True, overwrite_a=True, check_finite=False)
        solved = images.T @ cho_solve(factor, targets) if len(images) else cho_solve(factor, means)
        # From S_t to S_w by Woodbury's identity, as in ``discriminants``.
        found = solved @ np.linalg.inv(np.eye(len(prevalence)) - (1 - 1e-6) * prevalence[:, None] * (means.T @ solved))
        coefficients.append(found)
        intercepts.append(np.log(prevalence) - 0.5 * np.einsum("rk,rk->k", means, found))
    return LinearPath(np.stack(coefficients).astype(np.float32), np.stack(intercepts))
