import numpy as np
import pytest
from scipy.stats import norm

from bench.errors import BenchError
from bench.statistics import bootstrap as intervals
from bench.statistics.bootstrap import Interval, PatientBootstrap
from bench.statistics.metrics import Sample, auroc, weighted_auroc


def all_weights(bootstrap, rows=None):
    return np.concatenate(list(bootstrap.chunks(rows)), axis=1)


def weighted_mean(x):
    return lambda weights: x @ weights / weights.sum(axis=0)


def test_a_replicate_draws_as_many_patients_as_there_are_and_all_images_of_each():
    patients = np.array([7, 3, 7, 9, 3, 3])
    weights = all_weights(PatientBootstrap(patients, replicates=500))
    assert weights.shape == (6, 500)
    assert (weights[0] == weights[2]).all()
    assert (weights[1] == weights[4]).all()
    assert (weights[1] == weights[5]).all()
    assert (weights[[0, 1, 3]].sum(axis=0) == 3).all()
    # Each patient is drawn Binomial(3, 1/3) times: mean 1, variance 2/3.
    assert weights[[0, 1, 3]].mean(axis=1) == pytest.approx([1, 1, 1], abs=0.15)
    assert weights[[0, 1, 3]].var(axis=1) == pytest.approx([2 / 3] * 3, abs=0.15)


@pytest.mark.parametrize("chunk", [1, 70, 333, 10**9])
def test_replicates_do_not_depend_on_the_size_of_chunks(chunk, monkeypatch):
    bootstrap = PatientBootstrap(np.arange(50) // 2, replicates=64, seed=5)
    expected = all_weights(bootstrap)
    monkeypatch.setattr(intervals, "_CHUNK", chunk)
    monkeypatch.setattr(intervals, "_AT_LEAST", 1)
    np.testing.assert_array_equal(all_weights(bootstrap), expected)


def test_chunks_bound_the_memory():
    for images in (300, 3_000, 30_000):
        columns = [weights.shape[1] for weights in PatientBootstrap(np.arange(images), replicates=1000).chunks()]
        assert sum(columns) == 1000
        assert len(columns) > 1
        assert max(columns) <= max(32, 250_000 // images)


def test_replicates_follow_the_patients_whatever_the_order_of_rows():
    rng = np.random.default_rng(0)
    patients = rng.integers(0, 30, 80)
    order = rng.permutation(80)
    straight = all_weights(PatientBootstrap(patients, replicates=20))
    np.testing.assert_array_equal(all_weights(PatientBootstrap(patients[order], replicates=20)), straight[order])


def test_rows_see_the_replicates_of_the_whole_cohort():
    patients = np.arange(40) // 2
    bootstrap = PatientBootstrap(patients, replicates=20)
    rows = np.array([30, 2, 3])
    np.testing.assert_array_equal(all_weights(bootstrap, rows), all_weights(bootstrap)[rows])
    mask = patients < 4
    np.testing.assert_array_equal(all_weights(bootstrap, mask), all_weights(bootstrap)[mask])


def test_the_seed_decides():
    a, b, c = (all_weights(PatientBootstrap(np.arange(30), replicates=20, seed=seed)) for seed in (0, 0, 1))
    assert (a == b).all()
    assert (a != c).any()


def test_interval_is_the_percentiles_of_the_replicates():
    rng = np.random.default_rng(0)
    x, patients = rng.normal(size=60), np.arange(60) // 3
    bootstrap = PatientBootstrap(patients, replicates=400, level=0.9)
    draws = [np.average(x, weights=weights) for weights in all_weights(bootstrap).T]
    interval = bootstrap.interval(weighted_mean(x))
    assert interval.value == pytest.approx(x.mean())
    assert (interval.low, interval.high) == pytest.approx(tuple(np.quantile(draws, [0.05, 0.95], method="weibull")))


def test_intervals_of_several_statistics_come_from_one_pass():
    rng = np.random.default_rng(0)
    x, bootstrap = rng.normal(size=(2, 60)), PatientBootstrap(np.arange(60) // 3, replicates=200)
    both = bootstrap.intervals(lambda weights: np.stack([weighted_mean(row)(weights) for row in x]))
    assert both == [bootstrap.interval(weighted_mean(row)) for row in x]


def test_standard_error_of_a_mean_is_the_cluster_robust_one():
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 6, 400)
    patients = np.repeat(np.arange(400), sizes)
    x = rng.normal(size=400)[patients] + 0.5 * rng.normal(size=len(patients))
    _, draws = PatientBootstrap(patients, replicates=4000).replicate(weighted_mean(x))
    sums = np.bincount(patients, x - x.mean())
    assert draws.std() == pytest.approx(np.sqrt((sums**2).sum()) / len(x), rel=0.05)


def test_undefined_replicates_are_left_out_up_to_a_tenth():
    bootstrap = PatientBootstrap(np.arange(100), replicates=100)
    draws = np.linspace(0, 1, 100)
    draws[:10] = np.nan
    assert bootstrap.limits(0.5, draws).low == pytest.approx(np.quantile(draws[10:], 0.025, method="weibull"))
    draws[10] = np.nan
    assert bootstrap.limits(0.5, draws) == Interval(0.5)
    assert bootstrap.limits(float("nan"), draws) == Interval(None)


def test_too_few_positives_to_resample_give_a_value_without_an_interval():
    scores, positives = np.arange(40.0), np.arange(40) == 39
    interval = PatientBootstrap(np.arange(40)).interval(lambda weights: weighted_auroc(scores, positives, weights))
    assert interval == Interval(1.0)


@pytest.mark.parametrize(
    "patients", [np.zeros(0, int), np.zeros((3, 1), int), np.array(["a", "b"]), np.array([0.0, 1.0])]
)
def test_patients_that_are_no_codes_are_refused(patients):
    with pytest.raises(BenchError, match="one whole-number patient code per image"):
        PatientBootstrap(patients)


@pytest.mark.parametrize("wrong", [{"replicates": 0}, {"level": 1.0}, {"level": 95}])
def test_levels_and_replicates_out_of_range_are_refused(wrong):
    with pytest.raises(BenchError, match="level between 0 and 1"):
        PatientBootstrap(np.arange(5), **wrong)


def cohort(rng, effects, patients=300, prevalence=0.4):
    """Binormal scores of patients with 1 to 5 images, .81 of whose noise is the patient's; groups take turns.

    Labels are the patient's, so no pair is within a patient and group g's AUROC is Φ(effects[g] / √2).
    """
    groups = np.arange(patients) % len(effects)
    labels = rng.random(patients) < prevalence
    rows = np.repeat(np.arange(patients), rng.integers(1, 6, patients))
    own, shared = rng.normal(size=len(rows)), rng.normal(size=patients)
    scores = np.asarray(effects)[groups[rows]] * labels[rows] + 0.9 * shared[rows] + np.sqrt(0.19) * own
    return rows, groups[rows], labels[rows], scores


def covers(interval, truth):
    return interval.low <= truth <= interval.high


def test_coverage_on_clustered_data_is_nominal_and_that_of_single_images_is_not():
    rng = np.random.default_rng(20)
    truth = norm.cdf(1 / np.sqrt(2))
    by_patient, by_image = [], []
    for seed in range(600):
        patients, _, labels, scores = cohort(rng, [1.0], patients=400)
        sample = Sample(scores, labels)

        def covered(units, sample=sample, seed=seed):
            bootstrap = PatientBootstrap(units, replicates=400, seed=seed)
            return covers(bootstrap.interval(lambda weights: auroc(sample, weights)), truth)

        by_patient.append(covered(patients))
        if seed < 150:  # its coverage is far off: fewer data sets show it
            by_image.append(covered(np.arange(len(patients))))
    assert 0.93 <= np.mean(by_patient) <= 0.97
    assert np.mean(by_image) < 0.85


@pytest.mark.parametrize(
    "effects", [(1.0, 1.0, 1.0), (1.0,) * 6, (1.3, 1.0, 0.5)], ids=["three equal", "six equal", "apart"]
)
def test_worst_group_and_gap_are_covered_whether_groups_differ_or_not(effects):
    rng = np.random.default_rng(21)
    truths = norm.cdf(np.asarray(effects) / np.sqrt(2))
    worst, gap, percentiles = [], [], []
    for seed in range(200):
        patients, groups, labels, scores = cohort(rng, effects, patients=100 * len(effects))
        bootstrap = PatientBootstrap(patients, replicates=250, seed=seed)
        rows = [np.flatnonzero(groups == g) for g in range(len(effects))]
        samples = [Sample(scores[inside], labels[inside]) for inside in rows]
        values, draws = bootstrap.replicate(
            lambda weights, samples=samples, rows=rows: np.stack(
                [auroc(sample, weights[inside]) for sample, inside in zip(samples, rows, strict=True)]
            )
        )
        noise = draws - values[:, None]
        worst.append(covers(bootstrap.limits(values.min(), draws.min(axis=0), "down", noise.min(axis=0)), truths.min()))
        spread = np.ptp(draws, axis=0)
        gap.append(covers(bootstrap.limits(np.ptp(values), spread, "up", np.ptp(noise, axis=0)), np.ptp(truths)))
        percentiles.append(covers(bootstrap.limits(np.ptp(values), spread), np.ptp(truths)))
    assert np.mean(worst) >= 0.93
    assert np.mean(gap) >= 0.93
    if np.ptp(truths) == 0:  # what the one-sided limit is there for
        assert np.mean(percentiles) == 0


@pytest.mark.parametrize("biased", ["up", "down"])
def test_limits_of_an_extreme_hold_the_value_and_stay_in_the_unit_interval(biased):
    rng = np.random.default_rng(3)
    bootstrap = PatientBootstrap(np.arange(10))
    for value in (0.0, 0.02, 0.5, 0.98, 1.0):
        interval = bootstrap.limits(value, np.clip(value + 0.2 * rng.normal(size=500), 0, 1), biased)
        assert 0 <= interval.low <= interval.value <= interval.high <= 1
