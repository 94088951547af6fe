"""Relative difficulty and generalised cross-entropy, by hand."""

from __future__ import annotations

import numpy as np
import torch

from bench.method import Batch, TrainingSet
from bench.method.pieces.difficulty import RelativeDifficulty, generalised
from tests.methods.samples import batch


def prepared(decay: float = 0.7) -> tuple[RelativeDifficulty, Batch]:
    some = batch(12)
    difficulty = RelativeDifficulty(decay)
    difficulty.prepare(TrainingSet(some.targets, some.groups))
    return difficulty, some._replace(index=torch.arange(12))


def by_hand(easy: np.ndarray, hard: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """ℓ_b / (ℓ_b + ℓ_d), each over the largest of its class, scaled to average 1 over the known."""
    weights = np.zeros_like(easy)
    for t in range(2):
        for i in range(len(easy)):
            mates = labels[:, t] == labels[i, t]
            if mates.any():
                b, d = easy[i, t] / easy[mates, t].max(), hard[i, t] / hard[mates, t].max()
                weights[i, t] = b / (b + d)
    return weights / weights[~np.isnan(labels)].mean()


def test_weights_go_by_running_averages_of_each_image() -> None:
    difficulty, some = prepared()
    rng, known = torch.Generator().manual_seed(0), ~torch.isnan(some.targets)
    running: list[np.ndarray] = []
    for step in range(3):
        now = [torch.rand(12, 2, generator=rng) for _ in range(2)]
        weights = difficulty(some, *now)
        arrays = [one.double().numpy() for one in now]
        running = [0.7 * a + 0.3 * b for a, b in zip(running, arrays, strict=True)] if step else arrays
        expected = by_hand(*running, some.targets.numpy())
        np.testing.assert_allclose(weights[known].numpy(), expected[known.numpy()], rtol=1e-5)


def test_the_largest_of_a_class_is_looked_for_among_all_training_images() -> None:
    difficulty, some = prepared(decay=0.0)
    difficulty(some, torch.full((12, 2), 5.0), torch.full((12, 2), 1.0))
    few = some.take(torch.arange(4, 12))
    losses = torch.ones(8, 2)
    weights = difficulty(few, losses, losses)
    # The biased losses of these are 1 of 5 in classes whose first images are remembered, and all weigh alike there.
    for target in range(2):
        for label in (0, 1):
            mine = few.targets[:, target] == label
            if mine.any():
                torch.testing.assert_close(weights[mine, target], weights[mine, target][:1].expand(int(mine.sum())))
    remembered = {(t, y): bool((some.targets[:4, t] == y).any()) for t in range(2) for y in (0, 1)}
    assert any(remembered.values())


def test_an_image_that_the_biased_network_fails_at_weighs_more_than_others_of_its_class() -> None:
    difficulty, some = prepared()
    biased, known = torch.ones(12, 2), ~torch.isnan(some.targets)
    biased[3] = 20.0
    weights = difficulty(some, biased, torch.ones(12, 2))
    torch.testing.assert_close(weights[known].mean(), torch.tensor(1.0))
    for target in range(2):
        mates = (some.targets[:, target] == some.targets[3, target]) & (torch.arange(12) != 3)
        torch.testing.assert_close(weights[mates, target] / weights[3, target], torch.full((int(mates.sum()),), 2 / 21))


def test_two_networks_that_fail_alike_make_all_images_weigh_alike() -> None:
    difficulty, some = prepared()
    known = ~torch.isnan(some.targets)
    torch.testing.assert_close(
        difficulty(some, torch.full((12, 2), 0.7), torch.full((12, 2), 0.7))[known], torch.ones(23)
    )


def test_the_gradient_is_that_of_generalised_cross_entropy() -> None:
    logits = torch.linspace(-3, 3, 13, dtype=torch.float64).requires_grad_()
    probability = logits.sigmoid()
    expected = torch.autograd.grad(((1 - probability**0.7) / 0.7).sum(), logits)[0]
    losses = -torch.nn.functional.logsigmoid(logits)
    torch.testing.assert_close(torch.autograd.grad(generalised(losses, 0.7).sum(), logits)[0], expected)
