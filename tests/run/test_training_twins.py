"""Twins of training images: rendered group by group for a method that needs them, refused where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from bench.config import compose
from bench.errors import BenchError
from bench.run import plan
from tests.conftest import TINY


def test_they_are_the_training_images_of_every_group_in_turn() -> None:
    planned = plan(compose([*TINY, "method=twin_invariance"]))
    twins = planned.twins_to_train()
    train = planned.trained_on.part("train")
    groups = len(train.spec.groups)
    assert twins is not None
    assert twins.shape == (groups * len(train), 32, 32)
    own = planned.images.pixels[train.rows]
    blocks = np.reshape(twins, (groups, len(train), 32, 32))
    np.testing.assert_array_equal(blocks[train.groups, np.arange(len(train))], own)
    others = blocks[(train.groups + 1) % groups, np.arange(len(train))]
    assert (others != own).reshape(len(train), -1).any(1).mean() > 0.9


def test_a_method_that_needs_none_gets_none() -> None:
    assert plan(compose([*TINY, "method=erm"])).twins_to_train() is None


def test_an_attribute_that_is_not_rendered_is_refused() -> None:
    with pytest.raises(
        BenchError, match=r"'twin_invariance' trains on images of the same patients in another group of sex"
    ):
        plan(compose([*TINY, "method=twin_invariance", "task.protected=sex"]))
