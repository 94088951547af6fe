"""A network trained for race: what it descends on, and which epoch it keeps."""

from __future__ import annotations

import torch
from bench.builtin.methods.adversarial import Adversarial
from bench.builtin.methods.distortion import Distortion
from bench.builtin.methods.erm import Erm
from bench.builtin.methods.group_dro import GroupDro
from bench.builtin.methods.race_reader import RaceReader
from bench.builtin.methods.reweighting import Reweighting
from torch.nn import functional as F

from tests.methods.samples import batch, make


def test_race_alone_shapes_the_encoder() -> None:
    """The encoder's gradient is that of the cross-entropy of race over known groups, the head's the diagnosis's."""
    method, some = make(RaceReader), batch()
    method.loss(some).backward()
    found, of_head = method.backbone.linear.weight.grad.clone(), method.head.weight.grad.clone()
    known = some.groups >= 0
    features = method.features(some.images)
    of_race = F.cross_entropy(method.race_head(features[known]), some.groups[known])
    wanted = torch.autograd.grad(of_race, [method.backbone.linear.weight], retain_graph=True)[0]
    torch.testing.assert_close(found, wanted)
    erm = make(Erm)
    erm.load_state_dict({k: v for k, v in method.state_dict().items() if not k.startswith("race_head")})
    torch.testing.assert_close(of_head, torch.autograd.grad(erm.loss(some), erm.head.weight)[0])


def test_a_reference_that_keeps_its_last_epoch() -> None:
    assert RaceReader.reference
    assert not any(cls.reference for cls in (Adversarial, Distortion, Erm, GroupDro, Reweighting))
    assert not make(RaceReader, progress=0.99).ready()
    assert make(RaceReader, progress=1.0).ready()
