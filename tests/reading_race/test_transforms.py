from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from bench.reading_race.transforms import (
    Band,
    Blur,
    Chain,
    Clip,
    Noise,
    Patch,
    Resolution,
    Window,
    at_size,
    band_pass,
    high_pass,
    low_pass,
    notch,
)


def images(n: int = 3, size: int = 32, channels: int = 1) -> torch.Tensor:
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.integers(0, 256, (n, channels, size, size)).astype(np.float32))


def test_the_shares_of_bins_are_the_papers_at_its_size() -> None:
    """The authors' low-pass masks at 224 px, in percent, and its one bin at D = 1."""
    for cutoff, percent in ((10, 0.6), (25, 3.9), (50, 15.6), (100, 62.6), (150, 99.4), (200, 100.0)):
        assert round(100 * low_pass(cutoff).bins_kept(224), 1) == percent
    assert low_pass(1).mask(224).sum() == 1
    assert high_pass(158).bins_kept(224) > 0
    assert high_pass(159).bins_kept(224) == 0


def test_a_cut_off_keeps_about_its_share_at_any_size() -> None:
    for cutoff in (25, 50, 100):
        shares = [low_pass(at_size(cutoff, size)).bins_kept(size) for size in (64, 224, 320)]
        assert max(shares) - min(shares) < 0.01


@pytest.mark.parametrize("size", [32, 33])
@pytest.mark.parametrize("band", [low_pass(5), high_pass(5), notch(3, 9), band_pass(3, 9)])
def test_filters_are_those_of_the_centred_spectrum(band: Band, size: int) -> None:
    """Against numpy's complex transform and the authors' mask, (u - c)² + (v - c)² < D²."""
    shown = images(2, size, channels=2)
    axis = np.arange(size) - size // 2
    square = axis[:, None] ** 2 + axis**2
    keep = ((square >= band.low**2) & (square < band.high**2)) != band.removed
    spectrum = np.fft.fftshift(np.fft.fft2(shown.double().numpy()), axes=(2, 3)) * keep
    wanted = np.fft.ifft2(np.fft.ifftshift(spectrum, axes=(2, 3)))
    assert np.abs(wanted.imag).max() < 1e-9
    np.testing.assert_allclose(band(shown).numpy(), wanted.real, atol=1e-4)


@settings(deadline=None, max_examples=20)
@given(st.floats(0, 25), st.floats(0, 25))
def test_what_one_filter_keeps_its_counterpart_removes(a: float, b: float) -> None:
    shown, (low, high) = images(1), sorted((a, b))
    torch.testing.assert_close(low_pass(a)(shown) + high_pass(a)(shown), shown, atol=1e-3, rtol=0)
    torch.testing.assert_close(notch(low, high)(shown) + band_pass(low, high)(shown), shown, atol=1e-3, rtol=0)


def test_the_constant_is_treated_as_the_mask_says() -> None:
    shown = images()
    mean = shown.mean(dim=(2, 3), keepdim=True).expand_as(shown)
    torch.testing.assert_close(low_pass(1)(shown), mean, atol=1e-3, rtol=0)
    assert high_pass(1)(shown).mean(dim=(2, 3)).abs().max() < 1e-4


def test_a_filter_that_keeps_nothing_leaves_exact_zeros_and_small_things_are_not_rounded_away() -> None:
    assert not high_pass(at_size(159, 32))(images()).any()
    faint = 128 + 1e-3 * torch.cos(2 * torch.pi * 8 * torch.arange(32) / 32).expand(1, 1, 32, 32)
    assert high_pass(5)(faint).std() == pytest.approx(1e-3 / np.sqrt(2), rel=0.05)


def test_resolution_averages_blocks_and_keeps_what_is_no_coarser() -> None:
    blocks = torch.arange(16.0).reshape(1, 1, 4, 4)
    fine = blocks.repeat_interleave(8, 2).repeat_interleave(8, 3)
    torch.testing.assert_close(Resolution(32)(fine), fine)
    coarse = Resolution(4)(fine + torch.where(torch.arange(32) % 2 == 0, 1.0, -1.0))
    torch.testing.assert_close(coarse[..., 0, 0], blocks[..., 0, 0])  # a corner is its block's mean
    assert coarse.shape == fine.shape


def test_noise_has_its_size_and_an_image_always_the_same_in_whatever_batch() -> None:
    shown = images(4, 64)
    noisy = Noise(0.1)(shown)
    assert (noisy - shown).std() == pytest.approx(25.5, rel=0.03)
    assert noisy.min() < 0
    assert noisy.max() > 255
    torch.testing.assert_close(Noise(0.1)(shown[[2, 0]]), noisy[[2, 0]], atol=0, rtol=0)
    assert not torch.equal(noisy[0] - shown[0], noisy[1] - shown[1])
    assert not torch.equal(Noise(0.1)(shown, fresh=True), Noise(0.1)(shown, fresh=True))


def test_blur_is_scipys_and_never_reaches_into_another_image() -> None:
    shown = images(3, 32, channels=2)
    blurred = Blur(1.5)(shown)
    wanted = gaussian_filter(shown.numpy(), (0, 0, 1.5, 1.5), mode="nearest", truncate=4)
    np.testing.assert_allclose(blurred.numpy(), wanted, atol=1e-3)
    torch.testing.assert_close(Blur(1.5)(shown[1:2]), blurred[1:2])


@pytest.mark.parametrize("size", [32, 64])
def test_patches_cover_the_image_once_and_alone_and_removed_complete_each_other(size: int) -> None:
    shown = images(1, size)
    inside = [Patch(row, column, True).inside(size) for row in range(3) for column in range(3)]
    assert (np.sum(inside, axis=0) == 1).all()
    alone, removed = Patch(1, 2, True, fill=0.0)(shown), Patch(1, 2, False, fill=0.0)(shown)
    torch.testing.assert_close(alone + removed, shown)
    assert (Patch(0, 0, True)(shown)[..., -1, -1] == 127.5).all()


def test_the_filter_comes_before_the_patch() -> None:
    shown = images()
    both = Chain((high_pass(5), Patch(1, 1, True, fill=0.0)))(shown)
    inside = torch.from_numpy(Patch(1, 1, True).inside(32))
    torch.testing.assert_close(both[..., inside], high_pass(5)(shown)[..., inside])
    assert not both[..., ~inside].any()


def test_clipping_and_windows() -> None:
    greys = torch.tensor([0.0, 100.0, 153.0, 200.0, 255.0]).reshape(1, 1, 1, 5)
    assert Clip(0.6)(greys).flatten().tolist() == pytest.approx([0, 100, 153, 153, 153])
    assert Window(1.25, 0.0)(greys).flatten().tolist() == pytest.approx([0, 125, 191.25, 250, 255])
    assert Window(1.0, -0.5)(greys).flatten().tolist() == pytest.approx([0, 0, 25.5, 72.5, 127.5])
