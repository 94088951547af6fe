"""The catalogue against what is scored: every score has its entry, every entry its score."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from bench.records import MACRO, Score, Scores
from bench.records.outputs import Outputs
from bench.scoring import Computed, catalogue, score, score_conditions, score_to_choose, score_trial
from bench.scoring.catalogue import BY_KEY, DIFFERENCES, MEASURES, METRICS, READINGS, REMOVAL, UNDERDIAGNOSIS
from bench.scoring.measures import Metric, null_of
from bench.statistics import metrics
from tests.data.cohorts.test_building import build, table
from tests.scoring.decodability.samples import QUICK


def network(part, shift: float = 0.0) -> Outputs:
    """Logits that diagnose, features that hold the group; ``shift`` moves every logit."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(len(part), 4))
    features[:, 0] += 2 * part.groups
    logits = 2 * part.targets - 1 + rng.normal(size=part.targets.shape) + shift
    return Outputs(logits.astype(np.float32), features.astype(np.float32), {"block 1": features[:, :2]})


@pytest.fixture(scope="module")
def computed() -> Computed:
    """Everything that a measure may need: thresholds, groups, a target that says healthy, twins, an untrained network.

    Of the other rows of a leaderboard nothing is known here.
    """
    part = build(table(patients=600, seed=1)).part("test")
    return Computed(
        part,
        network(part),
        thresholds=np.array([0.5, 0.5]),
        columns=(0, 1),
        untrained=network(part),
        twins={group: network(part, 0.1 * g) for g, group in enumerate(part.spec.groups)},
    )


@pytest.fixture(scope="module")
def scores(computed: Computed) -> list[Score]:
    return score(computed, QUICK, replicates=40, leace=True).scores


def scored(found: list[Score]) -> set[str]:
    return {one.metric for one in found}


def with_needs(*met: str) -> set[str]:
    """The keys of the measures that can be had when this is given."""
    return {measure.key for measure in MEASURES if set(measure.needs) <= set(met)}


def test_keys_titles_and_columns_are_each_ones_own() -> None:
    columns = [(column.key or measure.key, measure) for measure in MEASURES for column in measure.columns]
    titles = [column.title or measure.title for measure in MEASURES for column in measure.columns]
    for names in ([measure.key for measure in MEASURES], [key for key, _ in columns], titles):
        assert not [name for name, count in Counter(names).items() if count > 1]
    assert len({measure.title for measure in MEASURES}) == len(MEASURES)
    assert list(BY_KEY) == [measure.key for measure in MEASURES]
    # A column's name is another measure's key nowhere.
    assert all(BY_KEY.get(key, measure) is measure for key, measure in columns)


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.key)
def test_every_entry_says_what_it_is(measure) -> None:  # type: ignore[no-untyped-def]
    assert measure.title
    assert measure.short
    assert measure.title[0].isupper()
    text = measure.meaning.format(protected="race", baseline="erm")
    assert text.endswith(".")
    assert "{" not in text
    assert "  " not in text
    low, high = measure.range
    assert low is None or high is None or low < high


def test_all_that_is_scored_is_in_the_catalogue() -> None:
    named = [*METRICS, *DIFFERENCES, *READINGS, UNDERDIAGNOSIS]
    assert all(BY_KEY[measure.key] is measure for measure in named)
    for metric in (*METRICS, UNDERDIAGNOSIS):
        entries = [BY_KEY.get(f"worst_{metric.key}"), BY_KEY.get(f"{metric.key}_gap")]
        assert entries == ([metric.worst, metric.gap] if metric.compared else [None, None])
        assert list(metric.over_groups) == [entry for entry in entries if entry]
        if metric.compared:
            assert metric.better is not None
            assert metric.range == (0.0, 1.0)
            assert (metric.worst.better, metric.gap.better) == (metric.better, "down")
            assert metric.gap.needs == metric.worst.needs == ("groups", *metric.needs)
    rates = {rate for difference in DIFFERENCES for rate in difference.rates}
    assert rates <= {metric.key for metric in METRICS}


def test_every_score_has_an_entry_and_lies_within_its_range(scores: list[Score]) -> None:
    for found in scores:
        low, high = BY_KEY[found.metric].range
        for number in (found.value, found.low, found.high):
            if number is not None:
                assert low is None or number >= low - 1e-9, found.label
                assert high is None or number <= high + 1e-9, found.label


def test_every_entry_is_scored_and_has_a_value_where_its_needs_are_met(scores: list[Score]) -> None:
    others = {"rows", "conditions"}
    assert scored(scores) == {measure.key for measure in MEASURES if not others & set(measure.needs)}
    assert scored([found for found in scores if found.value is not None]) == scored(scores)


def test_no_two_scores_have_one_label(scores: list[Score]) -> None:
    assert max(Counter(found.label for found in scores).values()) == 1


def test_every_column_finds_its_score(scores: list[Score]) -> None:
    find = Scores(scores, "race")
    for measure in MEASURES:
        # What is made of other rows, and of all the margins at once, is no one score.
        if "rows" in measure.needs or measure is REMOVAL:
            continue
        for column in measure.columns:
            if column.place == "test":
                assert find.one(measure.key, **column.dimensions), measure.key


def test_what_is_scored_in_the_trial_and_in_test_conditions_is_in_the_catalogue(computed: Computed) -> None:
    trial = Scores(score_trial(computed, QUICK).scores, "race")
    conditions = Scores(score_conditions(computed, replicates=5).scores, "race")
    assert scored([*trial.rows, *conditions.rows]) <= {measure.key for measure in MEASURES}
    for measure in MEASURES:
        for column in measure.columns:
            if column.place != "test":
                found = trial if column.place == "trial" else conditions
                assert found.one(measure.key, **column.dimensions), measure.key
    assert not trial.every("decodability_given_diagnosis")


def test_what_a_measure_needs_is_what_it_takes(computed: Computed, scores: list[Score]) -> None:
    bare = replace(computed, twins=None, untrained=None, cohort=replace(computed.cohort, no_finding=None))
    without = score(bare, QUICK, replicates=5).scores
    assert scored(without) == with_needs("threshold", "groups", "probes", "all probes", "controls")
    assert scored(score_to_choose(bare, QUICK, replicates=5).scores) == with_needs("threshold", "probes")
    reference = [found for found in scores if found.reference in ("untrained", "leace")]
    assert scored(reference) == with_needs("probes", "all probes") - with_needs()
    block = [found for found in scores if found.layer == "block 1"]
    assert scored(block) == with_needs("probes") - with_needs()


def test_without_a_threshold_only_what_needs_one_is_left_without_a_value(computed: Computed) -> None:
    found = score(replace(computed, thresholds=np.full(2, np.nan)), QUICK, replicates=5).scores
    assert {one.metric for one in found if one.target == MACRO and one.attribute is None and one.value is None} == {
        metric.key for metric in METRICS if metric.at_threshold
    }
    valued = scored([one for one in found if one.value is not None])
    assert valued == scored(found) - {measure.key for measure in MEASURES if "threshold" in measure.needs}


def balanced_accuracy(sample: metrics.Sample, weights: np.ndarray) -> np.ndarray:
    return (metrics.sensitivity(sample, weights) + metrics.specificity(sample, weights)) / 2


BALANCED = Metric(
    "balanced_accuracy",
    "Balanced accuracy",
    "balanced accuracy",
    "up",
    "Mean of sensitivity and specificity.",
    ("threshold",),
    function=balanced_accuracy,
)


def test_a_new_metric_is_one_entry_and_one_function(
    computed: Computed, scores: list[Score], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "METRICS", (*METRICS, BALANCED))
    made = score(computed, QUICK, replicates=40, leace=True).scores
    new = {BALANCED.key, *(entry.key for entry in BALANCED.over_groups), null_of(BALANCED.gap.key)}
    assert [found for found in made if found.metric not in new] == scores
    find, part = Scores(made, "race"), computed.cohort

    def expected(t: int, inside: np.ndarray) -> float:
        called = computed.outputs.probabilities[inside, t] >= 0.5
        return float(balanced_accuracy_score(part.truth[inside, t], called))

    everyone = np.ones(len(part), dtype=bool)
    for t, target in enumerate(part.spec.targets):
        whole = find.one(BALANCED.key, target=target)
        assert whole.value == pytest.approx(expected(t, everyone))
        assert whole.low < whole.value < whole.high
        for name in ("race", "sex"):
            attribute, values = part.attribute(name), []
            for g, group in enumerate(attribute.groups):
                values.append(find.value(BALANCED.key, target=target, attribute=name, group=group))
                assert values[-1] == pytest.approx(expected(t, attribute.codes == g))
            worst, gap = (find.one(entry.key, target=target, attribute=name) for entry in BALANCED.over_groups)
            assert worst.value == min(values)
            assert worst.note == f"worst group: {attribute.groups[int(np.argmin(values))]}"
            assert gap.value == pytest.approx(max(values) - min(values))
            assert worst.low < worst.value < worst.high
            assert 0 <= gap.low <= gap.value < gap.high
    values = [find.value(BALANCED.key, target=target) for target in part.spec.targets]
    assert find.value(BALANCED.key, target=MACRO) == pytest.approx(np.mean(values))
    assert find.one(BALANCED.worst.key, target=MACRO, attribute="race") is not None
