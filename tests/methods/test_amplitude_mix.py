"""Amplitudes are mixed, phases are kept."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from bench.builtin.methods.amplitude_mix import AmplitudeMix
from bench.builtin.methods.erm import Erm

from tests.methods.samples import batch, make


def images(seed: int) -> torch.Tensor:
    return torch.randn(5, 1, 16, 16, generator=torch.Generator().manual_seed(seed))


def test_a_mixed_image_has_its_own_phases_and_mixed_amplitudes() -> None:
    own, other, share = images(0), images(1), torch.tensor([0.0, 0.2, 0.5, 0.8, 1.0])
    found = np.fft.fft2(make(AmplitudeMix).mix(own, other, share).numpy())
    one, two = np.fft.fft2(own.numpy()), np.fft.fft2(other.numpy())
    part = share.numpy()[:, None, None, None]
    np.testing.assert_allclose(np.abs(found), (1 - part) * np.abs(one) + part * np.abs(two), rtol=1e-3, atol=1e-3)
    away = np.angle(found * np.conj(one))[np.abs(found) > 0.5]
    assert np.abs(away).max() < 1e-2


def test_a_window_mixes_the_low_frequencies_alone() -> None:
    own, other = images(0), images(1)
    found = np.fft.fft2(make(AmplitudeMix, {"window": 0.25}).mix(own, other, torch.ones(5)).numpy())
    one, two = np.fft.fft2(own.numpy()), np.fft.fft2(other.numpy())
    radius = np.maximum(*np.meshgrid(np.abs(np.fft.fftfreq(16)), np.abs(np.fft.fftfreq(16))))
    low = np.broadcast_to(radius <= 0.125, found.shape)
    np.testing.assert_allclose(np.abs(found[low]), np.abs(two[low]), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found[~low], one[~low], rtol=1e-3, atol=1e-3)
    assert low[0, 0].sum() == 25  # frequencies -2 … 2 both ways, the mean among them


def test_a_brightness_that_tells_race_is_passed_around() -> None:
    """Races differ in their mean intensity; the mixtures of one race cover that of the others."""
    method, some = make(AmplitudeMix), batch(90)._replace(groups=torch.arange(90) % 3)
    some = some._replace(images=(60 + 60 * some.groups).to(torch.uint8)[:, None, None, None].expand(-1, 1, 16, 16))
    seen: list[torch.Tensor] = []
    method.encode = lambda mixed: (seen.append(mixed), torch.zeros(len(mixed), 6))[1]  # type: ignore[method-assign]
    method.loss(some)
    spread = seen[0].mean((1, 2, 3))[some.groups == 0]
    own = method.normalise(some.images[:1]).mean()
    assert (spread - own).abs().max() > 0.3


@pytest.mark.parametrize("groups", [torch.zeros(64).long(), torch.full((64,), -1)])
def test_without_another_race_images_stay_as_they_are(groups: torch.Tensor) -> None:
    some = batch()._replace(groups=groups)
    torch.testing.assert_close(make(AmplitudeMix).loss(some), make(Erm).loss(some), rtol=1e-4, atol=1e-5)
