"""Images by group and by label: memberships, counts, means. A group or label that is absent or unknown counts 0."""

from __future__ import annotations

import torch
from torch import Tensor

from bench.method.batch import TrainingSet
from bench.method.pieces.precision import in_float32


def members(groups: Tensor, count: int) -> Tensor:
    """Who is in which of ``count`` groups: ``(B, G)`` of 0 and 1; an image of unknown group (-1) is in none."""
    return (groups[:, None] == torch.arange(count, device=groups.device)).float()


def strata(targets: Tensor, conditional: bool) -> Tensor:
    """The sets of images within which groups are compared: ``(S, B)`` of 0 and 1.

    All images in one, or, ``conditional`` on the label, S = 2 T sets: the images of each label of each target.
    """
    if not conditional:
        return torch.ones(1, len(targets), device=targets.device)
    return torch.cat([targets == 0, targets == 1], dim=1).T.float()


def label_counts(targets: Tensor, groups: Tensor, count: int) -> Tensor:
    """How many images of each of ``count`` groups have each label of each target: ``(G, 2, T)``."""
    labels = torch.stack([targets == 0, targets == 1]).double()
    return torch.einsum("bg,lbt->glt", members(groups, count).double(), labels).float()


def mean_where(values: Tensor, present: Tensor) -> Tensor:
    """Mean of the ``values`` that are ``present`` (0 or 1, or a weight, of the same shape); 0 where none is."""
    total = present.sum()
    return (values * present).sum() / torch.where(total > 0, total, 1.0)


@in_float32
def group_means(values: Tensor, known: Tensor, member: Tensor) -> tuple[Tensor, Tensor]:
    """Mean of the known ``values (B, T)`` of each group, ``(G, T)``, 0 where there is none; and how many there are.

    ``known (B, T)`` of 0 and 1; ``member (B, G)`` as :func:`members` gives it.
    """
    sizes = member.T @ known.float()
    return (member.T @ (values * known)) / sizes.clamp(min=1), sizes


def group_codes(train: TrainingSet, by: str) -> Tensor:
    """The group of every training image for every target, ``(N, T) long``, -1 where it is unknown.

    ``by`` "race" (one column for all targets), "label", or "race_label", whose code is 2 × race + label.
    """
    labels, races = train.targets.nan_to_num(-1.0).long(), train.groups[:, None]
    if by == "race":
        return races
    if by == "label":
        return labels
    return torch.where((labels >= 0) & (races >= 0), 2 * races + labels, -1)
