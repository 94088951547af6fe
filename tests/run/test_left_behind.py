"""What a finished run has left in its folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file
from sklearn.metrics import roc_auc_score

from bench import records, training
from bench.records import PROTECTED, Record, ScoreFile
from bench.run import execution, plan
from tests.places import ROOT
from tests.run.conftest import config


def test_scores_agree_with_the_predictions_that_were_kept(
    tiny_runs: Path, tiny_record: Record, tiny_scores: ScoreFile
) -> None:
    folder = next(records.folders(tiny_runs))
    predictions = pd.read_parquet(folder / "predictions.parquet")
    test = predictions[predictions["split"] == "test"]
    for target in tiny_record.run.task.targets:
        wanted = roc_auc_score(test[f"true_{target}"], test[f"logit_{target}"])
        assert tiny_scores.find.value("auroc", target=target) == pytest.approx(wanted)
    assert len(np.load(folder / "features.npy", allow_pickle=False)) == len(predictions)
    assert tiny_record.run.data.images["test"] == len(test) == tiny_scores.head.n
    assert test["patient"].nunique() == tiny_scores.head.patients


def test_influence_values_are_those_of_the_patients_whose_hash_they_bear(
    tiny_runs: Path, tiny_record: Record, tiny_scores: ScoreFile
) -> None:
    folder = next(records.folders(tiny_runs))
    influence = pd.read_parquet(records.influence_path(records.path_of(tiny_scores, folder)))
    predictions = pd.read_parquet(folder / "predictions.parquet")
    test = predictions[predictions["split"] == "test"]
    for target in tiny_record.run.task.targets:
        loss = (1 / (1 + np.exp(-test[f"logit_{target}"].astype(float))) - test[f"true_{target}"]) ** 2
        wanted = ((loss - loss.mean()) / len(loss)).groupby(test["patient"]).sum()
        found = influence[f"brier/target={target}"]
        np.testing.assert_allclose(found[wanted.index], wanted, atol=1e-7)
    labels = {score.label for score in tiny_scores.scores}
    assert set(influence) <= labels
    assert len(influence) == tiny_scores.head.patients
    assert {"auroc/target=macro", "decodability/attribute=race/layer=features"} <= set(influence)
    np.testing.assert_allclose(influence.sum(), 0, atol=1e-4)


def test_no_file_of_a_run_names_a_patient(tiny_runs: Path) -> None:
    cohort = plan(config(tiny_runs)).cohort
    patients = {name.encode() for name in cohort.table["patient"]}
    files = [path for path in tiny_runs.rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        content = path.read_bytes()
        assert not any(patient in content for patient in patients), path
    # What is compressed shows no text: its ids are looked at by themselves.
    for path in tiny_runs.rglob("*.parquet"):
        table = pd.read_parquet(path).reset_index()
        assert not set(table["patient"]) & set(cohort.table["patient"]), path
    predictions = pd.read_parquet(next(tiny_runs.rglob("predictions.parquet")))
    # Rows of one patient stay together under the hash.
    assert predictions["patient"].nunique() == cohort.table[cohort.table["split"] != "train"]["patient"].nunique()


def test_all_that_was_promised_is_scored(tiny_record: Record, tiny_scores: ScoreFile) -> None:
    metrics = {score.metric for score in tiny_scores.scores}
    assert {"auroc", "auprc", "brier", "ece", "sensitivity", "specificity", "worst_auroc", "auroc_gap"} <= metrics
    assert {"equalized_odds_difference", "demographic_parity_difference", "underdiagnosis_rate"} <= metrics
    attributes = {score.attribute for score in tiny_scores.scores}
    assert {None, "race", "sex", "age_group", "race x sex"} <= attributes
    for layer in ("features", "outputs"):
        for reference in (None, "untrained"):
            read = tiny_scores.find.one("decodability", layer=layer, attribute=PROTECTED, reference=reference)
            assert read is not None
            assert read.low <= read.value <= read.high
    assert tiny_record.run.data.synthetic
    moved = tiny_scores.find.one("counterfactual_effect", target="macro", attribute="race")
    assert moved is not None
    assert 0 < moved.low < moved.value < moved.high < 1
    assert moved.n == tiny_record.run.data.images["test"]


def test_the_weights_are_safetensors(tiny_runs: Path) -> None:
    weights = load_file(next(tiny_runs.rglob(training.WEIGHTS)))
    assert "head.weight" in weights
    assert not list(tiny_runs.rglob("*.ckpt"))


def test_the_environment_is_recorded_without_paths(tiny_record: Record) -> None:
    text = tiny_record.run.model_dump_json() + "".join(file.model_dump_json() for file in tiny_record.files)
    for made in (tiny_record.run, *tiny_record.files):
        assert "torch" in made.environment["packages"]
    assert str(Path(execution.__file__).parent) not in text
    assert str(ROOT) not in text
