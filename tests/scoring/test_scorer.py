"""Which labels the scores of a run are made against; decodability, which sees none, is left out."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import recall_score, roc_auc_score

from bench import scoring
from bench.records import outputs
from bench.records.outputs import Outputs
from bench.scoring.diagnosis import choose_thresholds
from tests.data.cohorts.test_building import build, table


@pytest.fixture
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


def test_test_patients_are_scored_on_the_truth_and_val_patients_on_what_is_reported(mislabelled, monkeypatch):
    cohort, found = mislabelled
    monkeypatch.setattr(scoring._Reader, "scores", lambda *args, **options: ([], []))
    scores, _ = scoring.score(found, None, cohort, ["val", "test"], replicates=10)
    thresholds = choose_thresholds(cohort.part("val").targets, found["val"].probabilities)

    def one(metric, split, group=None):
        attribute = "race" if group else None
        wanted = (metric, "effusion", attribute, group, split)
        (score,) = [s for s in scores if (s.metric, s.target, s.attribute, s.group, s.split) == wanted]
        return score.value

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


def test_predictions_keep_both_labels_where_they_are_told_apart(mislabelled, tmp_path):
    cohort, found = mislabelled
    outputs.write(found, cohort, b"key", tmp_path)
    kept = pd.read_parquet(tmp_path / outputs.PREDICTIONS)
    parts = [cohort.part(split) for split in found]
    for i, target in enumerate(cohort.spec.targets):
        np.testing.assert_array_equal(kept[f"true_{target}"], np.concatenate([part.truth[:, i] for part in parts]))
    np.testing.assert_array_equal(kept["reported_effusion"], np.concatenate([part.targets[:, 0] for part in parts]))
    assert "reported_no_finding" not in kept
