"""Race as an arrangement: seen by where it lies, gone from every average."""

import numpy as np
import pytest
from bench.builtin.tasks.cxr._phantom_race import ARRANGEMENT
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bench.phantom import NO_RACE, Waves

AXIS = (np.arange(64, dtype=np.float32) + 0.5) / 32 - 1
X, Y = np.meshgrid(AXIS, AXIS)
NO_WANDER = np.zeros((4, 4))


def drawn(seed: int, latents: tuple[float, float]) -> np.ndarray:
    waves = Waves(lambda block: np.random.default_rng([seed, block]), 64)
    return ARRANGEMENT.texture(waves, ARRANGEMENT.lean(np.array(latents), X, Y, NO_WANDER))


def test_the_latents_overlap_as_stated() -> None:
    """The best reader of the latents has a macro one-vs-rest AUROC of about .999."""
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 3, 20_000)
    latents = np.stack([ARRANGEMENT.latents(list(ARRANGEMENT.centers)[group], 1.0, rng) for group in groups])
    posterior = LogisticRegression().fit(latents, groups).predict_proba(latents)
    assert roc_auc_score(groups, posterior, multi_class="ovr") == pytest.approx(0.999, abs=0.001)


def test_a_twin_of_no_race_has_no_latents_and_takes_the_same_numbers() -> None:
    first, second = np.random.default_rng(0), np.random.default_rng(0)
    assert not ARRANGEMENT.latents(NO_RACE, 1.0, first).any()
    own = ARRANGEMENT.latents("Black", 1.0, second)
    assert first.random() == second.random()
    np.testing.assert_array_equal(ARRANGEMENT.latents("Black", 2.0, np.random.default_rng(0)), 2 * own)


def test_the_texture_leans_to_opposite_sides_in_opposite_halves() -> None:
    """The mean product of a texture's gradients, by half of the image, for a patient whose latents lean left-right."""
    lean = np.zeros((64, 64))
    for seed in range(150):
        down, across = np.gradient(drawn(seed, (1.6, 0.0)))
        lean += down * across / 150
    left, right = lean[:, 4:28].mean(), lean[:, 36:60].mean()
    assert left * right < 0
    assert abs(left) == pytest.approx(abs(right), rel=0.15)
    assert abs(lean.mean()) < 0.15 * abs(right)


def test_the_finest_texture_lies_where_the_image_leans() -> None:
    """In the corner of the spectrum one half is louder than the other; without a lean neither is."""
    frequency = np.abs(np.fft.fftfreq(64)) * 64
    corner = np.hypot(frequency[:, None], frequency) >= 42

    def loudness(latents: tuple[float, float]) -> float:
        left = right = 0.0
        for seed in range(100):
            fine = np.fft.ifft2(np.fft.fft2(drawn(seed, latents)) * corner).real
            left, right = left + fine[:, :28].var(), right + fine[:, 36:].var()
        return right / left

    assert loudness((1.6, 0.0)) > 3
    assert loudness((-1.6, 0.0)) < 1 / 3
    assert loudness((0.0, 0.0)) == pytest.approx(1, abs=0.1)


def test_its_variance_is_the_same_whatever_the_latents() -> None:
    variances = [np.mean([drawn(s, z).var() for s in range(60)]) for z in ((0.0, 0.0), (1.6, -0.9), (0.0, 1.2))]
    assert max(variances) / min(variances) < 1.05


def test_what_leans_is_antisymmetric() -> None:
    leans = ARRANGEMENT.lean(np.array([1.6, -0.9]), X, Y, NO_WANDER)
    for part in (leans.smooth, leans.ripple, leans.across, leans.down):
        np.testing.assert_allclose(part, -part[::-1, ::-1], atol=1e-5)
        assert abs(part.mean()) < 1e-5
    # The ripple averages out in the left half alone, too.
    assert abs(leans.ripple[:, :32].mean()) < 1e-5
    assert abs(leans.ripple[:32].mean()) < 1e-5


def test_without_latents_only_the_wander_is_left() -> None:
    wander = ARRANGEMENT.own(np.random.default_rng(0))
    leans = ARRANGEMENT.lean(np.zeros(2), X, Y, wander)
    assert not leans.smooth.any()
    assert not leans.ripple.any()
    assert leans.texture.any()


def test_regions_wander_by_themselves() -> None:
    """Of the stated size everywhere, alike within a region, and unlike across the image."""
    owns = (ARRANGEMENT.own(np.random.default_rng(seed)) for seed in range(2000))
    leans = np.stack([ARRANGEMENT.lean(np.zeros(2), X, Y, own).texture for own in owns])
    np.testing.assert_allclose(leans.std(axis=0), ARRANGEMENT.wander, rtol=0.08)
    assert np.corrcoef(leans[:, 8, 8], leans[:, 10, 10])[0, 1] > 0.9
    assert abs(np.corrcoef(leans[:, 8, 8], leans[:, 8, 56])[0, 1]) < 0.1
