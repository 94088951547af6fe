"""Fair feature distillation: the discrepancy that it penalises, and what it does to races."""

from __future__ import annotations

import math

import numpy as np
import torch
from bench.builtin.methods.mfd import Mfd, discrepancies

from bench.method import TrainingSet, masked_bce
from tests.methods.samples import batch, make


def by_hand(teacher: np.ndarray, student: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """The U-statistic over pairs, with the authors' bandwidth."""
    scale = np.mean([((t - s) ** 2).sum() for t in teacher for s in student])

    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        return math.exp(-((a - b) ** 2).sum() / (2 * scale))

    found = []
    for one, two in zip(first.astype(bool), second.astype(bool), strict=True):
        x, y = teacher[one], student[two]
        if len(x) > 1 and len(y) > 1:
            within = [
                np.mean([kernel(a, b) for i, a in enumerate(z) for j, b in enumerate(z) if i != j]) for z in (x, y)
            ]
            found.append(sum(within) - 2 * np.mean([kernel(a, b) for a in x for b in y]))
    return float(np.mean(found))


def test_it_is_the_unbiased_mmd_of_teacher_and_student_cell_by_cell() -> None:
    rng = torch.Generator().manual_seed(0)
    teacher, student = torch.randn(12, 3, generator=rng), 1.5 * torch.randn(12, 3, generator=rng)
    first = (torch.rand(4, 12, generator=rng) < 0.6).float()
    second = (torch.rand(4, 12, generator=rng) < 0.5).float()
    second[2], first[3] = 0.0, 0.0
    first[3, 5] = 1.0
    expected = by_hand(teacher.double().numpy(), student.double().numpy(), first.numpy(), second.numpy())
    found = discrepancies(teacher, student, first, second)
    assert math.isclose(found.item(), expected, rel_tol=1e-4)


def test_two_samples_of_one_distribution_are_at_no_distance_however_small() -> None:
    rng, found = torch.Generator().manual_seed(1), []
    for _ in range(200):
        teacher, student = torch.randn(2, 8, 4, generator=rng)
        cells = torch.ones(1, 8)
        found.append(discrepancies(teacher, student, cells, torch.tensor([[1.0] * 3 + [0.0] * 5])).item())
    assert abs(np.mean(found)) < 3 * np.std(found) / 200**0.5


def test_the_student_begins_anew_beside_a_teacher_that_stays() -> None:
    method, some = make(Mfd, {"strength": 2.0}), batch()
    known = TrainingSet(some.targets, some.groups)
    method.keep_start()
    start = method.backbone.linear.weight.detach().clone()
    method.stage = "teacher"
    torch.testing.assert_close(method.loss(some), masked_bce(method(some.images), some.targets))
    with torch.no_grad():
        method.backbone.linear.weight.mul_(1.5)
    taught = method.features(some.images).detach()
    method.begin("student", known)
    method.stage = "student"
    assert torch.equal(method.backbone.linear.weight, start)
    images = method.normalise(some.images)
    torch.testing.assert_close(method.teacher["backbone"](images), taught)
    features = method.features(some.images)
    first, second = [], []
    for target in range(2):
        for label in (0, 1):
            for race in range(3):
                first.append((some.targets[:, target] == label).float())
                second.append(first[-1] * (some.groups == race))
    penalty = discrepancies(taught, features, torch.stack(first), torch.stack(second))
    expected = masked_bce(method.classify(features), some.targets) + 2.0 * penalty
    torch.testing.assert_close(method.loss(some), expected)


def test_descending_on_it_draws_races_together() -> None:
    rng = torch.Generator().manual_seed(2)
    races = torch.arange(60) % 2
    teacher = torch.randn(60, 2, generator=rng)
    student = (teacher + 3.0 * races[:, None]).requires_grad_()
    cells = torch.stack([(races == race).float() for race in (0, 1)])
    optimizer = torch.optim.Adam([student], lr=0.05)
    apart = [abs((student[races == 0].mean(0) - student[races == 1].mean(0)).norm().item())]
    for _ in range(80):
        optimizer.zero_grad()
        discrepancies(teacher, student, torch.ones(2, 60), cells).backward()
        optimizer.step()
    apart.append((student[races == 0].mean(0) - student[races == 1].mean(0)).norm().item())
    assert apart[1] < 0.4 * apart[0]
