"""A probe's training set from plain arrays."""

import numpy as np

from bench.scoring.decodability.probes.probe import Training


def training(
    fit: np.ndarray,
    groups: np.ndarray,
    n_groups: int,
    *,
    variances: np.ndarray | None = None,
    weights: np.ndarray | None = None,
    select: np.ndarray | None = None,
    select_groups: np.ndarray | None = None,
    seed: int = 0,
) -> Training:
    """The fit part also selects unless another is given."""
    return Training(
        fit=fit,
        groups=groups,
        weights=np.ones(len(fit)) if weights is None else weights,
        variances=np.ones(fit.shape[1]) if variances is None else variances,
        select=fit if select is None else select,
        select_groups=groups if select_groups is None else select_groups,
        n_groups=n_groups,
        seed=seed,
    )
