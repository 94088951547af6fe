"""What is remembered of training images, and where it is kept."""

from __future__ import annotations

import torch
from torch import nn

from bench.method.pieces.memory import Memory


def filled() -> Memory:
    memory = Memory(-1.0)
    memory.prepare(5, 2)
    memory.write(torch.tensor([3, 0]), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    return memory


def test_what_was_written_is_read_and_the_rest_is_the_value_it_began_with() -> None:
    read = filled().read(torch.tensor([0, 1, 3]), torch.empty(3, 2, dtype=torch.float64))
    assert read.dtype == torch.float64
    assert read.tolist() == [[3.0, 4.0], [-1.0, -1.0], [1.0, 2.0]]


def test_a_batch_that_does_not_say_which_images_it_holds_is_not_remembered() -> None:
    memory, none = filled(), torch.empty(0, dtype=torch.long)
    before = memory.values.clone()
    memory.write(none, torch.ones(4, 2))
    assert torch.equal(memory.values, before)
    assert memory.read(none, torch.empty(4, 2)).tolist() == [[-1.0, -1.0]] * 4


def test_it_is_in_the_checkpoint_and_not_among_the_tensors_that_are_saved() -> None:
    first, second = nn.ModuleDict({"memory": filled()}), nn.ModuleDict({"memory": Memory(-1.0)})
    state = first.state_dict()
    assert not any(isinstance(value, torch.Tensor) for value in state.values())
    second.load_state_dict(state)
    assert torch.equal(second["memory"].values, first["memory"].values)
    second["memory"].write(torch.tensor([2]), torch.zeros(1, 2))
    assert first["memory"].values[2, 0] == -1.0
