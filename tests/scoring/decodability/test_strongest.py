from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from bench.scoring.decodability.strongest import Panel, Reading
from bench.statistics.auroc import one_vs_one


def panel(
    informative: list[float],
    *,
    images: int = 400,
    groups: int = 2,
    seed: int = 0,
    prevalence: list[float] | None = None,
) -> tuple[Panel, np.ndarray]:
    """Readings of these strengths, and the groups of the test images (n,)."""
    rng = np.random.default_rng(seed)
    shares = np.full(groups, 1 / groups) if prevalence is None else np.array(prevalence)
    select, test = (rng.choice(groups, images, p=shares) for _ in range(2))
    readings = []
    for number, strength in enumerate(informative):
        means = strength * np.eye(groups)
        on = [_read(means, truth, shares, rng) for truth in (select, test)]
        readings.append(Reading("features", f"probe {number}", True, "", 0.5, *on))
    return Panel(np.arange(images), np.arange(images), select, shares, tuple(readings)), test


def _read(means: np.ndarray, truth: np.ndarray, shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Log posteriors (n, K) of normal scores whose means (K, K) differ by group."""
    scores = means[truth] + rng.normal(size=(len(truth), len(means)))
    return log_softmax(scores @ means.T - (means**2).sum(axis=1) / 2 + np.log(shares), axis=1)


def auroc(log_posteriors: np.ndarray, groups: np.ndarray) -> float:
    return float(one_vs_one(log_posteriors[None], groups)[0])


def test_one_reading_alone_ranks_as_it_did() -> None:
    made, truth = panel([1.0], groups=3)
    together = made.strongest()
    assert together.weights == pytest.approx([1.0])
    alone = made.readings[0].log_posteriors
    assert auroc(together.log_posteriors, truth) == pytest.approx(auroc(alone, truth), abs=1e-3)


def test_of_one_reading_the_scale_is_that_of_the_smallest_log_loss() -> None:
    made, _ = panel([1.0])
    right = log_softmax(made.readings[0].on_select, axis=1)
    each = 1 / np.bincount(made.select_groups)[made.select_groups] / 2

    def loss(scale: float) -> float:
        mixed = log_softmax(scale * (right - np.log(made.prevalence)), axis=1)
        return -float(each @ mixed[np.arange(len(mixed)), made.select_groups])

    best = minimize_scalar(loss, bounds=(0, 5), method="bounded").x
    scaled = made.strongest().log_posteriors - np.log(made.prevalence)
    plain = made.readings[0].log_posteriors - np.log(made.prevalence)
    assert (scaled[:, 1] - scaled[:, 0]) == pytest.approx(best * (plain[:, 1] - plain[:, 0]), rel=0.12)


def test_two_readings_weigh_by_the_smallest_log_loss_of_their_mean() -> None:
    made, _ = panel([0.8, 0.5], images=2000)
    alone = [replace(made, readings=(reading,)).strongest().log_posteriors for reading in made.readings]
    together = made.strongest().log_posteriors
    odds = [one[:, 1] - one[:, 0] for one in (*alone, together)]
    (weight, rest), *_ = np.linalg.lstsq(np.stack(odds[:2], axis=1), odds[2], rcond=None)
    assert weight + rest == pytest.approx(1)
    each = 1 / np.bincount(made.select_groups)[made.select_groups] / 2
    scaled = []
    for number, reading in enumerate(made.readings):
        plain = reading.log_posteriors[:, 1] - reading.log_posteriors[:, 0]
        scaled.append((reading.on_select[:, 1] - reading.on_select[:, 0]) * odds[number][0] / plain[0])

    def loss(share: float) -> float:
        mixed = share * scaled[0] + (1 - share) * scaled[1]
        return float(each @ np.logaddexp(0, np.where(made.select_groups == 1, -mixed, mixed)))

    assert weight == pytest.approx(minimize_scalar(loss, bounds=(0, 1), method="bounded").x, abs=5e-3)


def test_what_seems_to_know_nothing_still_ranks() -> None:
    """The select part says the opposite of what is so: the ranking is kept, or D would be .5 by decree."""
    made, truth = panel([1.0])
    turned = replace(made, select_groups=1 - made.select_groups)
    assert auroc(turned.strongest().log_posteriors, truth) == pytest.approx(
        auroc(made.readings[0].log_posteriors, truth), abs=1e-3
    )


def test_what_each_knows_adds_up_and_noise_takes_little_away() -> None:
    made, truth = panel([1.0, 1.0, 0.1, 0.1, 0.1], images=3000)
    alone = [auroc(reading.log_posteriors, truth) for reading in made.readings]
    together = auroc(made.strongest().log_posteriors, truth)
    assert together > max(alone) + 0.05
    assert made.strongest().weights[2:].sum() < 0.2


def test_readings_of_nothing_put_together_read_nothing() -> None:
    values = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, 2, 300)
        readings = tuple(Reading("features", str(i), True, "", 0.5, *rng.normal(size=(2, 300, 2))) for i in range(14))
        made = Panel(np.arange(300), np.arange(300), rng.integers(0, 2, 300), np.full(2, 0.5), readings)
        values.append(auroc(made.strongest().log_posteriors, truth))
    assert np.mean(values) == pytest.approx(0.5, abs=3 * np.std(values) / np.sqrt(200))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), shift=st.floats(-50, 50), groups=st.integers(2, 4))
def test_constants_of_an_image_and_the_order_of_readings_change_nothing(seed: int, shift: float, groups: int) -> None:
    made, _ = panel([1.0, 0.4, 0.0], groups=groups, seed=seed, images=200)
    moved = tuple(
        replace(reading, on_select=reading.on_select + shift, log_posteriors=reading.log_posteriors - shift)
        for reading in reversed(made.readings)
    )
    again = replace(made, readings=moved).strongest()
    np.testing.assert_allclose(again.weights[::-1], made.strongest().weights, atol=2e-3)
    np.testing.assert_allclose(again.log_posteriors, made.strongest().log_posteriors, atol=2e-2)


def test_a_rare_group_counts_as_much_as_a_frequent_one() -> None:
    """One reading knows the rare group, the other tells two frequent ones apart: neither is left out."""
    rng = np.random.default_rng(0)
    truth = rng.choice(3, 3000, p=[0.05, 0.475, 0.475])
    shares = np.array([0.05, 0.475, 0.475])
    x, z = 1.5 * (truth == 0) + rng.normal(size=3000), (truth == 1) - 1.0 * (truth == 2) + rng.normal(size=3000)
    rare = np.log(shares) + np.stack([1.5 * x - 1.5**2 / 2, np.zeros(3000), np.zeros(3000)], axis=1)
    frequent = np.log(shares) + np.stack([np.zeros(3000), z - 0.5, -z - 0.5], axis=1)
    readings = tuple(Reading("features", str(i), True, "", 0.5, one, one) for i, one in enumerate((rare, frequent)))
    weights = Panel(np.arange(3000), np.arange(3000), truth, shares, readings).strongest().weights
    assert (weights > 0.25).all()


def test_weights_of_images_are_those_of_their_copies() -> None:
    made, _ = panel([1.0, 0.5], images=200)
    twice = np.r_[np.arange(200), np.arange(50)]
    copied = replace(
        made,
        select_groups=made.select_groups[twice],
        readings=tuple(replace(reading, on_select=reading.on_select[twice]) for reading in made.readings),
    )
    weights = np.where(np.arange(200) < 50, 2.0, 1.0)
    np.testing.assert_allclose(made.strongest(weights).weights, copied.strongest().weights, atol=1e-6)


def test_constant_readings_share_the_weight() -> None:
    readings = tuple(Reading("features", str(i), True, "", 0.5, np.zeros((20, 2)), np.zeros((9, 2))) for i in range(3))
    made = Panel(np.arange(9), np.arange(20), np.arange(20) % 2, np.array([0.3, 0.7]), readings).strongest()
    assert made.weights.sum() == pytest.approx(1)
    assert np.ptp(made.log_posteriors, axis=0) == pytest.approx([0, 0])


def test_readings_of_several_layers_and_of_either_kind() -> None:
    made, _ = panel([1.0, 0.5])
    other = replace(made, readings=tuple(replace(reading, layer="outputs", linear=False) for reading in made.readings))
    whole = made.beside([other])
    assert [reading.layer for reading in whole.readings] == ["features"] * 2 + ["outputs"] * 2
    assert whole.of(linear=False).readings == other.readings
    assert whole.of(linear=True).readings == made.readings
