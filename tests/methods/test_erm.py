"""The baseline's loss in closed form."""

from __future__ import annotations

import torch
from bench.builtin.methods.erm import Erm
from torch.nn import functional as F

from tests.methods.samples import batch, make


def test_erm_is_the_masked_mean_of_binary_cross_entropies() -> None:
    method, some = make(Erm), batch()
    logits, known = method(some.images), ~torch.isnan(some.targets)
    wanted = F.binary_cross_entropy_with_logits(logits[known], some.targets[known])
    torch.testing.assert_close(method.loss(some), wanted)
