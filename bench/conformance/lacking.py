"""What a batch of training may lack."""

from __future__ import annotations

from collections.abc import Callable

import torch

from bench.method import Batch


def _unknown_race(some: Batch) -> Batch:
    hidden = {name: torch.full_like(codes, -1) for name, codes in some.attributes.items()}
    return some._replace(groups=torch.full_like(some.groups, -1), attributes=hidden)


def _unknown_targets(some: Batch) -> Batch:
    return some._replace(targets=torch.full_like(some.targets, torch.nan))


LACKING: dict[str, Callable[[Batch], Batch]] = {
    "a group is absent": lambda some: some.take(some.groups != 2),
    "one group alone is there": lambda some: some._replace(groups=some.groups.clamp(max=0)),
    "race is unknown": _unknown_race,
    "one image of a group is there": lambda some: some.take(_but_one(some, 1)),
    "a label is absent": lambda some: some._replace(targets=torch.zeros_like(some.targets)),
    "a target is unknown": lambda some: some._replace(targets=some.targets * torch.tensor([1.0, torch.nan])),
    "all targets are unknown": _unknown_targets,
    "nothing is known": lambda some: _unknown_race(_unknown_targets(some)),
    "there are two images": lambda some: some.take(torch.arange(2, 4)),
    "there is one image": lambda some: some.take(torch.arange(2, 3)),
}


def _but_one(some: Batch, group: int) -> torch.Tensor:
    """All images of other groups, and the first of this one."""
    keep = some.groups != group
    keep[torch.nonzero(some.groups == group).flatten()[:1]] = True
    return keep
