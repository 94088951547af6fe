import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, recall_score, roc_auc_score

from bench.errors import BenchError
from bench.scoring import diagnosis
from bench.scoring.evaluation import evaluate
from bench.statistics.bootstrap import PatientBootstrap
from bench.statistics.metrics import Sample, auroc
from bench.task import Attribute

NAMES = ("effusion", "opacity", "no finding")
THRESHOLDS = np.array([0.6, 0.5, 0.4])


def cohort(patients=300, seed=0):
    """Three targets, 5% of labels unknown, ties among the probabilities; race with a rare group, sex partly unknown."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(patients), rng.integers(1, 4, patients))
    z = rng.normal(size=(len(codes), 3))
    targets = (z + rng.normal(size=z.shape) > 0.3).astype(float)
    targets[rng.random(z.shape) < 0.05] = np.nan
    race = Attribute("race", ("Asian", "Black", "White"), rng.choice(3, patients, p=[0.02, 0.3, 0.68])[codes])
    sex = Attribute("sex", ("F", "M"), rng.choice([-1, 0, 1], patients, p=[0.1, 0.45, 0.45])[codes])
    return targets, np.round(1 / (1 + np.exp(-z)), 2), codes, [race, sex]


def run(targets, probabilities, patients, attributes, thresholds=THRESHOLDS, replicates=60):
    bootstrap = PatientBootstrap(patients, replicates=replicates)
    return diagnosis.scores(evaluate(targets, probabilities, thresholds, NAMES, attributes, bootstrap))


def one(scores, metric, target, attribute=None, group=None):
    found = [s for s in scores if (s.metric, s.target, s.attribute, s.group) == (metric, target, attribute, group)]
    assert len(found) == 1
    return found[0]


REFERENCES = {
    "auroc": lambda y, p, threshold: roc_auc_score(y, p),
    "auprc": lambda y, p, threshold: average_precision_score(y, p),
    "brier": lambda y, p, threshold: brier_score_loss(y, p),
    "sensitivity": lambda y, p, threshold: recall_score(y, p >= threshold),
    "specificity": lambda y, p, threshold: recall_score(y, p >= threshold, pos_label=0),
    "selection_rate": lambda y, p, threshold: np.mean(p >= threshold),
}


@pytest.mark.parametrize("metric", REFERENCES)
def test_values_are_scikit_learns_over_everyone_and_in_every_group(metric):
    targets, probabilities, patients, attributes = cohort()
    scores = run(targets, probabilities, patients, attributes)
    groups = [(None, None, np.ones(len(targets), bool))]
    groups += [(a.name, name, a.codes == g) for a in attributes for g, name in enumerate(a.groups) if name != "Asian"]
    for attribute, group, inside in groups:
        values = []
        for t, target in enumerate(NAMES):
            rows = inside & ~np.isnan(targets[:, t])
            score = one(scores, metric, target, attribute, group)
            values.append(REFERENCES[metric](targets[rows, t], probabilities[rows, t], THRESHOLDS[t]))
            assert score.value == pytest.approx(values[-1], abs=1e-12)
            assert (score.n, score.patients) == (rows.sum(), len(set(patients[rows])))
            assert score.low <= score.value <= score.high
        assert one(scores, metric, "macro", attribute, group).value == pytest.approx(np.mean(values), abs=1e-12)


def test_intervals_are_those_of_the_patient_bootstrap_on_the_rows_that_count():
    targets, probabilities, patients, attributes = cohort()
    score = one(run(targets, probabilities, patients, attributes), "auroc", "opacity", "race", "Black")
    rows = np.flatnonzero((attributes[0].codes == 1) & ~np.isnan(targets[:, 1]))
    sample = Sample(probabilities[rows, 1], targets[rows, 1] == 1)
    interval = PatientBootstrap(patients, replicates=60).interval(lambda weights: auroc(sample, weights), rows)
    assert (score.value, score.low, score.high) == pytest.approx((interval.value, interval.low, interval.high))


def test_the_order_of_images_changes_nothing_at_all():
    targets, probabilities, patients, attributes = cohort()
    order = np.random.default_rng(1).permutation(len(targets))
    shuffled = [Attribute(a.name, a.groups, a.codes[order]) for a in attributes]
    assert run(targets[order], probabilities[order], patients[order], shuffled) == run(
        targets, probabilities, patients, attributes
    )


def test_unknown_labels_and_unknown_groups_count_nowhere():
    targets, probabilities, patients, attributes = cohort()
    changed = np.where(np.isnan(targets), 1 - probabilities, probabilities)
    assert run(targets, changed, patients, attributes) == run(targets, probabilities, patients, attributes)
    scores = run(targets, probabilities, patients, attributes)
    known = (attributes[1].codes >= 0) & ~np.isnan(targets[:, 0])
    assert known.sum() == sum(one(scores, "auroc", "effusion", "sex", g).n for g in ("F", "M"))
    assert known.sum() < one(scores, "auroc", "effusion").n


def test_a_small_group_is_marked_with_its_numbers_and_not_guessed():
    targets, probabilities, patients, attributes = cohort()
    inside = (attributes[0].codes == 0) & ~np.isnan(targets[:, 0])
    positive = int(targets[inside, 0].sum())
    scores = run(targets, probabilities, patients, attributes)
    for score in scores:
        if score.group == "Asian":
            assert (score.value, score.low, score.high) == (None, None, None)
    assert one(scores, "brier", "effusion", "race", "Asian").note == (
        f"too small to score: {len(set(patients[inside]))} patients, {positive} positive and "
        f"{inside.sum() - positive} negative images with a known label (needed: 20 patients, 10 images of each class)"
    )
    assert one(scores, "brier", "macro", "race", "Asian").note == (
        "no mean over targets: not scored on effusion, opacity, no finding"
    )


@pytest.mark.parametrize(("positives", "scored"), [(9, False), (10, True)])
def test_a_group_needs_ten_images_of_each_class(positives, scored):
    n = 100
    labels = np.zeros((2 * n, 3))
    labels[: positives * 2] = 1  # even rows are group A
    probabilities = np.random.default_rng(0).random((2 * n, 3))
    attribute = Attribute("sex", ("A", "B"), np.arange(2 * n) % 2)
    for targets in (labels, 1 - labels):
        score = one(run(targets, probabilities, np.arange(2 * n), [attribute]), "auroc", "opacity", "sex", "A")
        assert (score.value is not None) == scored


@pytest.mark.parametrize(("patients", "scored"), [(19, False), (20, True)])
def test_a_group_needs_twenty_patients(patients, scored):
    targets, probabilities, *_ = cohort()
    n = 200
    codes = np.arange(n) % 2
    attribute = Attribute("sex", ("A", "B"), codes)
    ids = np.where(codes == 0, np.arange(n) // 2 % patients, 1000 + np.arange(n))
    targets = np.nan_to_num(targets[:n])
    score = one(run(targets, probabilities[:n], ids, [attribute]), "auroc", "opacity", "sex", "A")
    assert (score.value is not None) == scored


def test_a_target_without_both_classes_is_left_out_of_the_macro_and_named():
    targets, probabilities, patients, attributes = cohort()
    targets[:, 1] = np.where(np.isnan(targets[:, 1]), np.nan, 0)
    scores = run(targets, probabilities, patients, attributes, np.array([0.6, np.nan, 0.4]))
    gone, macro = one(scores, "auroc", "opacity"), one(scores, "auroc", "macro")
    assert gone.value is None
    assert gone.note.startswith(f"undefined: {gone.patients} patients, 0 positive and {gone.n} negative images")
    both = [one(scores, "auroc", target).value for target in ("effusion", "no finding")]
    assert macro.value == pytest.approx(np.mean(both))
    assert macro.note == "mean over targets without opacity"
    assert one(scores, "auroc", "macro", "sex", "F").note == "mean over targets without opacity"
    assert one(scores, "brier", "opacity").value is not None
    assert one(scores, "specificity", "opacity").note.startswith("no threshold")


def test_an_unlabelled_target_is_marked():
    targets, probabilities, patients, attributes = cohort()
    targets[:, 0] = np.nan
    score = one(run(targets, probabilities, patients, attributes), "brier", "effusion")
    assert (score.value, score.n, score.patients) == (None, 0, 0)
    assert score.note == "too small to score: 0 patients, 0 positive and 0 negative images with a known label"


def test_a_group_that_lacks_a_target_others_have_gets_no_macro_value():
    targets, probabilities, patients, _ = cohort()
    race = Attribute("race", ("A", "B", "C"), patients % 3)
    targets[race.codes == 2, 0] = 0
    scores = run(targets, probabilities, patients, [race])
    assert one(scores, "auroc", "macro", "race", "A").value is not None
    assert one(scores, "auroc", "macro", "race", "C").value is None
    assert one(scores, "auroc", "macro", "race", "C").note == "no mean over targets: not scored on effusion"


def test_a_target_only_one_group_is_scored_on_is_left_out_of_the_groups_macro_only():
    targets, probabilities, patients, _ = cohort()
    race = Attribute("race", ("A", "B", "C"), patients % 3)
    targets[race.codes > 0, 0] = 0
    scores = run(targets, probabilities, patients, [race])
    for group in "ABC":
        macro = one(scores, "auroc", "macro", "race", group)
        others = [one(scores, "auroc", target, "race", group).value for target in ("opacity", "no finding")]
        assert macro.value == pytest.approx(np.mean(others))
        assert macro.note == "mean over targets without effusion"
    assert one(scores, "auroc", "effusion", "race", "A").value is not None
    assert one(scores, "auroc", "macro").note is None


def test_the_calibration_error_lies_within_its_interval_though_noise_raises_every_replicate():
    """Perfectly calibrated predictions: the percentiles alone would lie above the value itself."""
    rng = np.random.default_rng(0)
    probabilities = rng.random((120, 3))
    targets = (rng.random((120, 3)) < probabilities).astype(float)
    scores = run(targets, probabilities, np.arange(120), [], replicates=500)
    for target in (*NAMES, "macro"):
        score = one(scores, "ece", target)
        assert 0 <= score.low < score.value < score.high


def test_ten_images_of_one_patient_have_a_value_and_no_interval():
    n = 200
    patients = np.where(np.arange(n) < 20, 0, np.arange(n))
    targets = np.repeat((np.arange(n) < 20).astype(float)[:, None], 3, axis=1)
    probabilities = np.random.default_rng(0).random((n, 3))
    score = one(run(targets, probabilities, patients, []), "auroc", "opacity")
    assert score.value is not None
    assert score.low is None
    assert score.note == "no interval: undefined in more than 10% of the bootstrap replicates"


@st.composite
def labelled(draw):
    n = draw(st.integers(2, 30))
    labels = draw(st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=n, max_size=n))
    return np.array([0.0, 1.0, *labels]), np.array(
        draw(st.lists(st.integers(0, 8), min_size=n + 2, max_size=n + 2))
    ) / 8


@given(labelled())
def test_threshold_is_the_lowest_that_maximises_youdens_j(case):
    labels, probabilities = case
    known = ~np.isnan(labels)
    y, p = labels[known], probabilities[known]

    def youden(threshold):
        called = p >= threshold
        return (called & (y == 1)).sum() / (y == 1).sum() - (called & (y == 0)).sum() / (y == 0).sum()

    (chosen,) = diagnosis.choose_thresholds(labels[:, None], probabilities[:, None])
    best = max(youden(candidate) for candidate in p)
    assert chosen in p
    assert youden(chosen) == pytest.approx(best, abs=1e-12)
    assert all(youden(candidate) < best - 1e-9 for candidate in p[p < chosen])


def test_threshold_of_one_class_is_nan():
    targets = np.array([[1, 1, np.nan], [0, 1, np.nan]])
    chosen = diagnosis.choose_thresholds(targets, np.array([[0.7, 0.6, 0.5], [0.2, 0.1, 0.5]]))
    np.testing.assert_array_equal(chosen, [0.7, np.nan, np.nan])


@pytest.mark.parametrize(
    ("probabilities", "message"), [(np.zeros((2, 2)), "of one shape"), (np.full((3, 2), np.nan), "NaN among")]
)
def test_thresholds_of_bad_input_are_refused(probabilities, message):
    with pytest.raises(BenchError, match=message):
        diagnosis.choose_thresholds(np.zeros((3, 2)), probabilities)


def test_thresholds_of_other_patients_are_those_chosen_on_them() -> None:
    rng = np.random.default_rng(0)
    patients = rng.integers(0, 60, 150)
    targets = (rng.random((150, 2)) < 0.4).astype(float)
    targets[rng.random((150, 2)) < 0.1] = np.nan
    probabilities = np.round(rng.random((150, 2)), 2)  # with ties
    drawn = diagnosis.resample_thresholds(targets, probabilities, patients, 40)
    for r, weights in enumerate(np.concatenate([*PatientBootstrap(patients, 40, 1).chunks()], axis=1).T):
        rows = np.repeat(np.arange(150), weights.astype(int))
        np.testing.assert_array_equal(drawn[:, r], diagnosis.choose_thresholds(targets[rows], probabilities[rows]))


def test_a_replicate_of_one_class_gives_no_threshold() -> None:
    targets, p = np.array([[1.0], [0.0]]), np.array([[0.9], [0.1]])
    drawn = diagnosis.resample_thresholds(targets, p, np.array([0, 1]), 50)[0]
    assert set(drawn[~np.isnan(drawn)]) == {0.9}
    assert np.isnan(drawn).any()
