from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from sklearn.metrics import roc_auc_score

from bench.scoring.decodability.controls.sight import Curve, Limit, _Pair, _seen, code, limits
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.decodability.suite import Kind, Suite
from bench.scoring.decodability.whitening import Whitening
from bench.scoring.suites import V2
from tests.scoring.decodability.samples import decode, sample

SIGHT = V2.sight


def found(
    features: np.ndarray, groups: np.ndarray, patients: np.ndarray | None = None, suite: Suite = V2, seed: int = 0
) -> dict[str, Limit]:
    one, splits, _ = sample(features, groups, np.arange(len(groups)) if patients is None else patients)
    whitenings = [Whitening.fit(one.features, one.rows(split.fit)) for split in splits]
    return {limit.name: limit for limit in limits(one, whitenings, splits, suite, seed)}


@pytest.mark.parametrize("kind", ["linear", "quadratic"])
@pytest.mark.parametrize("share", [0.5, 0.1])
def test_a_code_is_worth_what_it_is_built_to_be(kind: Kind, share: float) -> None:
    labels = (np.random.default_rng(0).random(200_000) < share).astype(int)
    coded = code(kind, labels, 0.7, np.random.default_rng(1))
    assert roc_auc_score(labels, coded if kind == "linear" else np.abs(coded)) == pytest.approx(0.7, abs=0.005)
    assert coded.mean() == pytest.approx(0, abs=0.01)
    assert coded.var() == pytest.approx(1, abs=0.02)
    if kind == "quadratic":
        assert roc_auc_score(labels, coded) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("limit", "spread"), [(0.575, 0.02), (0.64, 0.05), (0.72, 0.1)])
def test_the_curve_finds_a_limit_within_its_error(limit: float, spread: float) -> None:
    """Of eyes that see by a known curve: the limit is met on average, and its standard error is that of many trials."""
    estimates, errors = [], []
    for seed in range(200):
        rng, curve = np.random.default_rng(seed), Curve(SIGHT)
        for _ in range(24):
            strength = curve.strength
            probability = ndtr((ndtri(strength) - ndtri(limit)) / spread + ndtri(0.8))
            curve.add(strength, bool(rng.random() < probability))
        estimate, error = curve.limit
        estimates.append(SIGHT.strengths[-1] if estimate is None else estimate)
        errors.append(error)
    assert np.mean(estimates) == pytest.approx(limit, abs=0.012)
    # Between two strengths that are planted nothing is learnt: there the error is said to be larger than it is.
    assert np.std(estimates) < 1.3 * np.mean(errors) < 0.03


def test_who_sees_nothing_has_no_limit_and_who_sees_all_a_low_one() -> None:
    blind, keen = Curve(SIGHT), Curve(SIGHT)
    for _ in range(24):
        blind.add(blind.strength, False)
        keen.add(keen.strength, True)
    assert blind.limit[0] is None
    assert keen.limit[0] < SIGHT.strengths[0]
    assert (blind.strength, keen.strength) == (SIGHT.strengths[-1], SIGHT.strengths[0])


def test_at_the_limit_four_of_five_signals_are_seen() -> None:
    """Against brute force: the share seen of many plantings of that very strength."""
    rng = np.random.default_rng(0)
    one, splits, _ = sample(rng.normal(size=(900, 12)), np.arange(900) % 2, np.arange(900))
    whitenings = [Whitening.fit(one.features, one.rows(split.fit)) for split in splits]
    suite = replace(V2, sight=replace(SIGHT, percentiles=(50,), readers=(("linear", Ridge),), plantings=60))
    (limit,) = limits(one, whitenings, splits, suite, 0)
    pair, seen = _Pair.rarest(one), []
    for number in range(300):
        turn = number % len(splits)
        draw = np.random.default_rng((9, number))
        planted = pair.planted(whitenings[turn], splits[turn], "linear", 50, limit.auroc, draw)
        seen.append(_seen(*planted, Ridge, V2, turn))
    # Within what the limit's own error, and that of 300 plantings, allow.
    assert np.mean(seen) == pytest.approx(0.8, abs=0.12)


def test_more_patients_see_more_and_more_directions_hide_more() -> None:
    rng = np.random.default_rng(0)
    suite = replace(V2, sight=replace(SIGHT, percentiles=(1,), plantings=12))

    def height(n: int, width: int) -> dict[str, float]:
        made = found(rng.normal(size=(n, width)), np.arange(n) % 2, suite=suite)
        return {name: 1.0 if limit.auroc is None else limit.auroc for name, limit in made.items()}

    many, few, wide = height(1500, 8), height(300, 8), height(1500, 150)
    for name in many:
        assert many[name] < few[name]
        assert many[name] < wide[name]


def test_signals_are_planted_among_the_images_of_the_rarest_pair() -> None:
    rng = np.random.default_rng(0)
    owners = np.repeat(np.arange(300), rng.integers(1, 4, 300))
    groups = np.repeat([0, 1, 2], [40, 60, 200])[owners]
    one, splits, _ = sample(rng.normal(size=(len(owners), 5)), groups, owners)
    pair = _Pair.rarest(one)
    assert pair.groups == (0, 1)
    whitening = Whitening.fit(one.features, one.rows(splits[0].fit))
    marked, split = pair.planted(whitening, splits[0], "linear", 50, 0.9, rng)
    assert np.bincount(marked.patient_groups).tolist() == [40, 60]
    assert len(marked.features) == (groups < 2).sum()
    np.testing.assert_array_equal(marked.groups, marked.patient_groups[marked.patients])
    for part, whole in zip(
        (split.fit, split.select, split.test), (splits[0].fit, splits[0].select, splits[0].test), strict=True
    ):
        real = one.patient_groups[whole]
        assert np.bincount(marked.patient_groups[part]).tolist() == np.bincount(real[real < 2], minlength=2).tolist()
    assert sum(map(len, (split.fit, split.select, split.test))) == 100
    # The groups are dealt anew: nothing but the code tells them apart.
    assert not np.array_equal(marked.patient_groups, one.patient_groups[one.patient_groups < 2])
    aurocs = [roc_auc_score(marked.groups, marked.features[:, direction]) for direction in range(5)]
    assert int(np.argmax(np.abs(np.array(aurocs) - 0.5))) == 2
    assert aurocs[2] == pytest.approx(0.9, abs=0.08)


def test_a_direction_of_hardly_any_variance_is_planted_in_as_well() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(1500, 6)) * [1, 1, 1, 1, 1, 1e-4]
    suite = replace(V2, sight=replace(SIGHT, percentiles=(1,), plantings=12))
    made = found(features @ np.linalg.qr(rng.normal(size=(6, 6)))[0], np.arange(1500) % 2, suite=suite)
    assert all(limit.auroc < 0.67 for limit in made.values())


def test_nothing_is_planted_in_constant_features() -> None:
    assert not found(np.ones((60, 3)), np.arange(60) % 2)


def test_where_hardly_anything_would_be_seen_it_is_said_and_no_removal_is_claimed() -> None:
    rng = np.random.default_rng(0)
    result = decode(rng.normal(size=(60, 40)), np.arange(60) % 2, np.arange(60))
    assert "BLIND" in result.flags
    assert not any(claim.answer == "granted" for claim in result.removal)
