from __future__ import annotations

from typing import Any

import albumentations as A
import numpy as np
import pytest
import torch

from bench.conformance import samples
from bench.errors import BenchError
from bench.method import Method
from bench.training.batches import CohortImages
from bench.training.given import Given, training_set


def method(**body: Any) -> type[Method]:
    return type("Own", (Method,), body)


def given() -> Given:
    cohort, pixels, twins = samples.cohort()
    return Given(cohort.part("train"), cohort.part("val"), pixels, None, twins)


def test_race_is_told_only_where_it_is_declared_and_attributes_only_those_that_are() -> None:
    cohort = given().train
    blind, told = training_set(method(), cohort, 32), training_set(
        method(uses_race="train", uses_attributes=("sex", "age_group")), cohort, 32
    )  # fmt: skip
    assert (blind.groups == -1).all()
    assert blind.attributes == {}
    assert torch.equal(told.groups, torch.tensor(cohort.groups))
    assert set(told.attributes) == {"sex", "age_group"}
    assert torch.equal(told.attributes["sex"], torch.tensor(cohort.attribute("sex").codes))
    assert blind.patients.tolist() == list(range(256))
    assert (blind.batch_size, blind.batches) == (32, 8)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"uses_attributes": ("race",)}, "which is the protected attribute here, and uses_race = .never."),
        ({"uses_attributes": ("agegroup",)}, "wants to be told 'agegroup' .* Did you mean 'age_group'"),
        ({"uses_attributes": ("race x sex",)}, "does not know"),
        ({"uses_held_out": True}, "finished on held out patients"),
    ],
)
def test_what_is_needed_and_not_there_is_named(body: dict[str, Any], words: str) -> None:
    with pytest.raises(BenchError, match=words) as error:
        given().check(method(**body))
    assert "\n" not in str(error.value)


def test_twins_are_needed_by_who_declares_them() -> None:
    needy = method(uses_race="train", needs_twins=True)
    given().check(needy)
    whole = given()
    with pytest.raises(BenchError, match="only a synthetic data set can render them"):
        Given(whole.train, whole.val, whole.pixels).check(needy)


def test_a_twin_is_the_patient_in_another_group_drawn_by_epoch_and_augmented_alike() -> None:
    whole = given()
    assert whole.twins is not None
    rendered = whole.twins.reshape(3, 256, 16, 16)
    positions = np.arange(64)
    plain = CohortImages(whole.train, whole.pixels, twins=whole.twins, seed=1)
    drawn = []
    for epoch in (0, 1):
        batch = plain[(epoch, positions)]
        assert batch.twins is not None
        same = np.stack([(batch.twins[:, 0].numpy() == rendered[g][positions]).all((1, 2)) for g in range(3)])
        groups = whole.train.groups[:64]
        assert (same.sum(0) == 1).all()
        chosen = same.argmax(0)
        assert (chosen[groups >= 0] != groups[groups >= 0]).all()
        assert torch.equal(batch.index, torch.arange(64))
        drawn.append(chosen)
    assert not np.array_equal(drawn[0], drawn[1])
    flip = A.Compose([A.HorizontalFlip(p=0.5)])
    both = CohortImages(whole.train, whole.pixels, transforms=(flip, flip), twins=whole.twins, seed=1)[(0, positions)]
    still = plain[(0, positions)]
    assert both.twins is not None
    assert still.twins is not None
    flipped = (both.images != still.images).flatten(1).any(1)
    assert 10 < flipped.sum() < 54
    assert torch.equal(torch.where(flipped[:, None, None, None], still.twins.flip(3), still.twins), both.twins)
    assert len(both.views) == 2
    assert torch.equal(both.views[0], both.images)
    assert not torch.equal(both.views[1], both.images)


def test_positions_are_withheld_when_predicting() -> None:
    whole = given()
    shown = CohortImages(whole.val, whole.pixels, hide_targets=True, hide_groups=True)[(0, np.arange(5))]
    assert (shown.index == -1).all()
