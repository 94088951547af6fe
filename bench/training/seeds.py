"""Where random numbers come from: the run's seed, and from it one of its own for every stage, epoch and pass."""

from __future__ import annotations

import random

import numpy as np
import torch


def of_stage(seed: int, number: int) -> int:
    """The seed of a stage, counted from 0: that of the first is the run's own."""
    return seed if number == 0 else _drawn(np.random.SeedSequence(seed, spawn_key=(number,)))


def of_start(seed: int) -> int:
    """What a method draws from when the stage of this seed begins."""
    return _drawn(np.random.SeedSequence(seed, spawn_key=(0,)))


def of_prepare(seed: int) -> int:
    """What a method draws from when it prepares itself, before the first stage."""
    return _drawn(np.random.SeedSequence(seed, spawn_key=(0, 1)))


def of_finalize(seed: int) -> int:
    """What a method draws from when it finishes its trained network."""
    return _drawn(np.random.SeedSequence(seed, spawn_key=(0, 2)))


def of_epoch(seed: int, epoch: int) -> int:
    """What is drawn from in an epoch of the stage of this seed."""
    return _drawn(np.random.SeedSequence([seed, epoch]))


def of_batches(seed: int, epoch: int) -> int:
    """What a method draws from when it composes the batches of an epoch of the stage of this seed."""
    return _drawn(np.random.SeedSequence([seed, epoch], spawn_key=(0, 3)))


def of_image(seed: int, epoch: int, position: int, view: int = 0) -> int:
    """What a view of an image is augmented with in an epoch of the stage of this seed."""
    return _drawn(np.random.SeedSequence([seed, epoch, position], spawn_key=(0, 5, view)))


def of_twin(seed: int, epoch: int, position: int) -> int:
    """What decides in which other group an image's twin is, in an epoch of the stage of this seed."""
    return _drawn(np.random.SeedSequence([seed, epoch, position], spawn_key=(0, 6)))


def of_epoch_end(seed: int, epoch: int) -> int:
    """What decides which images are read again at the end of an epoch of the stage of this seed."""
    return _drawn(np.random.SeedSequence([seed, epoch], spawn_key=(0, 4)))


def seed_generators(number: int) -> None:
    """Seed every global generator that a method may draw from."""
    seed_on_cpu(number)
    torch.manual_seed(number)


def seed_on_cpu(number: int) -> None:
    """Seed every global generator of the CPU, and none of a GPU."""
    random.seed(number)
    np.random.seed(number)  # noqa: NPY002 - a method may draw from the global generator
    torch.default_generator.manual_seed(number)


def _drawn(sequence: np.random.SeedSequence) -> int:
    return int(sequence.generate_state(1)[0])
