"""The channel between encode and classify: what it does to a feature, to whom, and that nothing else decides it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from safetensors.torch import load_file

from bench import training
from bench.errors import BenchError
from bench.run import plan
from bench.run.network import Network
from bench.training.channel import NOISE, Channel, noise
from tests.run.conftest import config


def names(n: int, start: int = 0) -> list[str]:
    return [f"image {i}" for i in range(start, start + n)]


def normal(n: int = 2000, d: int = 6, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(n, d)) * np.geomspace(1e-6, 1e4, d) + rng.normal(size=d)).astype(np.float32)


def test_a_feature_is_stored_to_a_hundredth_of_its_deviation_whatever_its_scale_and_mean() -> None:
    features = normal()[:, 1:]
    stored = Channel.of(features)(features, names(len(features)))
    assert stored.dtype == np.float32
    error = (stored - features.astype(np.float64)) / features.std(axis=0)
    # Noise of a hundredth within a deviation of the mean, as much more as a value lies beyond.
    z = (features - features.mean(axis=0)) / features.std(axis=0)
    wanted = NOISE * np.sqrt(np.mean(np.maximum(np.abs(z), 1) ** 2, axis=0))
    np.testing.assert_allclose(error.std(axis=0), wanted, rtol=0.05)
    assert np.abs(error.mean(axis=0)).max() < 4 * NOISE / np.sqrt(len(features)) + 1e-3


def test_a_large_mean_rounds_nothing_away() -> None:
    features = np.random.default_rng(0).normal(1000, 1, (3000, 4)).astype(np.float32)
    stored = Channel.of(features)(features, names(3000))
    for column, after in zip(features.T, stored.T, strict=True):
        assert np.corrcoef(column, after)[0, 1] > 0.9997
    # Rounded as it was, the same feature would be one of a few numbers.
    assert len(np.unique(torch.from_numpy(features).bfloat16().float().numpy())) < 5


@given(
    arrays.arrays(np.float32, (7, 3), elements=st.floats(-100, 100, width=32)),
    st.permutations(range(7)),
    st.integers(1, 6),
)
def test_neither_order_nor_batches_matter_and_only_an_images_own_name_does(
    features: np.ndarray, order: list[int], cut: int
) -> None:
    channel, all_names = Channel.of(normal(50, 3)), names(7)
    whole = channel(features, all_names)
    moved = channel(features[order], [all_names[i] for i in order])
    np.testing.assert_array_equal(moved, whole[order])
    parts = [channel(features[:cut], all_names[:cut]), channel(features[cut:], all_names[cut:])]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert np.isfinite(whole).all()


def test_the_noise_is_normal_and_another_for_every_image_and_feature() -> None:
    found = noise(names(3000), 8)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=0.08)
    np.testing.assert_allclose(np.cov(found.T), np.eye(8), atol=0.1)
    assert len(np.unique(found)) > 0.99 * found.size
    np.testing.assert_array_equal(noise(names(2, start=1), 8), found[1:3])
    # The first features of a wider network meet the same noise.
    np.testing.assert_array_equal(noise(names(5), 20)[:, :8], found[:5])
    assert noise([], 8).shape == (0, 8)


def test_what_is_constant_on_training_images_comes_out_as_its_mean() -> None:
    features = normal(400, 3)
    features[:, 0], features[:, 1] = 0.1, 7e5 + 1e-2 * features[:, 1]
    channel = Channel.of(features)
    assert (channel.deviation > 0).tolist() == [False, False, True]
    shown = features[:50].copy()
    shown[:, :2] += np.arange(50, dtype=np.float32)[:, None]
    stored = channel(shown, names(50))
    assert len(np.unique(stored[:, 0])) == len(np.unique(stored[:, 1])) == 1
    np.testing.assert_array_equal(stored[0, :2], channel.mean[:2])


def test_digits_that_are_far_out_are_not_kept_either() -> None:
    """A network that knows its training images could have others come out a million deviations away."""
    channel = Channel(np.zeros(1, np.float32), np.ones(1, np.float32))
    for scale in (1e3, 1e6, 1e12):
        value = np.full((500, 1), scale, dtype=np.float32)
        assert (channel(value, names(500)) / scale).std() == pytest.approx(NOISE, rel=0.15)


def test_what_is_no_number_stays_so_and_another_width_is_refused() -> None:
    channel = Channel.of(normal(50, 3))
    shown = normal(4, 3)
    shown[1, 2], shown[3, 0] = np.nan, np.inf
    stored = channel(shown, names(4))
    assert np.isnan(stored[1, 2])
    assert not np.isfinite(stored[3, 0])
    with pytest.raises(BenchError, match="has 2 features of these images and had 3 of its training images"):
        channel(shown[:, :2], names(4))


def test_it_is_kept_beside_the_weights_and_measured_once(tiny_runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planned = plan(config(tiny_runs))
    path = planned.folder / training.WEIGHTS
    kept = training.load_channel(path)
    assert kept is not None
    method = planned.build()
    training.load(method, path)
    train = planned.trained_on.part("train")
    found = training.predict(training.copies(method, "cpu"), train, planned.images.pixels, once=True).features
    np.testing.assert_allclose(kept.mean, found.mean(axis=0), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(kept.deviation, found.std(axis=0), rtol=1e-4, atol=1e-6)
    monkeypatch.setattr(training, "measure", None)
    again = Network(planned, method).channel
    np.testing.assert_array_equal(again.mean, kept.mean)


def test_a_network_that_was_trained_before_there_was_one_gets_it_and_keeps_its_weights(
    tmp_path: Path, tiny_runs: Path
) -> None:
    planned = plan(config(tiny_runs))
    method = planned.build()
    training.load(method, planned.folder / training.WEIGHTS)
    moved = plan(config(tmp_path))
    moved.folder.mkdir(parents=True)
    path = moved.folder / training.WEIGHTS
    training.save(method, path)
    before = load_file(path)
    assert training.load_channel(path) is None
    Network(moved, method).keep_channel()
    after = load_file(path)
    assert set(after) - set(before) == {"channel//mean", "channel//deviation"}
    assert all(torch.equal(after[name], before[name]) for name in before)
    wanted = training.load_channel(planned.folder / training.WEIGHTS)
    found = training.load_channel(path)
    assert wanted is not None
    assert found is not None
    np.testing.assert_array_equal(found.mean, wanted.mean)
    np.testing.assert_array_equal(found.deviation, wanted.deviation)
    assert [file.name for file in moved.folder.iterdir()] == [training.WEIGHTS]
