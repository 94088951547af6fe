"""Classifier retraining: a frozen encoder, a fresh head, and weights that balance."""

from __future__ import annotations

import pytest
import torch
from bench.builtin.methods.crt import Crt

from bench.method import Batch, TrainingSet, bce_elements, masked_bce
from tests.methods.samples import batch, make


def known(some: Batch) -> TrainingSet:
    return TrainingSet(some.targets, some.groups)


def prepared(by: str = "race_label") -> tuple[Crt, Batch]:
    method, some = make(Crt, {"by": by}), batch(200)
    method.prepare(known(some))
    return method, some


def test_the_features_are_learnt_plainly() -> None:
    method, some = prepared()
    method.stage = "features"
    torch.testing.assert_close(method.loss(some), masked_bce(method(some.images), some.targets))


@pytest.mark.parametrize("by", ["race_label", "label"])
def test_over_the_training_set_every_cell_weighs_alike(by: str) -> None:
    method, some = prepared(by)
    with torch.no_grad():
        losses, _ = bce_elements(method(some.images), some.targets)
        total = torch.zeros(())
        elements = 0
        for target in range(2):
            labels = some.targets[:, target]
            if by == "label":
                cells = [labels == y for y in (0, 1)]
            else:
                cells = [(labels == y) & (some.groups == g) for y in (0, 1) for g in range(3)]
                # The image of unknown race weighs 1.
                total = total + losses[(some.groups < 0) & ~torch.isnan(labels), target].sum()
            inside = sum(int(cell.sum()) for cell in cells)
            total = total + inside * torch.stack([losses[cell, target].mean() for cell in cells]).mean()
            elements += int((~torch.isnan(labels)).sum())
        torch.testing.assert_close(method.loss(some), total / elements)


def test_weights_average_one() -> None:
    for by in ("race_label", "label"):
        method, some = prepared(by)
        labels = some.targets.nan_to_num(0.0).long()
        weights = method.weights[method._rows(some.groups)[:, None], labels, torch.arange(2)]
        there = ~torch.isnan(some.targets) & (some.groups >= 0)[:, None]
        if by == "label":
            there = ~torch.isnan(some.targets)
        for target in range(2):
            torch.testing.assert_close(weights[there[:, target], target].mean(), torch.tensor(1.0))


def test_the_second_stage_freezes_the_encoder_and_begins_with_a_fresh_head() -> None:
    method, some = prepared()
    before = method.head.weight.detach().clone()
    method.begin("features", known(some))
    assert torch.equal(method.head.weight, before)
    method.begin("head", known(some))
    assert not torch.equal(method.head.weight, before)
    assert not any(parameter.requires_grad for parameter in method.backbone.parameters())
    assert not method.backbone.training
