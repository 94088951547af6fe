"""How rich a layer is: whether it can hold anything that the outputs do not."""

from __future__ import annotations

import numpy as np

#: Share of the mean variance of a standardised feature below which a direction is empty: the variance of noise of 1%.
_EMPTY = 1e-4


def richness(features: np.ndarray) -> int:
    """In how many directions features (N, D) vary: those of their correlations with a variance worth the name."""
    centred = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    spread = centred.std(axis=0)
    standardised = centred[:, spread > 0] / spread[spread > 0]
    if not standardised.size:
        return 0
    # The smaller of the two matrices of products has the same eigenvalues above 0.
    wide = standardised.shape[1] > len(standardised)
    products = standardised @ standardised.T if wide else standardised.T @ standardised
    return int((np.linalg.eigvalsh(products / len(standardised)) > _EMPTY).sum())
