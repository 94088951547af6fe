"""Which labels the scores of a run are made against, what is scored of which patients, and what is kept of them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import recall_score, roc_auc_score

from bench.records import Scores, outputs
from bench.records.outputs import Outputs
from bench.scoring import Computed, Scored, choose_thresholds, score, score_to_choose
from bench.scoring.decodability import flags
from tests.data.cohorts.test_building import build, table
from tests.scoring.decodability.samples import QUICK


@pytest.fixture(scope="module")
def mislabelled():
    """A cohort whose findings are missed in one of five, and a network that sees them as they are."""
    given = table()
    rng = np.random.default_rng(0)
    true = given["effusion"].to_numpy()
    cohort = build(given.assign(true_effusion=true, effusion=true * (rng.random(len(true)) > 0.2)))
    found = {}
    for split in ("val", "test"):
        part = cohort.part(split)
        logits = (2 * part.truth - 1 + rng.normal(size=part.truth.shape)).astype(np.float32)
        found[split] = Outputs(logits, rng.normal(size=(len(part), 3)).astype(np.float32))
    return cohort, found


def computed(mislabelled, split, **more):
    cohort, found = mislabelled
    thresholds = choose_thresholds(cohort.part("val"), found["val"])
    given = {"outputs": found[split], "thresholds": thresholds, "columns": range(len(thresholds))}
    return Computed(cohort.part(split), **(given | more))


@pytest.fixture(scope="module")
def on_test(mislabelled) -> Scored:
    return score(computed(mislabelled, "test"), QUICK, replicates=10)


@pytest.fixture(scope="module")
def on_val(mislabelled) -> Scored:
    return score_to_choose(computed(mislabelled, "val"), QUICK, replicates=10)


def test_test_patients_are_scored_on_the_truth_and_val_patients_on_what_is_reported(mislabelled, on_test, on_val):
    cohort, found = mislabelled
    thresholds = choose_thresholds(cohort.part("val"), found["val"])
    scores = {"val": Scores(on_val.scores, "race"), "test": Scores(on_test.scores, "race")}

    def one(metric, split, group=None):
        return scores[split].one(metric, target="effusion", attribute="race" if group else None, group=group).value

    for split, labels in (("val", cohort.part("val").targets), ("test", cohort.part("test").truth)):
        p = found[split].probabilities[:, 0]
        assert one("auroc", split) == pytest.approx(roc_auc_score(labels[:, 0], p))
        assert one("sensitivity", split) == pytest.approx(recall_score(labels[:, 0], p >= thresholds[0]))
    test = cohort.part("test")
    black = test.groups == test.spec.groups.index("Black")
    expected = roc_auc_score(test.truth[black, 0], found["test"].probabilities[black, 0])
    assert one("auroc", "test", "Black") == pytest.approx(expected)
    reported = roc_auc_score(test.targets[:, 0], found["test"].probabilities[:, 0])
    assert abs(one("auroc", "test") - reported) > 0.02


def test_whoever_chooses_sees_linear_probes_and_no_group(on_val):
    assert {found.metric for found in on_val.scores if found.layer} == {
        "decodability",
        "decodability_ovr",
        "decodability_worst_pair",
        "decodability_hand_till",
        "decodability_linear",
        "decodability_probe",
    }
    assert {found.probe for found in on_val.scores if found.metric == "decodability_probe"} == {"ridge"}
    assert all(found.layer for found in on_val.scores if found.attribute)


def test_every_layer_is_read_and_references_stand_beside(mislabelled):
    _, found = mislabelled
    features, logits = found["test"].features, found["test"].logits
    more = {
        "outputs": Outputs(logits, features, {"block 1": features[:, :2]}, randomised=True),
        "untrained": Outputs(logits[::-1].copy(), features[::-1].copy()),
    }
    made = score(computed(mislabelled, "test", **more), QUICK, replicates=10, leace=True)
    read = [(found.layer, found.reference) for found in made.scores if found.metric == "decodability"]
    assert read == [
        ("network", None),
        ("features", None),
        ("outputs", None),
        ("block 1", None),
        ("network", "true labels"),
        ("network", "untrained"),
        ("features", "untrained"),
        ("outputs", "untrained"),
        ("network", "leace"),
        ("features", "leace"),
    ]
    controls = {(found.layer, found.reference) for found in made.scores if found.metric == "decodability_null"}
    assert controls == {("features", "permuted")}
    assert "RANDOMISED" in made.flags
    assert {flags.split(flag)[0] for flag in made.flags} <= {None, "features", "outputs"}


def test_stored_features_and_the_deepest_richer_block_count_and_shallower_ones_stand_beside(mislabelled):
    _, found = mislabelled
    features, logits = found["test"].features, found["test"].logits
    rng = np.random.default_rng(0)
    blocks = {"block 1": rng.normal(size=(len(features), 6)), "block 2": rng.normal(size=(len(features), 5))}
    blocks["block 3"] = logits @ rng.normal(size=(logits.shape[1], 9))  # no richer than the outputs
    made = score(computed(mislabelled, "test", outputs=Outputs(logits, features, blocks, stored=features)), QUICK, 10)
    head = next(one for one in made.scores if one.metric == "decodability" and one.layer == "network")
    for layer in ("features (", "outputs (", "features, stored (", "block 2 ("):
        assert layer in head.note
    assert "block 1" not in head.note
    assert "block 3" not in head.note
    layers = {one.layer for one in made.scores if one.metric == "decodability" and not one.reference}
    assert layers == {"network", "features", "features, stored", "outputs", *blocks}
    assert "BOTTLENECK" not in made.flags


def test_features_that_are_no_richer_than_the_outputs_are_a_bottleneck_and_void_a_claim(mislabelled):
    _, found = mislabelled
    logits = found["test"].logits
    made = score(computed(mislabelled, "test", outputs=Outputs(logits, 3 * logits + 1)), QUICK, 10)
    assert "BOTTLENECK" in made.flags
    assert {one.value for one in made.scores if one.metric == "removal"} <= {0.0, None}


def test_nothing_is_claimed_of_a_network_that_does_not_diagnose(mislabelled):
    _, found = mislabelled
    noise = np.random.default_rng(5).normal(size=found["test"].logits.shape).astype(np.float32)
    made = score(computed(mislabelled, "test", outputs=Outputs(noise, found["test"].features)), QUICK, 10)
    notes = [one.note for one in made.scores if one.metric == "removal"]
    assert notes
    assert all(note.startswith("diagnosis lost: ") for note in notes)


def test_a_set_that_lacks_a_target_is_scored_on_the_outputs_it_has(mislabelled, on_test):
    cohort, found = mislabelled
    wide = Outputs(np.insert(found["test"].logits, 0, 9.0, axis=1), found["test"].features)
    thresholds = np.r_[0.5, choose_thresholds(cohort.part("val"), found["val"])]
    made = score(computed(mislabelled, "test", outputs=wide, thresholds=thresholds, columns=[1, 2]), QUICK, 10)
    diagnosis = [found for found in made.scores if found.layer is None]
    assert diagnosis == [found for found in on_test.scores if found.layer is None]


def test_predictions_keep_both_labels_where_they_are_told_apart(mislabelled, tmp_path):
    cohort, found = mislabelled
    outputs.write(
        [outputs.Kept(split, None, cohort.part(split), one) for split, one in found.items()], b"key", tmp_path
    )
    kept = pd.read_parquet(tmp_path / outputs.PREDICTIONS)
    parts = [cohort.part(split) for split in found]
    for i, target in enumerate(cohort.spec.targets):
        np.testing.assert_array_equal(kept[f"true_{target}"], np.concatenate([part.truth[:, i] for part in parts]))
    np.testing.assert_array_equal(kept["reported_effusion"], np.concatenate([part.targets[:, 0] for part in parts]))
    assert "reported_no_finding" not in kept
