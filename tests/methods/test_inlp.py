"""Iterative nullspace projection, round by round."""

from __future__ import annotations

import numpy as np
import torch
from bench.builtin.methods.inlp import Inlp
from scipy.linalg import null_space
from sklearn.linear_model import LogisticRegression

from tests.methods.patients import linear_probe, patients
from tests.methods.samples import make


def known(n: int = 600) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    some = patients(n)
    keep = some.groups >= 0
    return some.features[keep].double(), some.groups[keep], some.targets[keep]


def test_two_rounds_are_the_projection_onto_both_nullspaces() -> None:
    features, groups, targets = known()
    x = (features - features.mean(0)).numpy()
    x = x / np.sqrt((x**2).mean())
    rows = np.zeros((0, 6))
    for _ in range(2):
        kept = null_space(rows) if len(rows) else np.eye(6)
        fit = LogisticRegression(class_weight="balanced", max_iter=2000).fit(x @ kept @ kept.T, groups)
        # Two of the three rows: the three sum to 0.
        rows = np.concatenate([rows, fit.coef_[:2] @ kept @ kept.T])
    expected = np.eye(6) - null_space(rows) @ null_space(rows).T
    removal = make(Inlp, {"rounds": 2}).erase(features, groups, targets)
    np.testing.assert_allclose(removal.numpy(), expected, atol=1e-6)


def test_every_round_takes_one_direction_fewer_than_there_are_races() -> None:
    features, groups, targets = known()
    for rounds in (1, 2):
        removal = make(Inlp, {"rounds": rounds}).erase(features, groups, targets)
        assert torch.linalg.matrix_rank(removal) == 2 * rounds
    two = groups > 0
    removal = make(Inlp, {"rounds": 1}).erase(features[two], groups[two], targets[two])
    assert torch.linalg.matrix_rank(removal) == 1


def test_it_stops_where_nothing_is_left_to_find() -> None:
    """Noise is not projected out, however many rounds there may be; a rare race is looked for like a frequent one."""
    rng = torch.Generator().manual_seed(0)
    features = torch.randn(4000, 6, generator=rng, dtype=torch.float64)
    groups = (torch.rand(4000, generator=rng) < 0.03).long()
    targets = torch.zeros(4000, 2)
    assert not make(Inlp, {"rounds": 50}).erase(features, groups, targets).any()
    features[:, 2] += 2.0 * groups
    removal = make(Inlp, {"rounds": 50}).erase(features, groups, targets)
    assert removal[2, 2] > 0.95
    assert torch.linalg.matrix_rank(removal) <= 2


def test_a_linear_probe_of_fresh_patients_falls_with_every_round() -> None:
    read = [linear_probe(patients(3000, 1), patients(3000, 2))]
    for rounds in (1, 2):
        method = make(Inlp, {"rounds": rounds})
        method.finalize(patients(3000), None)
        seen = [some._replace(features=method.erased(some.features)) for some in (patients(3000, 1), patients(3000, 2))]
        read.append(linear_probe(*seen))
    assert read[0] > 0.8
    assert read[0] - 0.02 > read[1] > read[2] + 0.02


def test_rounds_enough_for_all_dimensions_leave_nothing_and_not_the_rounding_of_it() -> None:
    some, method = patients(3000), make(Inlp, {"rounds": 50})
    method.finalize(some, None)
    left = method.erased(some.features)
    assert torch.equal(left, left[:1].expand_as(left))
