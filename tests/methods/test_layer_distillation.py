"""Distillation layer by layer, on an encoder with blocks and on one without."""

from __future__ import annotations

import numpy as np
import torch
from bench.builtin.methods.layer_distillation import LayerDistillation, divergence

from bench.method import TrainingSet, masked_bce
from bench.method.backbones.small import SmallResNet
from tests.methods.samples import SPEC, batch, make


def network() -> LayerDistillation:
    torch.manual_seed(0)
    method = LayerDistillation(SmallResNet(1), SPEC, {"strength": 2.0})
    method.keep_start()
    return method.eval()


def test_divergence_is_that_of_bernoulli_distributions() -> None:
    rng = np.random.default_rng(0)
    teacher, student = rng.normal(size=(2, 5, 3))
    p, q = 1 / (1 + np.exp(-teacher)), 1 / (1 + np.exp(-student))
    expected = (p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))).mean()
    found = divergence(torch.tensor(teacher).float(), torch.tensor(student).float())
    np.testing.assert_allclose(found.item(), expected, rtol=1e-5)
    assert divergence(torch.randn(4, 2) * 30, torch.randn(4, 2) * 30).isfinite()


def test_the_student_is_to_be_as_sure_as_the_teacher_in_every_block_and_in_the_end() -> None:
    method, some = network(), batch(8)
    method.stage = "teacher"
    with torch.no_grad():
        for parameter in (*method.probes.parameters(), *method.head.parameters()):
            parameter.mul_(3.0)
    images = method.normalise(some.images)

    def words() -> list[torch.Tensor]:
        maps, seen = images, []
        for number, layer in enumerate(method.backbone.layers):
            maps = layer(maps)
            if number in (2, 3, 4):
                seen.append(maps.mean((2, 3)))
        return [method.head(maps), *(probe(x) for probe, x in zip(method.probes, seen, strict=True))]

    teacher = [word.detach() for word in words()]
    method.begin("student", TrainingSet(some.targets, some.groups))
    method.stage = "student"
    student = words()
    kl = torch.stack([divergence(t, s) for t, s in zip(teacher, student, strict=True)]).mean()
    assert kl > 0
    torch.testing.assert_close(method.loss(some), masked_bce(student[0], some.targets) + 2.0 * kl)


def test_the_teachers_probes_shape_nothing() -> None:
    method, some = network(), batch(8)
    method.stage = "teacher"
    method.loss(some).backward()
    found = method.backbone.layers[0].weight.grad.clone()
    expected = torch.autograd.grad(masked_bce(method(some.images), some.targets), method.backbone.layers[0].weight)[0]
    torch.testing.assert_close(found, expected)
    assert all(probe.weight.grad.any() for probe in method.probes)


def test_the_teacher_sees_every_race_and_label_alike_a_target_after_the_other() -> None:
    method, some = network(), batch(240)
    train = TrainingSet(some.targets, some.groups, batch_size=30)
    method.stage = "teacher"
    batches = method.batches(train)
    assert batches.shape == (8, 30)
    for number, rows in enumerate(batches):
        target = number % 2
        cells = 2 * some.groups[rows] + some.targets[rows, target].long()
        assert (cells.bincount(minlength=6) == 5).all()
    method.stage = "student"
    assert method.batches(train) is None


def test_an_encoder_without_known_blocks_is_taught_by_its_output_alone() -> None:
    method, some = make(LayerDistillation), batch()
    assert len(method.probes) == 0
    assert method.loss(some).isfinite()
