"""R-LACE: the game's steps, and the projection that it ends at."""

from __future__ import annotations

import numpy as np
import torch
from bench.builtin.methods.mean_projection import MeanProjection
from bench.builtin.methods.rlace import Rlace, fantope
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from tests.methods.patients import linear_probe, patients
from tests.methods.samples import make


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_the_fantopes_nearest_point_is_that_of_a_solver(seed: int, rank: int) -> None:
    matrix = torch.randn(5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    matrix = matrix + matrix.T
    found = fantope(matrix, rank)
    values = np.linalg.eigvalsh(matrix.numpy())
    solved = minimize(
        lambda v: ((v - values) ** 2).sum(),
        np.full(5, rank / 5),
        bounds=[(0, 1)] * 5,
        constraints={"type": "eq", "fun": lambda v: v.sum() - rank},
        options={"ftol": 1e-14},
    ).x
    np.testing.assert_allclose(np.linalg.eigvalsh(found.numpy()), np.sort(solved), atol=1e-4)
    # It keeps the eigenvectors.
    torch.testing.assert_close(found @ matrix, matrix @ found, atol=1e-8, rtol=0)


def test_with_a_direction_fewer_than_races_it_ends_at_the_mean_projection() -> None:
    some = patients(400, race=0.5)
    keep = some.groups >= 0
    known = some.features[keep].double(), some.groups[keep], some.targets[keep]
    found, expected = make(Rlace).erase(*known), make(MeanProjection).erase(*known)
    # Cosines of the angles between the two planes.
    assert torch.linalg.svdvals(found @ expected)[:2].min() > 0.99
    torch.testing.assert_close(found @ found, found, atol=1e-10, rtol=0)


def test_of_fewer_directions_it_takes_the_one_that_tells_most() -> None:
    rng = torch.Generator().manual_seed(0)
    groups = torch.randint(0, 3, (300,), generator=rng)
    features = torch.randn(300, 6, generator=rng, dtype=torch.float64)
    features[:, 4] += 3.0 * (groups == 2)
    features[:, 1] += 0.5 * (groups == 1)
    removal = make(Rlace, {"rank": 1}).erase(features, groups, torch.zeros(300, 2))
    assert torch.linalg.matrix_rank(removal) == 1
    assert removal[4, 4] > 0.9


def test_a_linear_probe_is_near_chance_on_fresh_patients() -> None:
    method = make(Rlace)
    method.finalize(patients(1000), None)
    seen = [some._replace(features=method.erased(some.features)) for some in (patients(1000, 1), patients(1000, 2))]
    assert abs(linear_probe(*seen) - 0.5) < 0.08
