import numpy as np
import pytest
from fairlearn.metrics import demographic_parity_difference, equalized_odds_difference
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import BenchError
from bench.scoring import diagnosis, fairness
from bench.scoring.catalogue import METRICS
from bench.scoring.evaluation import evaluate
from bench.statistics import metrics
from bench.statistics.bootstrap import PatientBootstrap
from bench.statistics.metrics import Sample
from bench.task import Attribute

NAMES = ("effusion", "no finding")
THRESHOLDS = np.array([0.55, 0.45])
COMPARED = [metric for metric in METRICS if metric.compared]


def cohort(patients=400, seed=0, noise=(0.3, 1.0, 2.0)):
    """Predictions that get noisier from group to group of race; the fourth group is too small to score."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(patients), rng.integers(1, 4, patients))
    race = np.where(np.arange(patients) < 6, 3, rng.integers(0, 3, patients))[codes]
    z = rng.normal(size=(len(codes), 2))
    targets = (z > 0.3).astype(float)
    targets[rng.random(z.shape) < 0.05] = np.nan
    z = z + np.array([*noise, 1.0])[race][:, None] * rng.normal(size=z.shape)
    probabilities = np.round(1 / (1 + np.exp(-2 * z)), 2)
    return targets, probabilities, codes, [Attribute("race", ("A", "B", "C", "D"), race)]


def run(targets, probabilities, patients, attributes, no_finding="no finding", thresholds=THRESHOLDS, replicates=100):
    bootstrap = PatientBootstrap(patients, replicates=replicates)
    evaluation = evaluate(targets, probabilities, thresholds, NAMES, attributes, bootstrap)
    return diagnosis.scores(evaluation), fairness.scores(evaluation, no_finding)


def one(scores, metric, target, attribute="race", group=None):
    found = [s for s in scores if (s.metric, s.target, s.attribute, s.group) == (metric, target, attribute, group)]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("target", [*NAMES, "macro"])
@pytest.mark.parametrize("metric", COMPARED, ids=lambda metric: metric.key)
def test_worst_is_the_worst_of_the_groups_scored_and_gap_spans_them(metric, target):
    groups, summaries = run(*cohort())
    values = {g: one(groups, metric.key, target, group=g).value for g in ("A", "B", "C")}
    worst_group = (min if metric.better == "up" else max)(values, key=values.get)
    worst, gap = one(summaries, f"worst_{metric.key}", target), one(summaries, f"{metric.key}_gap", target)
    assert worst.value == values[worst_group]
    assert worst.note == f"worst group: {worst_group}; not scored and left out: D"
    assert gap.value == pytest.approx(max(values.values()) - min(values.values()))
    assert gap.note == "not scored and left out: D"
    for score in (worst, gap):
        assert 0 <= score.low <= score.value <= score.high <= 1


@pytest.mark.parametrize("metric", COMPARED, ids=lambda metric: metric.key)
def test_limits_of_worst_and_gap_are_the_percentile_and_the_bound_by_noise(metric):
    targets, probabilities, patients, attributes = cohort()
    _, summaries = run(targets, probabilities, patients, attributes)
    known = [(attributes[0].codes == g) & ~np.isnan(targets[:, 0]) for g in range(3)]
    samples = [Sample(probabilities[rows, 0], targets[rows, 0] == 1, THRESHOLDS[0]) for rows in known]
    values, draws = PatientBootstrap(patients, replicates=100).replicate(
        lambda weights: np.stack([metric.function(s, weights[rows]) for s, rows in zip(samples, known, strict=True)])
    )
    noise = draws - values[:, None]

    def quantile(replicates, q):
        return np.quantile(replicates, q, method="weibull")

    worst, gap = one(summaries, f"worst_{metric.key}", "effusion"), one(summaries, f"{metric.key}_gap", "effusion")
    if metric.better == "up":
        expected = quantile(draws.min(axis=0), 0.025), values.min() - quantile(noise.min(axis=0), 0.025)
    else:
        expected = values.max() - quantile(noise.max(axis=0), 0.975), quantile(draws.max(axis=0), 0.975)
    assert (worst.low, worst.high) == pytest.approx(tuple(np.clip(expected, 0, 1)))
    spread = np.ptp(values) - quantile(np.ptp(noise, axis=0), 0.975), quantile(np.ptp(draws, axis=0), 0.975)
    assert (gap.low, gap.high) == pytest.approx(tuple(np.clip(spread, 0, 1)))


def test_directions_are_those_of_the_field():
    directions = {metric.key: metric.better for metric in METRICS}
    assert directions == {
        "auroc": "up",
        "auprc": "up",
        "brier": "down",
        "ece": "down",
        "sensitivity": "up",
        "specificity": "up",
        "selection_rate": None,
    }
    _, summaries = run(*cohort())
    for name in ("auroc", "brier", "ece"):  # group C's predictions are mostly noise
        assert one(summaries, f"worst_{name}", "macro").note.startswith("worst group: C")


def test_a_group_left_out_changes_no_comparison():
    targets, probabilities, patients, (race,) = cohort()
    without = Attribute("race", ("A", "B", "C"), np.where(race.codes == 3, -1, race.codes))
    with_small, alone = (run(targets, probabilities, patients, [a])[1] for a in (race, without))
    compared = [score for score in with_small if score.group is None and score.attribute is not None]
    assert len(compared) > 20
    for score in compared:
        other = one(alone, score.metric, score.target)
        assert score.model_dump(exclude={"note"}) == other.model_dump(exclude={"note"})


def test_counts_are_of_the_groups_compared():
    targets, probabilities, patients, attributes = cohort()
    score = one(run(targets, probabilities, patients, attributes)[1], "auroc_gap", "effusion")
    inside = (attributes[0].codes < 3) & ~np.isnan(targets[:, 0])
    assert (score.n, score.patients) == (inside.sum(), len(set(patients[inside])))


def group_rates(labels, scores, groups, weights, threshold=0.5):
    samples = [(groups == g, Sample(scores[groups == g], labels[groups == g], threshold)) for g in np.unique(groups)]
    return {
        name: np.stack([getattr(metrics, name)(sample, weights[inside]) for inside, sample in samples])
        for name in ("sensitivity", "specificity", "selection_rate")
    }


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.booleans())
def test_weighted_differences_are_fairlearns(seed, number, unit):
    rng = np.random.default_rng(seed)
    n = 60
    groups = rng.integers(0, number, n)
    groups[: 2 * number] = np.repeat(np.arange(number), 2)
    labels = rng.random(n) < 0.5
    labels[: 2 * number] = np.tile([True, False], number)
    scores = rng.random(n)
    weights = np.ones((n, 1)) if unit else rng.integers(0, 4, (n, 2)).astype(float)
    weights[: 2 * number] += 1  # both classes of every group weigh something
    rates = group_rates(labels, scores, groups, weights)
    odds = fairness.gap(np.stack([rates["sensitivity"], rates["specificity"]]))
    parity = fairness.gap(rates["selection_rate"][None])
    for c, column in enumerate(weights.T):
        fair = {"sensitive_features": groups, "sample_weight": column}
        assert odds[c] == pytest.approx(equalized_odds_difference(labels, scores >= 0.5, **fair), abs=1e-12)
        assert parity[c] == pytest.approx(demographic_parity_difference(labels, scores >= 0.5, **fair), abs=1e-12)


@pytest.mark.parametrize("name", ["equalized_odds_difference", "demographic_parity_difference"])
def test_differences_are_fairlearns_and_agree_with_the_groups_rates(name):
    targets, probabilities, patients, attributes = cohort()
    groups, summaries = run(targets, probabilities, patients, attributes)
    reference = {
        "equalized_odds_difference": (equalized_odds_difference, ("sensitivity", "specificity")),
        "demographic_parity_difference": (demographic_parity_difference, ("selection_rate",)),
    }
    function, rates = reference[name]
    values = []
    for t, target in enumerate(NAMES):
        inside = (attributes[0].codes < 3) & ~np.isnan(targets[:, t])
        score = one(summaries, name, target)
        values.append(score.value)
        called = probabilities[inside, t] >= THRESHOLDS[t]
        race = attributes[0].codes[inside]
        assert score.value == pytest.approx(function(targets[inside, t], called, sensitive_features=race), abs=1e-12)
        gaps = [np.ptp([one(groups, rate, target, group=g).value for g in "ABC"]) for rate in rates]
        assert score.value == pytest.approx(max(gaps), abs=1e-12)
        assert 0 <= score.low <= score.value <= score.high
    assert one(summaries, name, "macro").value == pytest.approx(np.mean(values))


def test_underdiagnosis_is_the_share_of_the_ill_called_healthy():
    targets, probabilities, patients, attributes = cohort()
    _, summaries = run(targets, probabilities, patients, attributes)
    ill = targets[:, 1] == 0
    healthy_called = probabilities[:, 1] >= THRESHOLDS[1]
    assert one(summaries, "underdiagnosis_rate", "no finding", None).value == pytest.approx(healthy_called[ill].mean())
    rates = []
    for g, group in enumerate("ABC"):
        score = one(summaries, "underdiagnosis_rate", "no finding", group=group)
        rates.append(healthy_called[ill & (attributes[0].codes == g)].mean())
        assert score.value == pytest.approx(rates[-1])
        assert score.low < score.value < score.high
    worst = one(summaries, "worst_underdiagnosis_rate", "no finding")
    assert worst.value == pytest.approx(max(rates))
    assert worst.note.startswith(f"worst group: {'ABC'[int(np.argmax(rates))]}")
    assert one(summaries, "underdiagnosis_rate_gap", "no finding").value == pytest.approx(np.ptp(rates))
    marked = one(summaries, "underdiagnosis_rate", "no finding", group="D")
    assert marked.value is None
    assert marked.note.startswith("too small to score")


def test_without_a_no_finding_target_there_is_no_underdiagnosis():
    assert not any("underdiagnosis" in score.metric for score in run(*cohort(), no_finding=None)[1])
    with pytest.raises(BenchError, match=r"no target 'no_finding'.* Did you mean 'no finding'"):
        run(*cohort(), no_finding="no_finding")


def test_fewer_than_two_groups_are_not_compared():
    targets, probabilities, patients, (race,) = cohort()
    alone = Attribute("race", race.groups, np.where(race.codes == 3, 3, 0))
    _, summaries = run(targets, probabilities, patients, [alone])
    compared = [score for score in summaries if score.group is None and score.attribute is not None]
    assert len(compared) > 20
    for score in compared:
        assert (score.value, score.low, score.high) == (None, None, None)
        assert score.note.startswith("fewer than two groups can be scored")


def test_without_a_threshold_only_what_needs_one_is_marked():
    _, summaries = run(*cohort(), thresholds=np.array([np.nan, 0.45]))
    for name in ("worst_sensitivity", "specificity_gap", "equalized_odds_difference", "demographic_parity_difference"):
        assert one(summaries, name, "effusion").value is None
        assert one(summaries, name, "no finding").value is not None
        assert one(summaries, name, "macro").value == one(summaries, name, "no finding").value
    assert one(summaries, "equalized_odds_difference", "macro").note == "mean over targets without effusion"
    assert one(summaries, "worst_auroc", "effusion").value is not None


def test_equal_groups_have_gaps_whose_intervals_reach_zero_and_unequal_ones_do_not():
    _, equal = run(*cohort(patients=900, noise=(1.0, 1.0, 1.0)), replicates=300)
    _, unequal = run(*cohort(patients=900), replicates=300)
    for name in ("auroc_gap", "brier_gap", "equalized_odds_difference", "underdiagnosis_rate_gap"):
        target = "no finding" if "underdiagnosis" in name else "macro"
        assert one(equal, name, target).low == 0
        assert one(unequal, name, target).low > 0


def test_the_order_of_images_changes_nothing_at_all():
    targets, probabilities, patients, (race,) = cohort()
    order = np.random.default_rng(1).permutation(len(targets))
    shuffled = [Attribute("race", race.groups, race.codes[order])]
    straight = run(targets, probabilities, patients, [race])[1]
    assert run(targets[order], probabilities[order], patients[order], shuffled)[1] == straight
