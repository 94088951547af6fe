"""Deep feature reweighting: the head is the average of sparse regressions on balanced held out patients."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn
import torch
from bench.builtin.methods.dfr import Dfr
from packaging.version import Version
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from bench.method import Encoded
from tests.methods.patients import patients
from tests.methods.samples import make

#: How scikit-learn is asked for an L1 penalty.
LASSO = {"l1_ratio": 1.0} | ({} if Version(sklearn.__version__) >= Version("1.8") else {"penalty": "elasticnet"})


def balanced(n: int = 80) -> Encoded:
    """As many of each race × label, the same for both targets: the subset is everybody."""
    rng = torch.Generator().manual_seed(0)
    groups, labels = torch.arange(6 * n) % 3, (torch.arange(6 * n) // 3 % 2).float()
    features = torch.randn(6 * n, 6, generator=rng) * torch.tensor([1.0, 5.0, 1.0, 1.0, 0.1, 1.0]) + 2.0
    features[:, 1] += 4.0 * labels
    return Encoded(features, torch.zeros(6 * n, 2), labels[:, None].expand(-1, 2).clone(), groups)


def test_where_everybody_is_the_subset_it_is_scikit_learns_pipeline() -> None:
    held_out, method = balanced(), make(Dfr, {"c": 0.1, "subsets": 2})
    method.finalize(patients(), held_out)
    x = StandardScaler().fit_transform(held_out.features.double().numpy())
    fit = LogisticRegression(C=0.1, solver="saga", tol=1e-10, max_iter=20_000, **LASSO).fit(x, held_out.targets[:, 0])
    for logits in method.head(held_out.features).detach().double().numpy().T:
        np.testing.assert_allclose(logits, fit.decision_function(x), atol=1e-3)
    # An L1 penalty leaves exact zeros.
    assert (method.head.weight == 0).any()


def test_every_subset_holds_each_race_and_label_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []
    held_out, method = patients(500), make(Dfr, {"subsets": 3})
    module = __import__(Dfr.__module__, fromlist=["logistic_regression"])
    fit = module.logistic_regression

    def spy(features: torch.Tensor, targets: torch.Tensor, **options: float) -> object:
        seen.append((features, targets))
        return fit(features, targets, **options)

    monkeypatch.setattr(module, "logistic_regression", spy)
    method.finalize(patients(), held_out)
    assert len(seen) == 6
    # Which patients were taken is read from their features, no two of which are alike.
    known = held_out.groups >= 0
    shown = (held_out.features.double() - held_out.features.double().mean(0)) / held_out.features.double().std(
        0, correction=0
    )
    for number, (features, labels) in enumerate(seen):
        rows = torch.cdist(features, shown).argmin(1)
        target = held_out.targets[:, number // 3]
        assert torch.equal(target[rows], labels[:, 0])
        cells = 2 * held_out.groups[rows] + target[rows].long()
        counts = cells.bincount(minlength=6)
        there = known & ~torch.isnan(target)
        rarest = (2 * held_out.groups[there] + target[there].long()).bincount(minlength=6).min()
        assert (counts == rarest).all()
        assert len(rows.unique()) == len(rows)


def test_the_head_goes_by_the_disease_where_it_went_by_race() -> None:
    """In training race tells the label; the rare combinations are what a balanced head must get right."""

    def some(n: int, seed: int) -> Encoded:
        rng = torch.Generator().manual_seed(seed)
        groups = torch.randint(0, 2, (n,), generator=rng)
        labels = torch.where(torch.rand(n, generator=rng) < 0.9, groups, 1 - groups).float()
        features = torch.randn(n, 6, generator=rng)
        features[:, 0] += 6.0 * groups
        features[:, 1] += 1.5 * labels
        return Encoded(features, torch.zeros(n, 2), labels[:, None].expand(-1, 2).clone(), groups)

    method, fresh = make(Dfr), some(2000, 2)
    method.finalize(some(100, 0), some(2000, 1))
    right = (method.head(fresh.features)[:, 0] > 0) == (fresh.targets[:, 0] == 1)
    weight = method.head.weight[0].abs()
    assert weight[0] < 0.1 * weight[1]
    assert right[fresh.groups != fresh.targets[:, 0]].float().mean() > 0.7


def test_a_target_of_one_class_keeps_its_head_and_the_features_stay() -> None:
    held_out, method = patients(), make(Dfr)
    before = {name: value.clone() for name, value in method.state_dict().items()}
    method.finalize(held_out, held_out._replace(targets=torch.cat([torch.zeros(600, 1), held_out.targets[:, 1:]], 1)))
    after = method.state_dict()
    assert torch.equal(after["head.weight"][0], before["head.weight"][0])
    assert not torch.equal(after["head.weight"][1], before["head.weight"][1])
    assert torch.equal(after["backbone.linear.weight"], before["backbone.linear.weight"])
