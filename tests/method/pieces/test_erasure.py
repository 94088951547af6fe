"""What all erasers do with the matrix that they find."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.method.pieces.erasure import Eraser
from tests.methods.patients import patients
from tests.methods.samples import batch, make


class First(Eraser):
    """Takes the first feature away."""

    source = "tests"

    def erase(self, features: Tensor, groups: Tensor, targets: Tensor) -> Tensor:
        assert (groups >= 0).all()
        assert features.dtype == torch.float64
        removal = torch.zeros(6, 6, dtype=torch.float64)
        removal[0, 0] = 1.0
        return removal


def test_before_the_end_nothing_is_erased() -> None:
    method, images = make(First).eval(), batch(5).images
    assert torch.equal(method.features(images), method.backbone(method.normalise(images)))


def test_what_is_removed_is_removed_about_the_mean_of_those_of_known_race() -> None:
    method, images, some = make(First).eval(), batch(5).images, patients()
    before = method.features(images)
    method.finalize(some, None)
    mean = some.features[some.groups >= 0].mean(0)
    torch.testing.assert_close(method.features(images)[:, 0], mean[:1].expand(5))
    assert torch.equal(method.features(images)[:, 1:], before[:, 1:])


def test_the_head_stays_unless_it_is_to_be_fitted_anew() -> None:
    some = patients()
    for refit in (False, True):
        method = make(First, {"refit": refit})
        before = method.head.weight.detach().clone()
        method.finalize(some, None)
        assert torch.equal(method.head.weight, before) != refit
        assert method.head.weight[:, 0].abs().max() > 0 or refit


def test_a_head_fitted_anew_diagnoses_from_what_is_left() -> None:
    some, method = patients(2000), make(First, {"refit": True})
    method.finalize(some, None)
    erased = method.erased(some.features)
    known = ~torch.isnan(some.targets)
    right = ((method.head(erased) > 0) == (some.targets == 1))[known].float().mean()
    assert right > 0.8


def test_where_there_is_one_race_or_none_nothing_is_erased() -> None:
    some = patients()
    for groups in (torch.full_like(some.groups, -1), some.groups.clamp(max=0)):
        method = make(First)
        method.finalize(some._replace(groups=groups), None)
        assert not method.removal.any()


class Steep(Eraser):
    """Takes from one direction what is read in another that has a millionth of its size."""

    source = "tests"

    def erase(self, features: Tensor, groups: Tensor, targets: Tensor) -> Tensor:
        removal = torch.zeros(6, 6, dtype=torch.float64)
        removal[1, 0] = 1e6 / 3
        return removal


def test_what_is_taken_away_has_the_digits_of_float64() -> None:
    method, some = make(Steep), patients()
    features = some.features.clone()
    features[:, 0] = features[:, 1] = features[:, 0].double().mul(1e-6).float()
    some = some._replace(features=features)
    method.finalize(some, None)
    known = features[some.groups >= 0].double()
    expected = features[:, 0].double() - (features[:, 1].double() - known[:, 1].mean()) * 1e6 / 3
    torch.testing.assert_close(method.erased(features)[:, 0].double(), expected, rtol=1e-6, atol=1e-9)
    assert method.state_dict()["removal"].dtype == torch.float32
