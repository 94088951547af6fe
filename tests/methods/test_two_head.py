"""Two heads: a linear guess of race in the diagnosis makes its rates by race alike."""

from __future__ import annotations

import torch
from bench.builtin.methods.two_head import TwoHead
from sklearn.linear_model import LinearRegression

from bench.method import Encoded
from tests.methods.samples import make


def some(n: int = 1500, seed: int = 0) -> Encoded:
    """Race stands in features 0 … 2, the score of the head is feature 3, shifted by race."""
    rng = torch.Generator().manual_seed(seed)
    groups = torch.randint(0, 3, (n,), generator=rng)
    targets = (torch.rand(n, 2, generator=rng) < 0.4).float()
    features = torch.randn(n, 6, generator=rng)
    features[:, :3] = torch.nn.functional.one_hot(groups, 3).float()
    features[:, 3:5] = 1.5 * targets + torch.tensor([-1.0, 0.0, 1.0])[groups, None] + torch.randn(n, 2, generator=rng)
    targets[:7, 1], groups[7:11] = torch.nan, -1
    return Encoded(features, features[:, 3:5].clone(), targets, groups)


def network(**values: object) -> TwoHead:
    method = make(TwoHead, values)
    with torch.no_grad():
        method.head.weight.copy_(torch.eye(6)[3:5])
        method.head.bias.zero_()
    return method


def gap(logits: torch.Tensor, of: Encoded, label: float | None) -> float:
    """The largest difference between races' rates at the threshold of the best balanced accuracy."""
    y = of.targets[:, 0]
    known = (of.groups >= 0) & ~y.isnan()
    worth = [
        ((logits[known & (y == 1), 0] >= c).float().mean() - (logits[known & (y == 0), 0] >= c).float().mean(), c)
        for c in logits[known, 0].quantile(torch.linspace(0.05, 0.95, 91))
    ]
    cut = max(worth)[1]
    among = known if label is None else known & (y == label)
    rates = [(logits[among & (of.groups == group), 0] >= cut).float().mean().item() for group in range(3)]
    return max(rates) - min(rates)


def test_where_race_can_be_read_rates_come_together_on_fresh_patients() -> None:
    fresh = some(seed=2)
    for criterion, label in (("equal_opportunity", 1.0), ("predictive_equality", 0.0), ("demographic_parity", None)):
        method = network(criterion=criterion, strength=3.0)
        before = gap(method.head(fresh.features), fresh, label)
        method.finalize(some(), some(seed=1))
        assert before > 0.35
        assert gap(method.head(fresh.features), fresh, label) < 0.15


def test_what_is_added_is_a_combination_of_the_linear_guess_of_race() -> None:
    train, method = some(), network()
    before = method.head.weight.detach().clone()
    method.finalize(train, some(seed=1))
    known = train.groups >= 0
    onehot = torch.nn.functional.one_hot(train.groups[known], 3).numpy()
    guess = torch.tensor(LinearRegression().fit(train.features[known].double().numpy(), onehot).coef_).float()
    added = (method.head.weight - before).detach()
    theta = torch.linalg.lstsq(guess.T, added.T).solution
    torch.testing.assert_close(guess.T @ theta, added.T, atol=1e-4, rtol=0)
    assert added.abs().max() > 0.3


def test_where_race_cannot_be_read_nothing_can_be_made_equal() -> None:
    """The guess is the same for all: it is instructive that this remedy needs race to be in the features."""
    train, held = some(), some(seed=1)
    for part in (train, held):
        part.features[:, :3] = 0.0
        part.features[:, 3:] = torch.randn(
            part.features[:, 3:].shape, generator=torch.Generator().manual_seed(len(part))
        )
    method = network()
    before = method.head.weight.detach().clone()
    method.finalize(train, held)
    assert (method.head.weight - before).abs().max() < 0.35


def test_a_target_of_one_class_keeps_its_head() -> None:
    method, held = network(), some(seed=1)
    held.targets[:, 1] = 0.0
    before = method.head.weight.detach().clone()
    method.finalize(some(), held)
    assert torch.equal(method.head.weight[1], before[1])
    assert not torch.equal(method.head.weight[0], before[0])
