from __future__ import annotations

from typing import Any

import pytest
import torch

from bench.errors import BenchError
from bench.method import Method, TaskSpec, backbones

SPEC = TaskSpec("cxr", ("effusion", "opacity"), "race", ("Asian", "Black", "White"), 16)


def make(cls: type[Method] = Method) -> Method:
    torch.manual_seed(0)
    return cls(backbones.build("resnet_small", 1, 16), SPEC)


def test_normalised_pixels_lie_between_minus_two_and_two_and_the_images_stay() -> None:
    images = torch.arange(256, dtype=torch.float32).reshape(1, 1, 16, 16)
    before = images.clone()
    torch.testing.assert_close(make().normalise(images), (before / 255 - 0.5) / 0.25)
    assert torch.equal(images, before)
    assert torch.equal(make().normalise(images.to(torch.uint8)), make().normalise(images))


def test_another_normalisation_is_what_the_encoder_sees() -> None:
    class Zeros(Method):
        def normalise(self, images: torch.Tensor) -> torch.Tensor:
            return torch.zeros(images.shape)

    images = torch.randint(0, 256, (3, 1, 16, 16), dtype=torch.uint8)
    method = make(Zeros).eval()
    torch.testing.assert_close(method.features(images), method.backbone(torch.zeros(3, 1, 16, 16)))


def test_by_default_there_is_one_stage() -> None:
    assert Method.stages == (("train", 1.0),)
    assert make().stage == "train"


def test_outside_training_a_network_is_in_its_last_stage() -> None:
    cls = type("Two", (Method,), {"stages": (("first", 0.25), ("second", 0.75))})
    assert make(cls).stage == "second"


@pytest.mark.parametrize(
    ("stages", "words"),
    [
        ((), "no tuple of pairs"),
        ("train", "no tuple of pairs"),
        (("train", 1.0), "no tuple of pairs"),
        ({"train": 1.0}, "no tuple of pairs"),
        ((("first", 0.5), ("first", 0.5)), "'first' stands there twice"),
        ((("first", 0.5), ("second", 0.6)), "shares sum to 1.1"),
        ((("first", 1.0), ("second", 0.0)), "0.0 cannot be the share of 'second'"),
        ((("first", 1.5), ("second", -0.5)), "-0.5 cannot be the share of 'second'"),
        ((("first", True),), "True cannot be the share of 'first'"),
        ((("first", float("nan")),), "nan cannot be the share of 'first'"),
        ((("../first", 1.0),), "'../first' cannot be a name"),
        (((1, 1.0),), "1 cannot be a name"),
    ],
)
def test_stages_that_cannot_be_trained_in_are_refused_where_they_are_declared(stages: Any, words: str) -> None:
    with pytest.raises(BenchError) as error:
        type("Wrong", (Method,), {"stages": stages})
    assert str(error.value).startswith(f"Method Wrong declares stages = {stages!r}: ")
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_thirds_sum_to_one() -> None:
    type("Thirds", (Method,), {"stages": (("a", 1 / 3), ("b", 1 / 3), ("c", 1 / 3))})
