from __future__ import annotations

import torch
from lightning.fabric.utilities.apply_func import move_data_to_device

from bench.method import Batch, TrainingSet


def batch() -> Batch:
    images = torch.arange(4 * 9, dtype=torch.uint8).view(4, 1, 3, 3)
    return Batch(
        images,
        torch.tensor([[0.0], [1.0], [torch.nan], [1.0]]),
        torch.tensor([0, 1, -1, 1]),
        torch.tensor([7, 8, 9, 10]),
        {"sex": torch.tensor([0, 1, 0, -1])},
        images + 1,
        (images, images + 2),
    )


def test_a_part_is_taken_of_everything_by_mask_and_by_position() -> None:
    some = batch()
    for part in (some.take(some.groups == 1), some.take(torch.tensor([1, 3]))):
        assert part.index.tolist() == [8, 10]
        assert part.attributes["sex"].tolist() == [1, -1]
        assert torch.equal(part.images, some.images[[1, 3]])
        assert part.twins is not None
        assert torch.equal(part.twins, some.images[[1, 3]] + 1)
        assert torch.equal(part.views[1], some.images[[1, 3]] + 2)
        assert part.targets.tolist() == [[1.0], [1.0]]


def test_what_nobody_gave_stays_empty() -> None:
    some = batch()
    part = Batch(some.images, some.targets, some.groups).take(some.groups == 1)
    assert (len(part.index), part.attributes, part.twins, part.views) == (0, {}, None, ())


def test_lightning_moves_all_of_it() -> None:
    moved = move_data_to_device(batch(), torch.device("meta"))
    assert isinstance(moved, Batch)
    assert moved.twins is not None
    for tensor in (moved.images, moved.index, moved.attributes["sex"], moved.twins, *moved.views):
        assert tensor.device.type == "meta"
    assert batch().to("meta").attributes["sex"].device.type == "meta"


def test_an_epoch_has_as_many_batches_as_are_full() -> None:
    groups = torch.zeros(70, dtype=torch.long)
    targets = torch.zeros(70, 1)
    assert TrainingSet(targets, groups, batch_size=32).batches == 2
    assert TrainingSet(targets, groups, batch_size=100).batches == 1
    assert TrainingSet(targets, groups).batches == 0
    assert TrainingSet(targets, groups).size == 70
