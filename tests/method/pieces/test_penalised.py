"""The form that many methods have."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from bench.method import Batch, masked_bce, tunable
from bench.method.pieces import Penalised
from tests.methods.samples import batch, make


class Large(Penalised):
    """Penalises the sum of squares of the features, and of the logits."""

    strength: float = tunable(2.0, low=0.1, high=10.0, help="weight")
    warmup: float = tunable(0.5, low=0.0, high=1.0, help="share of training")

    def penalty(self, features: Tensor, logits: Tensor, batch: Batch) -> Tensor:
        return features.square().sum() + logits.square().sum()


@pytest.mark.parametrize(("progress", "ramp"), [(0.0, 0.0), (0.25, 0.5), (0.5, 1.0), (1.0, 1.0)])
def test_the_strength_rises_in_a_line_and_what_is_chosen_has_all_of_it(progress: float, ramp: float) -> None:
    method, some = make(Large, progress=progress), batch()
    features = method.features(some.images)
    logits = method.classify(features)
    wanted = masked_bce(logits, some.targets) + 2.0 * ramp * (features.square().sum() + logits.square().sum())
    torch.testing.assert_close(method.loss(some), wanted)
    assert method.ready() == (ramp == 1)


def test_without_a_warm_up_training_need_not_be_asked_how_far_it_is() -> None:
    method = make(Large, {"warmup": 0.0}, progress=0.0)
    assert method.ramp() == 1
    assert method.ready()
