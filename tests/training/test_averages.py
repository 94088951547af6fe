from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from bench.conformance import samples
from bench.errors import BenchError
from bench.method import Method
from bench.training import averages
from bench.training.batches import CohortImages


class Halved(Method):
    """Wants weights that are half of its own."""

    def averaged(self) -> dict[str, Tensor]:
        return {name: 0.5 * value.detach() for name, value in self.named_parameters()}


class Named(Method):
    def averaged(self) -> dict[str, Tensor]:
        return {"head.wieght": torch.zeros(1)}


class Shaped(Method):
    def averaged(self) -> dict[str, Tensor]:
        return {"head.bias": torch.zeros(5)}


def make(cls: type[Method]) -> Method:
    torch.manual_seed(0)
    return cls(samples.TinyEncoder(1), samples.SPEC).train()


def images() -> CohortImages:
    cohort, pixels, _ = samples.cohort()
    return CohortImages(cohort.part("train"), pixels, hide_targets=True, hide_groups=True)


def test_statistics_are_those_of_the_images_read_and_all_is_as_it_was_afterwards() -> None:
    method, train = make(Halved), images()
    before = {name: value.clone() for name, value in method.state_dict().items()}
    with averages.in_place(method, train, 3) as read:
        assert read == 32
        assert torch.equal(method.head.weight, 0.5 * before["head.weight"])
        chosen = np.random.default_rng(3).permutation(len(train))[:32]
        with torch.no_grad():
            maps = method.backbone.convolution(method.normalise(train[(0, chosen)].images))  # type: ignore[operator]
        norm = method.backbone.norm
        torch.testing.assert_close(norm.running_mean, maps.mean((0, 2, 3)))  # type: ignore[union-attr]
        torch.testing.assert_close(norm.running_var, maps.transpose(0, 1).flatten(1).var(1))  # type: ignore[union-attr]
        assert method.training
    assert all(torch.equal(before[name], value) for name, value in method.state_dict().items())
    assert method.backbone.norm.momentum == 0.1  # type: ignore[union-attr]


def test_who_wants_no_others_is_left_alone() -> None:
    with averages.in_place(make(Method), images(), 3) as read:
        assert read is None


@pytest.mark.parametrize(("cls", "words"), [(Named, "Did you mean 'head.weight'"), (Shaped, r"\(5,\); it has \(2,\)")])
def test_weights_that_do_not_fit_are_named(cls: type[Method], words: str) -> None:
    with pytest.raises(BenchError, match=words), averages.in_place(make(cls), images(), 3):
        pass
