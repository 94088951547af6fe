"""The projection along the differences of group means."""

from __future__ import annotations

import numpy as np
import torch
from bench.builtin.methods.leace import Leace
from bench.builtin.methods.mean_projection import MeanProjection

from tests.methods.patients import linear_probe, patients
from tests.methods.samples import make


def test_it_is_the_orthogonal_projection_of_the_means() -> None:
    some = patients()
    keep = some.groups >= 0
    features, groups = some.features[keep].double(), some.groups[keep]
    means = np.stack([features[groups == k].numpy().mean(0) for k in range(3)])
    q = np.linalg.qr((means[1:] - means[0]).T)[0]
    removal = make(MeanProjection).erase(features, groups, some.targets[keep])
    np.testing.assert_allclose(removal.numpy(), q @ q.T, atol=1e-12)


def test_two_races_lose_the_one_direction_between_their_means() -> None:
    some = patients()
    keep = some.groups >= 1
    removal = make(MeanProjection).erase(some.features[keep].double(), some.groups[keep], some.targets[keep])
    assert torch.linalg.matrix_rank(removal) == 1


def test_a_linear_probe_is_at_chance_on_fresh_patients_and_leace_moves_less() -> None:
    train, moved = patients(3000), {}
    for cls in (MeanProjection, Leace):
        method = make(cls)
        method.finalize(train, None)
        seen = [some._replace(features=method.erased(some.features)) for some in (patients(3000, 1), patients(3000, 2))]
        assert abs(linear_probe(*seen) - 0.5) < 0.04
        moved[cls] = (seen[0].features - patients(3000, 1).features).square().sum(1).mean()
    assert moved[Leace] < moved[MeanProjection]
