"""LEACE: the least change of the features after which no linear reader finds the group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.scoring.decodability.whitening import EIGENVALUE_FLOOR

#: Group means that differ by less than this many standard deviations differ by rounding alone.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Leace:
    """Least-squares concept erasure in closed form (Belrose et al., 2023, theorem 4.3), the concept being the group.

    Of all affine maps r that leave every group the same mean, and so give no linear reader anything to go by, it is the
    one that moves the features least: E|r(x) - x|² is smallest, in every inner product at once. With W the whitening of
    the features' covariance and P the projection on the whitened group means about the overall one,
    ``r(x) = x - W⁻¹ P W (x - mean)``.

    Every direction in which group means differ is erased, however little they do: the authors' implementation spares
    those below a tolerance, which leaves something to read. What is nonlinear about the group stays.

    ``offset`` (D,): mean on the fit set. ``readout`` (D, k) and ``displacement`` (k, D), with k at most K - 1: what is
    taken away from an image is ``(x - offset) @ readout @ displacement``.
    """

    offset: np.ndarray
    readout: np.ndarray
    displacement: np.ndarray

    @classmethod
    def fit(cls, features: np.ndarray, groups: np.ndarray, n_groups: int) -> Leace:
        """Learn the map from images whose group is known.

        Args:
            features: (n, D) float, finite.
            groups: codes (n,) int, 0 … K-1; a group that does not occur is passed over.
            n_groups: K.
        """
        # Averaged around the first row: a large offset costs no digits, and a constant column stays exactly so.
        first = features[0].astype(np.float64)
        centred = features - first
        shift = centred.mean(axis=0)
        centred -= shift
        scale = float(np.abs(centred).max(initial=0.0)) or 1.0
        centred /= scale  # squares of numbers as small as 1e-200 would vanish
        counts = np.bincount(groups, minlength=n_groups).astype(np.float64)
        occurring = np.flatnonzero(counts)
        onehot = (groups[:, None] == occurring) / np.sqrt(counts[occurring] * len(groups))
        means = centred.T @ onehot  # (D, K): group means times the root of their group's share

        eigenvalues, vectors = np.linalg.eigh(centred.T @ centred / len(groups))
        # Below the floor eigenvalues are numerical noise. They are raised to it rather than dropped: W stays
        # invertible, so the means come out equal whatever the spectrum; above the floor nothing is changed by it.
        spread = np.sqrt(np.maximum(eigenvalues, EIGENVALUE_FLOOR * max(eigenvalues[-1], 0.0)))
        spread[spread == 0] = 1.0  # constant features: nothing to erase
        directions, strengths, _ = np.linalg.svd((vectors.T @ means) / spread[:, None], full_matrices=False)
        directions = directions[:, strengths > _ROUNDING]
        return cls(
            offset=first + shift,
            readout=vectors @ (directions / spread[:, None]),
            displacement=(vectors @ (directions * spread[:, None])).T,
        )

    def apply(self, features: np.ndarray) -> np.ndarray:
        """The features (m, D), of the fit set or not, with the group erased: (m, D) float64."""
        erased: np.ndarray = features - ((features - self.offset) @ self.readout) @ self.displacement
        return erased
