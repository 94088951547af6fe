"""SPLINCE: race is gone, and what features share with the findings is left as it was."""

from __future__ import annotations

import torch
from bench.builtin.methods.leace import Leace
from bench.builtin.methods.splince import Splince

from bench.method.pieces.linear import basis, group_directions, least_squares, whitening
from tests.methods.patients import linear_probe, patients
from tests.methods.samples import make


def known() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    some = patients()
    keep = some.groups >= 0
    return some.features[keep].double(), some.groups[keep], some.targets[keep].double()


def covariance(features: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    there = ~torch.isnan(labels)
    x, y = features[there], labels[there]
    return (x - x.mean(0)).T @ (y - y.mean()) / len(y)


def test_group_means_become_equal_and_covariances_with_every_target_stay() -> None:
    features, groups, targets = known()
    after = features - (features - features.mean(0)) @ make(Splince).erase(features, groups, targets)
    means = torch.stack([after[groups == k].mean(0) for k in range(3)])
    assert (means - means[0]).abs().max() < 1e-11
    by_leace = features - (features - features.mean(0)) @ make(Leace).erase(features, groups, targets)
    for labels in targets.T:
        torch.testing.assert_close(covariance(after, labels), covariance(features, labels), atol=1e-11, rtol=0)
        assert (covariance(by_leace, labels) - covariance(features, labels)).abs().max() > 1e-2


def test_it_is_the_projection_of_the_paper() -> None:
    """P = W⁺ V (Uᵀ V)⁻¹ Uᵀ W: U spans all that is orthogonal to race, V the range that is kept."""
    features, groups, targets = known()
    w, inverse = whitening(features)
    race = w @ group_directions(features, groups)
    finding = torch.stack([w @ covariance(features, labels) for labels in targets.T], dim=1)
    both = basis(torch.cat([race, finding], dim=1), 1.0)

    def complement(columns: torch.Tensor) -> torch.Tensor:
        return torch.linalg.svd(torch.eye(6, dtype=torch.float64) - columns @ columns.T)[0][:, : 6 - columns.shape[1]]

    u = complement(basis(race, 1.0))
    v = torch.cat([basis(finding, 1e-6), complement(both)], dim=1)
    projection = inverse @ v @ torch.linalg.solve(u.T @ v, u.T) @ w
    removal = make(Splince).erase(features, groups, targets)
    torch.testing.assert_close(torch.eye(6, dtype=torch.float64) - removal.T, projection, atol=1e-9, rtol=0)


def test_with_a_head_refitted_without_a_penalty_it_diagnoses_as_leace_does() -> None:
    features, groups, targets = known()
    scores = []
    for cls in (Splince, Leace):
        after = features - (features - features.mean(0)) @ make(cls).erase(features, groups, targets)
        scores.append(least_squares(after, targets.nan_to_num(0.0))(after))
    torch.testing.assert_close(scores[0], scores[1], atol=1e-8, rtol=0)


def test_where_race_is_the_finding_race_is_erased() -> None:
    features, groups, _ = known()
    target = (groups == 0).double()[:, None].expand(-1, 2)
    after = features - (features - features.mean(0)) @ make(Splince).erase(features, groups, target)
    means = torch.stack([after[groups == k].mean(0) for k in range(3)])
    assert (means - means[0]).abs().max() < 1e-9


def test_a_linear_probe_is_at_chance_on_fresh_patients() -> None:
    method = make(Splince)
    method.finalize(patients(3000), None)
    seen = [some._replace(features=method.erased(some.features)) for some in (patients(3000, 1), patients(3000, 2))]
    assert abs(linear_probe(*seen) - 0.5) < 0.04
