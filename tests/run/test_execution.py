from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file
from sklearn.metrics import roc_auc_score

from bench import training
from bench.config import compose
from bench.errors import BenchError
from bench.records import Record
from bench.run import execution as runs
from bench.run import plan, run
from bench.scoring import scorer
from bench.task import Reading
from tests.conftest import TINY
from tests.networks import fresh
from tests.places import ROOT
from tests.tasks_for_tests import replaced_dataset


def config(folder: Path, *more: str):  # type: ignore[no-untyped-def]
    return compose([*TINY, "method=erm", f"runs_dir={folder}", *more])


def comparable(record: Record) -> dict[str, object]:
    """A record without what differs from run to run on purpose."""
    return record.model_dump(exclude={"created": True, "seconds": True, "environment": True, "training": {"seconds"}})


def test_the_same_command_again_returns_the_record_without_work(
    tiny_runs: Path, tiny_record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "fit", None)
    monkeypatch.setattr(training, "predict", None)
    outcome = run(config(tiny_runs))
    assert outcome.existed
    assert outcome.record == tiny_record


def test_the_same_seed_twice_gives_identical_scores(tmp_path: Path, tiny_record: Record) -> None:
    assert comparable(run(config(tmp_path)).record) == comparable(tiny_record)


def test_the_order_of_the_images_changes_nothing(
    tmp_path: Path, tiny_record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shuffled(dataset):  # type: ignore[no-untyped-def]
        def read(root, options):  # type: ignore[no-untyped-def]
            reading = dataset.read(root, options)
            return Reading(reading.table.sample(frac=1, random_state=1), reading.excluded)

        return dataclasses.replace(dataset, read=read)

    replaced_dataset(monkeypatch, shuffled)
    assert comparable(run(config(tmp_path)).record) == comparable(tiny_record)


def test_scores_agree_with_the_predictions_that_were_kept(tiny_runs: Path, tiny_record: Record) -> None:
    folder = next(tiny_runs.rglob("record.json")).parent
    predictions = pd.read_parquet(folder / "predictions.parquet")
    test = predictions[predictions["split"] == "test"]
    for target in tiny_record.task.targets:
        wanted = roc_auc_score(test[f"true_{target}"], test[f"logit_{target}"])
        assert tiny_record.score("auroc", target=target).value == pytest.approx(wanted)
    assert len(np.load(folder / "features.npy", allow_pickle=False)) == len(predictions)
    assert tiny_record.data.images["test"] == len(test)


def test_no_file_of_a_run_names_a_patient(tiny_runs: Path) -> None:
    cohort = plan(config(tiny_runs)).cohort
    patients = {name.encode() for name in cohort.table["patient"]}
    files = [path for path in tiny_runs.rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        content = path.read_bytes()
        assert not any(patient in content for patient in patients), path
    predictions = pd.read_parquet(next(tiny_runs.rglob("predictions.parquet")))
    # Rows of one patient stay together under the hash.
    assert predictions["patient"].nunique() == cohort.table[cohort.table["split"] != "train"]["patient"].nunique()


def test_all_that_was_promised_is_scored(tiny_record: Record) -> None:
    metrics = {score.metric for score in tiny_record.scores if score.split == "test"}
    assert {"auroc", "auprc", "brier", "ece", "sensitivity", "specificity", "worst_auroc", "auroc_gap"} <= metrics
    assert {"equalized_odds_difference", "demographic_parity_difference", "underdiagnosis_rate"} <= metrics
    attributes = {score.attribute for score in tiny_record.scores}
    assert {None, "race", "sex", "age_group", "race x sex"} <= attributes
    for view in ("penultimate", "outputs"):
        for reference in (None, "untrained"):
            found = [
                s for s in tiny_record.scores if (s.metric, s.view, s.reference) == ("decodability", view, reference)
            ]
            assert any(s.split == "test" and s.value is not None and s.low <= s.value <= s.high for s in found)
    assert tiny_record.data.synthetic
    moved = tiny_record.score("counterfactual_effect", target="macro", attribute="race")
    assert 0 < moved.low < moved.value < moved.high < 1
    assert moved.n == tiny_record.data.images["test"]


@pytest.mark.parametrize(
    "change",
    [
        "seed=1",
        "method.lr=0.001",
        "trainer.max_epochs=3",
        "task.bias.prevalence=0.05",
        "task.targets=[effusion]",
        "method=group_dro",
    ],
)
def test_whatever_determines_the_result_changes_the_id(tiny_runs: Path, change: str) -> None:
    assert plan(config(tiny_runs, change)).id != plan(config(tiny_runs)).id


@pytest.mark.parametrize("change", ["runs_dir=elsewhere", "logger=csv", "cache_dir=elsewhere", "trainer.workers=1"])
def test_what_does_not_determine_it_does_not(tiny_runs: Path, change: str) -> None:
    assert plan(config(tiny_runs, change)).id == plan(config(tiny_runs)).id


def test_a_run_scored_on_val_is_not_trained_again_for_test(
    tmp_path: Path, tiny_record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    val = run(config(tmp_path), ["val"]).record
    assert val.scored == ["val"]
    assert {score.split for score in val.scores} == {"val"}
    monkeypatch.setattr(training, "fit", None)
    outcome = run(config(tmp_path))
    assert not outcome.existed
    assert comparable(outcome.record) == comparable(tiny_record)


def test_other_scoring_is_made_from_the_same_weights(
    tiny_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(config(tmp_path)).record
    monkeypatch.setattr(training, "fit", None)
    second = run(config(tmp_path, "scoring.replicates=120")).record
    assert second.id == first.id
    assert second.scoring["replicates"] == 120
    assert second.score("auroc", target="macro").value == first.score("auroc", target="macro").value


def test_scoring_val_anew_keeps_the_test_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(config(tmp_path))
    monkeypatch.setattr(training, "fit", None)
    record = run(config(tmp_path, "scoring.replicates=110"), ["val"]).record
    assert record.scored == ["val", "test"]
    assert {score.split for score in record.scores} == {"val", "test"}


@pytest.mark.parametrize(("method", "flags"), [("erm", []), ("tests/cheats/random_features.py", ["RANDOMISED"])])
def test_stages_are_read_on_test_and_a_randomised_network_is_flagged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, flags: list[str]
) -> None:
    seen, twins = {}, {}
    score = runs.scoring.score

    def only_diagnosis(computed, untrained, cohort, splits, *args, **options):  # type: ignore[no-untyped-def]
        seen.update(computed)
        twins.update(options["twins"])
        return score(computed, untrained, cohort, [], *args, **options)

    monkeypatch.setattr(runs.scoring, "score", only_diagnosis)
    path = method if method == "erm" else ROOT / method
    outcome = run(compose([*TINY, f"method={path}", "trainer.max_epochs=1", f"runs_dir={tmp_path}"]))
    assert outcome.record.flags == flags
    assert {split: found.randomised for split, found in seen.items()} == dict.fromkeys(("val", "test"), bool(flags))
    # Its twins, too, are averages.
    assert [found.randomised for found in twins.values()] == [bool(flags)] * 3
    assert seen["val"].stages == {}
    n = outcome.record.data.images["test"]
    assert {name: stage.shape for name, stage in seen["test"].stages.items()} == {
        "stage 1": (n, 16),
        "stage 2": (n, 32),
        "stage 3": (n, 128),
    }
    assert not outcome.record.method.reference


BY_RACE = """
import torch
from bench.method import Method

class ByRace(Method):
    \"\"\"Says the race it is told, and nothing of the image.\"\"\"

    uses_race = "test"

    def predict_step(self, batch, batch_idx=0):
        logits = batch.groups.float()[:, None].expand(-1, len(self.spec.targets))
        return logits, torch.zeros(len(logits), 1, device=logits.device)
"""


def test_a_network_that_is_told_race_is_told_the_twins(tmp_path: Path) -> None:
    (tmp_path / "by_race.py").write_text(BY_RACE)
    planned = plan(compose([*TINY, f"method={tmp_path / 'by_race.py'}", f"runs_dir={tmp_path}"]))
    method = fresh(planned)
    part = planned.cohort.part("test")
    found = runs._predict_twins(planned, method, part, once=False)
    assert [set(np.unique(outputs.logits)) for outputs in found.values()] == [{0.0}, {1.0}, {2.0}]
    assert list(found) == list(part.spec.groups)


def test_the_twin_of_an_images_own_race_is_the_image(tiny_runs: Path) -> None:
    planned = plan(config(tiny_runs))
    method = fresh(planned)
    part = planned.cohort.part("test")
    found = runs._predict_twins(planned, method, part, once=True)
    pixels = planned.open_images(planned.cohort).pixels
    factual = training.predict(method, part, pixels, "cpu").logits
    own = np.stack([outputs.logits for outputs in found.values()])[part.groups, np.arange(len(part))]
    np.testing.assert_allclose(own, factual, atol=1e-6)


def test_the_oracle_sees_no_race_and_its_outputs_do_not_move(
    tmp_path: Path, tiny_record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorer._Reader, "scores", lambda *args, **options: ([], []))
    monkeypatch.setattr(runs.os, "cpu_count", lambda: 1)  # few images: no worker has to start
    outcome = run(compose([*TINY, "method=oracle", "trainer.max_epochs=1", f"runs_dir={tmp_path}"]))
    record = outcome.record
    moved = [score for score in record.scores if score.metric.startswith("counterfactual")]
    assert {(score.value, score.low, score.high) for score in moved} == {(0.0, 0.0, 0.0)}
    # Its patients, labels and groups are those of every other run: it stands in the same table.
    assert record.data == tiny_record.data
    assert (record.method.race_free, record.method.reference) == (True, True)
    kept = pd.read_parquet(outcome.folder / "predictions.parquet")
    cohort = plan(config(tmp_path)).cohort.part("test")
    assert kept[kept["split"] == "test"]["race"].tolist() == cohort.table["race"].tolist()


def test_race_free_images_make_another_run(tiny_runs: Path) -> None:
    plain = plan(config(tiny_runs))
    free = dataclasses.replace(plain, method=type("Erm", (plain.method,), {"race_free": True}))
    assert free.id != plain.id
    assert free.images_fingerprint == plain.images_fingerprint


def test_the_oracle_needs_a_data_set_that_can_leave_race_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    oracle = [*TINY, "method=oracle", f"runs_dir={tmp_path / 'runs'}"]
    with pytest.raises(BenchError, match="images that do not show sex, and data set 'phantom' cannot"):
        run(compose([*oracle, "task.protected=sex"]))
    replaced_dataset(monkeypatch, lambda dataset: dataclasses.replace(dataset, twin=None))
    with pytest.raises(BenchError, match="images that do not show race, and data set 'phantom' cannot"):
        run(compose(oracle))
    assert not (tmp_path / "runs").exists()


def test_without_twins_there_is_no_counterfactual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scorer._Reader, "scores", lambda *args, **options: ([], []))
    record = run(config(tmp_path, "trainer.max_epochs=1", "task.protected=sex")).record
    assert not [score for score in record.scores if "counterfactual" in score.metric]


def test_a_damaged_record_names_its_file(tmp_path: Path) -> None:
    folder = plan(config(tmp_path)).folder
    folder.mkdir(parents=True)
    (folder / "record.json").write_text(json.dumps({"schema_version": 1}))
    with pytest.raises(BenchError, match=r"record\.json is not a record"):
        run(config(tmp_path))


def test_a_runs_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BenchError, match="runs_dir="):
        run(config(tmp_path / "file"))


def test_two_processes_at_one_run(tmp_path: Path) -> None:
    from filelock import FileLock

    planned = plan(config(tmp_path))
    planned.folder.mkdir(parents=True)
    with FileLock(planned.folder / ".lock"), pytest.raises(BenchError, match="Another process"):
        run(config(tmp_path))


def test_the_weights_are_safetensors(tiny_runs: Path) -> None:
    weights = load_file(next(tiny_runs.rglob(training.WEIGHTS)))
    assert "head.weight" in weights
    assert not list(tiny_runs.rglob("*.ckpt"))


def test_the_environment_is_recorded_without_paths(tiny_record: Record) -> None:
    text = tiny_record.model_dump_json()
    assert "torch" in tiny_record.environment["packages"]
    assert str(Path(runs.__file__).parent) not in text


def test_studies_are_scored_by_the_mean_over_their_images(tiny_runs: Path, tmp_path: Path, tiny_record: Record) -> None:
    folder = Path(shutil.copytree(tiny_runs, tmp_path / "runs"))
    outcome = run(config(folder, "scoring.unit=study"))
    record = outcome.record
    assert record.scoring["unit"] == "study"
    assert record.training == tiny_record.training
    kept = pd.read_parquet(outcome.folder / "predictions.parquet")
    assert len(kept[kept["split"] == "test"]) == tiny_record.score("auroc", target="macro").n
    part = plan(config(folder)).cohort.part("test")
    test = kept[kept["split"] == "test"].assign(study=part.table["study"].to_numpy())
    for target in record.task.targets:
        p = 1 / (1 + np.exp(-test[f"logit_{target}"].astype(float)))
        by_study = pd.DataFrame({"p": p, "y": test[f"true_{target}"]}).groupby(test["study"])
        expected = roc_auc_score(by_study["y"].max(), by_study["p"].mean())
        assert record.score("auroc", target=target).value == pytest.approx(expected)
        assert record.score("auroc", target=target).n == test["study"].nunique() < len(test)
