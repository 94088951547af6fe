"""Mixtures of two images, scored on both labels."""

from __future__ import annotations

import pytest
import torch
from bench.builtin.methods.mixup import Mixup
from torch.distributions import Beta

from bench.method.pieces import mixed_bce
from tests.methods.samples import batch, make


def test_it_is_the_loss_of_mixtures_at_the_shares_that_were_drawn() -> None:
    method, some = make(Mixup, {"alpha": 1.0}), batch()
    torch.manual_seed(3)
    found = method.loss(some)
    torch.manual_seed(3)
    partner, share = torch.randperm(64), Beta(1.0, 1.0).sample((64,))
    images = method.normalise(some.images)
    mixture = torch.stack([share[i] * images[i] + (1 - share[i]) * images[partner[i]] for i in range(64)])
    torch.testing.assert_close(found, mixed_bce(method.classify(method.encode(mixture)), some.targets, partner, share))


@pytest.mark.parametrize(("alpha", "lowest", "highest"), [(0.1, 0.7, 1.0), (10.0, 0.0, 0.3)])
def test_small_alpha_leaves_images_nearly_as_they_are_and_large_alpha_mixes_them(
    alpha: float, lowest: float, highest: float
) -> None:
    """Of black and white images in equal parts: how far from grey the mixtures of unlike ones are."""
    method, some = make(Mixup, {"alpha": alpha}), batch(400)
    colours = (255 * (torch.arange(400) % 2)).to(torch.uint8)
    some = some._replace(images=colours[:, None, None, None].expand(-1, 1, 16, 16))
    seen: list[torch.Tensor] = []
    method.encode = lambda images: (seen.append(images), torch.zeros(len(images), 6))[1]  # type: ignore[method-assign]
    method.loss(some)
    greys = seen[0].mean((1, 2, 3)).abs() / 2
    mixed = greys < 0.999  # of which the partner was of the other colour
    assert lowest < greys[mixed].mean().item() < highest
