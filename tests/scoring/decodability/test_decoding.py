import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from bench.errors import BenchError
from bench.scoring.decodability import Decodability
from bench.scoring.suites import V2
from tests.scoring.decodability.samples import decode, planted


def rotation(d: int) -> np.ndarray:
    return np.linalg.qr(np.random.default_rng(9).normal(size=(d, d)))[0]


@pytest.fixture(scope="module")
def full() -> Decodability:
    """Three groups apart in one direction of sixteen, every part of the suite."""
    labels = np.random.default_rng(0).integers(0, 2, (800, 2))
    return decode(*planted(1.0, groups=3), labels, group_names=("Asian", "Black", "White"))


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
    posterior = features[:, :2] @ means.T - 0.5 * (means**2).sum(axis=1)
    oracle = []
    for i, j in ((0, 1), (0, 2), (1, 2)):
        both = (groups == i) | (groups == j)
        oracle.append(roc_auc_score(groups[both] == i, (posterior[:, i] - posterior[:, j])[both]))
    result = decode(features, groups, np.arange(3000), fast=True)
    assert result.one_vs_one.value == pytest.approx(np.mean(oracle), abs=0.02)


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


def test_a_code_without_means_is_read_and_flagged() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(rng.integers(0, 2, 700), 2)
    signs = rng.choice([-1.0, 1.0], 1400)
    features = rng.normal(size=(1400, 10))
    features[:, 0] += 1.3 * signs
    features[:, 1] += 1.3 * signs * np.where(groups == 1, 1, -1)
    result = decode(features, groups, np.repeat(np.arange(700), 2), controls=False)
    assert result.linear.value == pytest.approx(0.5, abs=0.06)
    assert result.one_vs_one.value > 0.75
    assert "NONLINEAR_GAP" in result.flags
    assert result.one_vs_one.value == pytest.approx(result.nonlinear.value, abs=0.02)


@pytest.mark.parametrize("value", [0.0, 0.1, -1e6])
def test_constant_features_say_nothing_and_no_removal_is_claimed(value: float) -> None:
    _, groups, patients = planted(0, patients=60, groups=3)
    result = decode(np.full((120, 4), value), groups, patients, groups % 2)
    for interval in (result.one_vs_one, *result.one_vs_rest, *(probe.one_vs_one for probe in result.probes)):
        assert (interval.value, interval.low, interval.high) == (0.5, 0.5, 0.5)
    assert result.flags == ("CONSTANT_FEATURES",)
    assert (result.null.mean, result.null.low, result.null.high) == (0.5, 0.5, 0.5)
    assert not result.limits
    assert {claim.answer for claim in result.removal} == {"unreliable"}


def test_a_random_group_per_patient_is_not_read_though_its_images_cluster() -> None:
    values, misses = [], 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        of_patient = rng.choice(2, 200, p=[0.3, 0.7])
        patients = np.repeat(np.arange(200), 5)
        features = rng.normal(size=(200, 8))[patients] + 0.3 * rng.normal(size=(1000, 8))
        result = decode(features, of_patient[patients], patients, seed=seed, fast=True)
        values.append(result.one_vs_one.value)
        misses += not result.one_vs_one.low <= 0.5 <= result.one_vs_one.high
    assert np.mean(values) == pytest.approx(0.5, abs=0.025)
    assert misses <= 8  # of 3 expected


def test_everything_is_read(full: Decodability) -> None:
    assert full.suite_version == V2.version == 2
    names = ["ridge", "logistic", "quadratic", "fourier", "neighbours", "trees", "perceptron"]
    assert [probe.name for probe in full.probes] == [probe.name for probe in V2.probes] == names
    assert sum(probe.weight for probe in full.probes) == pytest.approx(1)
    assert all(len(probe.settings) == 5 for probe in full.probes)
    assert full.probe in names
    # Means in a row, one apart: Φ(1/√2) = .760 for neighbours, Φ(2/√2) = .921 for the outer two.
    assert full.one_vs_one.value == pytest.approx((0.760 * 2 + 0.921) / 3, abs=0.03)
    assert full.worst_pair[0] == "Asian vs White"
    assert full.worst_pair[1].value == pytest.approx(0.921, abs=0.03)
    assert full.hand_till.value < full.one_vs_one.value  # a third group's share hides what tells two apart
    assert full.given_diagnosis.one_vs_one.value == pytest.approx(full.one_vs_one.value, abs=0.03)
    assert full.null_given.permutations == V2.permutations.draws
    assert full.random_label.one_vs_one.low < 0.5 < full.random_label.one_vs_one.high
    assert not full.random_label.failed
    assert full.null.mean == pytest.approx(0.5, abs=0.02)
    assert full.null.permutations == 200
    assert full.one_vs_one.low > full.null.high
    assert [level for level, _ in full.depth] == [0.0, *V2.depths]
    assert full.depth[0][1] == full.linear
    assert full.depth[-1][1].value < full.depth[0][1].value - 0.05
    assert [claim.answer for claim in full.removal] == ["refused"] * 3


def test_the_order_of_the_rows_changes_nothing() -> None:
    features, groups, patients = planted(0.7, patients=60, groups=3, features=5)
    features[5] = features[4]  # rows that tie
    labels = np.random.default_rng(0).integers(0, 2, (120, 2))
    order = np.random.default_rng(1).permutation(120)
    result = decode(features, groups, patients, labels, seed=3)
    assert decode(features[order], groups[order], patients[order], labels[order], seed=3) == result
    assert decode(features, groups, patients, labels, seed=4) != result


def test_fast_is_the_linear_part_and_controls_change_no_reading() -> None:
    features, groups, patients = planted(0.7, patients=60, groups=3, features=5)
    whole, bare = (decode(features, groups, patients, controls=controls) for controls in (True, False))
    fast = decode(features, groups, patients, fast=True)
    assert (bare.one_vs_one, bare.probes, bare.one_vs_rest) == (whole.one_vs_one, whole.probes, whole.one_vs_rest)
    assert (bare.null, bare.information, bare.limits, bare.removal, bare.depth) == (None, None, (), (), ())
    assert [p.one_vs_one for p in fast.probes] == [p.one_vs_one for p in whole.probes[:2]]
    assert (fast.one_vs_one, fast.nonlinear, fast.null, fast.information) == (whole.linear, None, None, None)


def test_after_leace_no_linear_probe_reads_and_a_nonlinear_code_is_still_read() -> None:
    features, groups, patients = planted(1.5, patients=500, features=6)
    features[:, 1] *= 1 + groups  # beside the means, a difference of spread
    erased = decode(features, groups, patients, erase=True)
    assert erased.linear.value == pytest.approx(0.5, abs=0.03)
    assert erased.one_vs_one.value > 0.62
    assert "NONLINEAR_GAP" in erased.flags
    assert erased.null is None


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
    result = decode(rng.normal(size=(45, 60)), groups, np.arange(45))
    assert 0 <= result.one_vs_one.value <= 1
    assert "UNDERPOWERED" in result.flags


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int32])
def test_other_kinds_of_numbers(dtype: type) -> None:
    features, groups, patients = planted(1.0, patients=100)
    features = (features * 8).astype(dtype)
    exact = decode(features.astype(np.float64), groups, patients, fast=True)
    assert decode(features, groups, patients, fast=True).one_vs_one.value == pytest.approx(
        exact.one_vs_one.value, abs=2e-3
    )


def test_who_waits_is_told() -> None:
    told: list[str] = []
    decode(*planted(1.0, patients=30, features=2), tell=told.append)
    assert sum(line.startswith("features: split") for line in told) == 5
    assert any("permutations" in line for line in told)


FEATURES, GROUPS, PATIENTS = planted(0.5, patients=30)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"features": FEATURES[:, 0]}, r"features must be an array \(N images, D features\).*\(60,\)"),
        ({"features": FEATURES.astype(str)}, "real numbers"),
        ({"features": FEATURES[:, :0]}, "D ≥ 1"),
        ({"groups": GROUPS[:-1]}, r"groups has the shape \(59,\), but features has 60 rows"),
        ({"patients": PATIENTS[:, None]}, r"patients has the shape \(60, 1\)"),
        ({"confounders": np.zeros((59, 2), int)}, r"confounders has the shape \(59, 2\).*\(60,\) or \(60, S\)"),
        ({"confounders": np.full(60, np.nan)}, "confounders must hold integer codes"),
        ({"groups": GROUPS - 2}, "the code -2"),
        ({"group_names": ("only",)}, "only 1 names"),
        ({"groups": np.zeros(60, int)}, "only the group '0' occurs"),
        ({"groups": np.full(60, -1)}, "no image has a known group"),
        ({"groups": (PATIENTS < 4).astype(int)}, r"Too few patients to fit, select and test on: '1' \(4\)"),
        ({"groups": np.r_[1 - GROUPS[0], GROUPS[1:]]}, "Patient 0 has two groups, .* 1 patients of this kind"),
        ({"features": np.where(np.arange(60)[:, None] == 3, np.nan, FEATURES)}, "NaN or infinite numbers in 1 of 60"),
        ({"features": np.where(np.arange(60)[:, None] < 2, np.inf, FEATURES)}, "NaN or infinite numbers in 2 of 60"),
    ],
)
def test_bad_input_is_refused_in_one_paragraph(changed: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(BenchError, match=message) as error:
        decode(**{"features": FEATURES, "groups": GROUPS, "patients": PATIENTS, **changed})
    assert "\n" not in str(error.value)
