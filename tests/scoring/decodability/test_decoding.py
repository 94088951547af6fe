import numpy as np
import pytest
from scipy.stats import norm

from bench.errors import BenchError
from bench.scoring.decodability import SUITE, SUITE_VERSION, decode
from bench.scoring.decodability.auroc import hand_till, log_odds


def planted(
    distance: float, *, patients: int = 400, images: int = 2, features: int = 16, groups: int = 2, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Standard normal features; the mean of one of them rises by ``distance`` a group."""
    rng = np.random.default_rng(seed)
    of_patient = rng.integers(0, groups, patients)
    owners = np.repeat(np.arange(patients), images)
    values = rng.normal(size=(len(owners), features))
    values[:, 0] += distance * of_patient[owners]
    return values, of_patient[owners], owners


def rotation(d: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(9).normal(size=(d, d)))[0]


def test_a_planted_linear_signal_is_read_as_well_as_it_can_be() -> None:
    features, groups, patients = planted(1.0, patients=1500)
    result = decode(features @ rotation(16), groups, patients, fast=True)
    best = norm.cdf(1.0 / np.sqrt(2))  # closed form of two Gaussians one standard deviation apart
    assert result.one_vs_one.value == pytest.approx(best, abs=0.025)
    assert result.one_vs_one.low < best < result.one_vs_one.high
    assert result.one_vs_rest[0].value == pytest.approx(result.one_vs_rest[1].value, abs=1e-9)


def test_three_groups_are_read_as_by_the_true_posterior() -> None:
    rng = np.random.default_rng(0)
    groups = rng.choice(3, 3000, p=[0.15, 0.25, 0.6])
    means = np.array([[1.2, 0.0], [0.0, 1.2], [0.0, 0.0]])
    features = np.hstack([rng.normal(size=(3000, 2)) + means[groups], rng.normal(size=(3000, 8))])
    oracle = hand_till(log_odds(features[:, :2] @ means.T - 0.5 * (means**2).sum(axis=1))[None], groups)[0]
    result = decode(features, groups, np.arange(3000), fast=True)
    assert result.one_vs_one.value == pytest.approx(oracle, abs=0.02)


@pytest.mark.parametrize("disguise", ["scaled", "weak direction", "float32 weak direction"])
def test_neither_scale_nor_rotation_hides_a_signal(disguise: str) -> None:
    features, groups, patients = planted(1.0)
    plain = decode(features, groups, patients, fast=True)
    if disguise == "scaled":
        hidden = decode(features * 1e-6, groups, patients, fast=True)
    else:
        weak = (features * np.r_[1e-4, np.ones(15)]) @ rotation(16)  # 1e-8 of the variance of every other direction
        weak = weak.astype(np.float32) if disguise.startswith("float32") else weak
        hidden = decode(weak, groups, patients, fast=True)
        assert "ILL_CONDITIONED" in hidden.flags
    assert not plain.flags
    assert hidden.one_vs_one.value == pytest.approx(plain.one_vs_one.value, abs=0.02)
    assert hidden.one_vs_one.value > 0.7


@pytest.mark.parametrize("value", [0.0, 0.1, -1e6])
def test_constant_features_say_nothing(value: float) -> None:
    _, groups, patients = planted(0, patients=60, groups=3)
    result = decode(np.full((120, 4), value), groups, patients, strata=groups % 2)
    for interval in (result.one_vs_one, *result.one_vs_rest, *(probe.one_vs_one for probe in result.probes)):
        assert (interval.value, interval.low, interval.high) == (0.5, 0.5, 0.5)
    assert result.flags == ("CONSTANT_FEATURES",)
    assert (result.null.mean, result.null.low, result.null.high) == (0.5, 0.5, 0.5)


def test_a_random_group_per_patient_is_not_read_though_its_images_cluster() -> None:
    values, false_alarms, misses = [], 0, 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        of_patient = rng.choice(2, 100, p=[0.3, 0.7])
        patients = np.repeat(np.arange(100), 5)
        features = rng.normal(size=(100, 8))[patients] + 0.3 * rng.normal(size=(500, 8))
        result = decode(features, of_patient[patients], patients, seed=seed, fast=True)
        values.append(result.one_vs_one.value)
        false_alarms += result.one_vs_one.low > 0.5
        misses += not result.one_vs_one.low <= 0.5 <= result.one_vs_one.high
    assert np.mean(values) == pytest.approx(0.5, abs=0.025)
    assert false_alarms <= 7
    assert misses <= 14  # conditional on the fit: see decode


def test_the_null_is_centred_and_a_signal_stands_out_from_it() -> None:
    _, groups, patients = planted(0, patients=120)
    nulls = [
        decode(np.random.default_rng(seed).normal(size=(240, 8)), groups, patients, seed=seed) for seed in range(4)
    ]
    assert np.mean([result.null.mean for result in nulls]) == pytest.approx(0.5, abs=0.02)
    for result in nulls:
        assert result.null.permutations == 100
        assert result.null.low < 0.5 < result.null.percentile_95 < result.null.high
        assert 0.1 < result.null.high - result.null.low < 0.35
    signal = decode(*planted(1.0, patients=200))
    assert signal.one_vs_one.low > signal.null.high


def test_within_label_a_difference_of_prevalence_is_not_mistaken_for_race() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 2, 3000)
    disease = (rng.random(3000) < np.where(groups == 1, 0.6, 0.2)).astype(int)
    features = rng.normal(size=(3000, 6))
    features[:, 0] += 2 * disease  # a pure reading of the disease
    result = decode(features, groups, np.arange(3000), strata=disease, fast=True)
    assert result.one_vs_one.low > 0.55
    within = result.within_label
    assert within.one_vs_one.value == pytest.approx(0.5, abs=0.03)
    assert within.one_vs_one.low < 0.5 < within.one_vs_one.high
    assert (within.strata, within.skipped) == (2, 0)


def test_strata_are_joint_patterns_and_those_without_two_groups_are_counted() -> None:
    features, groups, patients = planted(1.0, images=1, patients=300)
    labels = np.random.default_rng(0).integers(-1, 2, (300, 2))
    labels[groups == 0, 1] = np.maximum(labels[groups == 0, 1], 0)
    result = decode(features, groups, patients, labels, fast=True)
    # Of the 3 × 3 patterns, those with -1 in the second column occur in one group only.
    assert (result.within_label.strata, result.within_label.skipped) == (6, 3)
    assert 0.6 < result.within_label.one_vs_one.value < 0.9
    alone = decode(features, groups, patients, groups, fast=True).within_label
    assert (alone.strata, alone.skipped, alone.one_vs_one.value) == (0, 2, None)


def test_a_signal_within_one_stratum_only_is_seen_within_label() -> None:
    features, groups, patients = planted(0, images=1, patients=2000)
    sick = np.random.default_rng(1).integers(0, 2, 2000)
    features[:, 0] += 1.5 * groups * sick
    result = decode(features, groups, patients, sick, fast=True)
    # One half of the pairs at Φ(1.5/√2), the other at chance.
    assert result.within_label.one_vs_one.value == pytest.approx((norm.cdf(1.5 / np.sqrt(2)) + 0.5) / 2, abs=0.03)


def test_the_order_of_the_rows_changes_nothing() -> None:
    features, groups, patients = planted(0.7, patients=100, groups=3)
    features[5] = features[4]  # rows that tie
    labels = np.random.default_rng(0).integers(0, 2, (200, 2))
    order = np.random.default_rng(1).permutation(200)
    result = decode(features, groups, patients, labels, seed=3)
    assert decode(features[order], groups[order], patients[order], labels[order], seed=3) == result
    assert decode(features, groups, patients, labels, seed=4) != result


def test_fast_gives_the_same_values() -> None:
    features, groups, patients = planted(0.7, patients=100, groups=3)
    full, fast = decode(features, groups, patients), decode(features, groups, patients, fast=True)
    assert [p.one_vs_one.value for p in full.probes] == [p.one_vs_one.value for p in fast.probes]
    assert (full.one_vs_one.value, full.probe) == (fast.one_vs_one.value, fast.probe)
    assert fast.null is None
    assert full.null is not None


def test_images_of_unknown_group_are_left_out_and_absent_groups_stay_named() -> None:
    features, groups, patients = planted(0.7, patients=100)
    unknown = np.full((6, 16), np.nan)  # nothing is asked of them, not even to be finite
    result = decode(
        np.vstack([features, unknown]),
        np.r_[2 * groups, np.full(6, -1)],
        np.r_[patients, np.arange(6)],
        group_names=("Asian", "Black", "White"),
        fast=True,
    )
    assert result.groups == ("Asian", "Black", "White")
    assert result.group_images[1] == result.group_patients[1] == 0
    assert result.one_vs_rest[1].value is None
    assert (result.images, result.patients) == (200, 100)
    assert result.one_vs_one == decode(features, groups, patients, fast=True).one_vs_one


def test_the_smallest_group_that_is_allowed() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1], [5, 40])
    result = decode(rng.normal(size=(45, 60)), groups, np.arange(45), fast=True)
    assert 0 <= result.one_vs_one.value <= 1


def test_the_probe_is_the_one_that_was_best_on_the_select_parts() -> None:
    result = decode(*planted(0.5, patients=150), fast=True)
    assert result.suite_version == SUITE_VERSION == 0
    assert [probe.name for probe in result.probes] == [probe.name for probe in SUITE] == ["ridge", "logistic"]
    best = max(result.probes, key=lambda probe: probe.selected)
    assert (result.probe, result.one_vs_one) == (best.name, best.one_vs_one)
    assert all(len(probe.penalties) == 5 for probe in result.probes)


FEATURES, GROUPS, PATIENTS = planted(0.5, patients=30)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"features": FEATURES[:, 0]}, r"features must be an array \(N images, D features\).*\(60,\)"),
        ({"features": FEATURES.astype(str)}, "real numbers"),
        ({"features": FEATURES[:, :0]}, "D ≥ 1"),
        ({"groups": GROUPS[:-1]}, r"groups has the shape \(59,\), but features has 60 rows"),
        ({"patients": PATIENTS[:, None]}, r"patients has the shape \(60, 1\)"),
        ({"strata": np.zeros((59, 2), int)}, r"strata has the shape \(59, 2\).*\(60,\) or \(60, S\)"),
        ({"strata": np.full(60, np.nan)}, "strata must hold integer codes"),
        ({"groups": GROUPS - 2}, "the code -2"),
        ({"group_names": ("only",)}, "only 1 names"),
        ({"groups": np.zeros(60, int)}, "only the group '0' occurs"),
        ({"groups": np.full(60, -1)}, "no image has a known group"),
        ({"groups": (PATIENTS < 4).astype(int)}, r"Too few patients to cross-fit over 5 folds: '1' \(4\)"),
        ({"groups": np.r_[1 - GROUPS[0], GROUPS[1:]]}, "Patient 0 has two groups, .* 1 patients of this kind"),
        ({"features": np.where(np.arange(60)[:, None] == 3, np.nan, FEATURES)}, "NaN or infinite numbers in 1 of 60"),
        ({"features": np.where(np.arange(60)[:, None] < 2, np.inf, FEATURES)}, "NaN or infinite numbers in 2 of 60"),
    ],
)
def test_bad_input_is_refused_in_one_paragraph(changed: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(BenchError, match=message) as error:
        decode(**{"features": FEATURES, "groups": GROUPS, "patients": PATIENTS, **changed})
    assert "\n" not in str(error.value)
