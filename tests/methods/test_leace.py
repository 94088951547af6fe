"""LEACE against the authors' library, the scoring suite's own, and what it promises."""

from __future__ import annotations

import pytest
import torch
from bench.builtin.methods.leace import Leace

from bench.scoring.decodability.controls.leace import Leace as Control
from tests.methods.patients import linear_probe, patients
from tests.methods.samples import make


def erased(some: torch.Tensor, removal: torch.Tensor) -> torch.Tensor:
    return some - (some - some.mean(0)) @ removal


def known(n: int = 600, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    some = patients(n, seed)
    keep = some.groups >= 0
    return some.features[keep].double(), some.groups[keep], some.targets[keep]


def test_it_is_the_authors_eraser_at_a_tolerance_of_rounding() -> None:
    library = pytest.importorskip("concept_erasure")
    features, groups, targets = known()
    onehot = torch.nn.functional.one_hot(groups).double()
    fitter = library.LeaceFitter(
        6, 3, dtype=torch.float64, shrinkage=False, constrain_cov_trace=False, svd_tol=1e-9
    ).update(features, onehot)
    ours = erased(features, make(Leace).erase(features, groups, targets))
    torch.testing.assert_close(ours, fitter.eraser(features), atol=1e-8, rtol=0)


def test_it_is_the_eraser_that_scores_are_controlled_by() -> None:
    features, groups, targets = known(seed=1)
    control = Control.fit(features.numpy(), groups.numpy(), 3).apply(features.numpy())
    ours = erased(features, make(Leace).erase(features, groups, targets))
    torch.testing.assert_close(ours, torch.from_numpy(control), atol=1e-8, rtol=0)


def test_a_weak_correlation_is_erased_as_well() -> None:
    """The authors' default keeps whole what correlates by less than 0.01."""
    rng = torch.Generator().manual_seed(0)
    groups = torch.arange(2000) % 2
    features = torch.randn(2000, 6, generator=rng, dtype=torch.float64)
    features -= torch.stack([features[groups == g].mean(0) for g in (0, 1)])[groups]
    features[:, 3] += 0.008 * groups
    after = erased(features, make(Leace).erase(features, groups, torch.zeros(2000, 2)))
    for some, bound in ((features, 1e-3), (after, 1e-14)):
        difference = (some[groups == 0].mean(0) - some[groups == 1].mean(0)).abs().max()
        assert (difference < bound) == (some is after)


def test_a_linear_probe_is_at_chance_on_fresh_patients() -> None:
    train, method = patients(3000), make(Leace)
    method.finalize(train, None)

    def seen(seed: int) -> object:
        some = patients(3000, seed)
        return some._replace(features=method.erased(some.features))

    assert linear_probe(patients(3000, 1), patients(3000, 2)) > 0.8
    assert abs(linear_probe(seen(1), seen(2)) - 0.5) < 0.04
