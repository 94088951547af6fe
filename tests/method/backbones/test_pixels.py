"""What an encoder is shown, and encoders that stay as they are."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.nn import functional as F

from bench.method import Method, backbones
from bench.method.backbones import pixels
from bench.task import TaskSpec


def test_from_scratch_pixels_are_as_ever() -> None:
    encoder = backbones.build("resnet_small", 1, 32)
    method = Method(encoder, TaskSpec("t", ("a",), "race", ("X", "Y"), 32))
    images = torch.randint(0, 256, (3, 1, 32, 32), dtype=torch.uint8)
    assert torch.equal(method.normalise(images), images.float().div(255).sub(0.5).div(0.25))
    assert not hasattr(encoder, "pixels")


@pytest.mark.parametrize("channels", [1, 3])
def test_an_encoder_is_shown_its_own_channels_size_and_statistics(channels: int) -> None:
    shown = pixels.of(
        {"channels": 3, "size": 48, "mean": (0.1, 0.2, 0.3), "deviation": (1.0, 2.0, 3.0)}, "auto", channels, False
    )
    assert shown is not None
    images = torch.randint(0, 256, (2, channels, 32, 32), dtype=torch.uint8)
    colours = images.float().expand(-1, 3, -1, -1)
    wanted = F.interpolate(colours, (48, 48), mode="bilinear", antialias=True, align_corners=False) / 255
    wanted = (wanted - torch.tensor([0.1, 0.2, 0.3]).reshape(1, 3, 1, 1)) / torch.tensor([1.0, 2.0, 3.0]).reshape(
        1, 3, 1, 1
    )
    torch.testing.assert_close(shown(images), wanted)


def test_weights_of_a_file_are_shown_pixels_as_imagenet_s_unless_told_otherwise() -> None:
    assert pixels.of({}, "auto", 1, from_file=False) is None
    shown = pixels.of({}, "auto", 3, from_file=True)
    assert shown is not None
    grey = torch.full((1, 3, 2, 2), 255.0)
    torch.testing.assert_close(
        shown(grey)[0, :, 0, 0], (1 - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    )
    half = pixels.of({}, "half", 1, from_file=True)
    assert half is not None
    assert half(torch.zeros(1, 1, 1, 1)).item() == -1
    assert pixels.of({}, "scratch", 1, from_file=True) is None
    coloured = pixels.of({"channels": 1, "normalise": "half"}, "auto", 3, from_file=False)
    assert coloured is not None
    torch.testing.assert_close(coloured(torch.tensor([0.0, 127.5, 255.0]).reshape(1, 3, 1, 1)), torch.zeros(1, 1, 1, 1))


def test_a_frozen_encoder_neither_learns_nor_moves_its_statistics() -> None:
    encoder = backbones.build("resnet_small", 1, 32, freeze=True)
    for one in (encoder, copy.deepcopy(encoder)):
        before = copy.deepcopy(one.state_dict())
        one.train()
        features = one(torch.rand(4, 1, 32, 32) + 3)
        assert not features.requires_grad
        assert not any(module.training for module in one.modules())
        assert all(torch.equal(before[name], value) for name, value in one.state_dict().items())
    method = Method(encoder, TaskSpec("t", ("a",), "race", ("X", "Y"), 32)).train()
    assert method.training
    assert not method.backbone.training
