from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from bench.conformance import samples
from bench.errors import BenchError
from bench.method import Method, TrainingSet, balanced_batches
from bench.training import composing
from bench.training.batches import EpochBatches
from bench.training.given import training_set


def known() -> TrainingSet:
    return training_set(type("Told", (Method,), {"uses_race": "train"}), samples.cohort()[0].part("train"), 32)


def make(**body: Any) -> Method:
    torch.manual_seed(0)
    return type("Own", (Method,), body)(samples.TinyEncoder(1), samples.SPEC)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (torch.ones(5), r"of shape \(5,\); one an image is needed, \(256,\)"),
        (torch.ones(256, 1), r"shape \(256, 1\)"),
        (torch.full((256,), torch.nan), "256 are negative or no finite numbers"),
        (1.0 / torch.zeros(256), "a group that has nobody gives one over 0"),
        (torch.arange(256) - 1.0, "of which 1 are negative"),
        (torch.zeros(256), "all 0: no image could be drawn"),
    ],
)
def test_sampling_weights_that_cannot_be_drawn_by_are_named(weights: torch.Tensor, words: str) -> None:
    with pytest.raises(BenchError, match=f"Method Own: sampler returned weights.*{words}"):
        composing.weights(make(sampler=lambda self, train: weights), known())


@pytest.mark.parametrize(
    ("batches", "words"),
    [
        ([[0, 1]], "1 batches; an epoch of every method has 8"),
        ([[0, 1]] * 9, "9 batches"),
        ([[]] * 8, r"as batch 0 a torch.float32 of shape \(0,\)"),
        ([list(range(33))] * 8, r"positions of 1 to 32 images"),
        ([[0.5]] * 8, "torch.float32"),
        ([[0, 256]] * 8, "positions from 0 to 256; they must lie between 0 and 255"),
        ([[-1, 3]] * 8, "positions from -1 to 3"),
    ],
)
def test_batches_that_are_none_of_an_epoch_are_named(batches: list[list[int]], words: str) -> None:
    of_epoch = composing.composed(make(batches=lambda self, train: batches), known(), 0)
    with pytest.raises(BenchError, match=f"Method Own: batches returned .*{words}"):
        of_epoch(0)


def test_batches_are_drawn_by_stage_and_epoch_alone_and_move_no_other_number() -> None:
    method, train = make(batches=lambda self, train: balanced_batches(train, train.groups)), known()
    drawn = []
    for seed, epoch in ((0, 0), (0, 0), (0, 1), (1, 0)):
        torch.manual_seed(99)
        of_epoch = composing.composed(method, train, seed)
        found = of_epoch(epoch)
        assert found is not None
        drawn.append(np.concatenate(found))
        assert torch.rand(()).item() == torch.rand((), generator=torch.Generator().manual_seed(99)).item()
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])
    assert not np.array_equal(drawn[0], drawn[3])


def test_the_loader_gives_what_was_composed_and_else_what_it_draws() -> None:
    train, own = known(), [np.array([1, 2]), np.array([3])]
    given = EpochBatches(train.size, 32, 0, composed=lambda epoch: own if epoch else None)
    assert len(list(given)) == len(given) == 8
    given.set_epoch(1)
    assert [(epoch, batch.tolist()) for epoch, batch in given] == [(1, [1, 2]), (1, [3])]


def test_one_transform_or_several() -> None:
    assert composing.transforms(make()) == ()
    assert composing.transforms(make(augment=lambda self: "one")) == ("one",)
    assert composing.transforms(make(augment=lambda self: ["one", "two"])) == ("one", "two")
