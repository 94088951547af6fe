"""The walk of a run: what it leaves behind, what determines it, and that no work is done twice or lost."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file
from sklearn.metrics import roc_auc_score

from bench import records, training
from bench.config import RunConfig, compose
from bench.data.cohorts import twins
from bench.errors import BenchError
from bench.leaderboard import build
from bench.leaderboard.rows import entries
from bench.records import PROTECTED, Record, ScoreFile
from bench.run import arenas, execution, plan, run
from bench.run.arenas import Arena
from bench.run.network import Network
from bench.run.planning import Run
from bench.scoring import VERSION, Computed, Scored, choose_thresholds
from bench.scoring.suites import SUITES, V1
from bench.task import Reading
from tests.conftest import TINY
from tests.places import ROOT
from tests.tasks_for_tests import replaced_dataset


def config(folder: Path, *more: str) -> RunConfig:
    return compose([*TINY, "method=erm", f"runs_dir={folder}", *more])


@pytest.fixture
def copied(tiny_runs: Path, tmp_path: Path) -> Path:
    """A copy of the runs folder with the trained and scored run."""
    return Path(shutil.copytree(tiny_runs, tmp_path / "runs"))


def by_arena(record: Record) -> dict[str, ScoreFile]:
    return {f"{file.head.arena}.{file.head.suite}": file for file in record.files}


def comparable(record: Record) -> list[object]:
    """A record without what differs from run to run on purpose."""
    made = {"created": True, "seconds": True, "environment": True}
    files = [file.model_dump(exclude=made) for file in record.files]
    return [record.run.model_dump(exclude={**made, "training": {"seconds"}}), *files]


def test_the_same_command_again_returns_the_record_without_work(
    tiny_runs: Path, tiny_record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("fit", "predict", "load"):
        monkeypatch.setattr(training, name, None)
    outcome = run(config(tiny_runs))
    assert outcome.existed
    assert outcome.record == tiny_record


def test_the_same_seed_gives_identical_scores_and_val_patients_first_change_nothing(
    tmp_path: Path, tiny_record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run scored on val is not trained again for test, and ends as one that was scored on both at once."""
    val = run(config(tmp_path), ["val"]).record
    assert [file.head.place for file in val.files] == ["val"]
    monkeypatch.setattr(training, "fit", None)
    outcome = run(config(tmp_path))
    assert not outcome.existed
    assert outcome.record.run == val.run
    assert by_arena(outcome.record)["val.1"] == val.files[0]
    assert comparable(outcome.record) == comparable(tiny_record)


def test_the_order_of_the_images_changes_nothing(
    tmp_path: Path, tiny_record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shuffled(dataset):  # type: ignore[no-untyped-def]
        def read(root, options):  # type: ignore[no-untyped-def]
            reading = dataset.read(root, options)
            return Reading(reading.table.sample(frac=1, random_state=1), reading.excluded)

        changed = dataclasses.replace(dataset, read=read)
        # Another reader is another phantom, whose runs have other ids: here it is to pass for the same.
        changed.__dict__["identity"] = dataset.identity
        return changed

    replaced_dataset(monkeypatch, shuffled)
    assert comparable(run(config(tmp_path)).record) == comparable(tiny_record)


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


def test_other_scoring_is_made_from_the_same_weights(
    copied: Path, tiny_record: Record, few_probes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "fit", None)
    record = run(config(copied, "scoring.replicates=120")).record
    assert record.run == tiny_record.run
    before, after = by_arena(tiny_record), by_arena(record)
    assert set(after) == set(before)
    for name, file in after.items():
        assert (file.replicates, file.head) == (120, before[name].head)
        (one, other) = (found.find.one("auroc", target="macro") for found in (before[name], file))
        assert one is not None
        assert other is not None
        assert one.value == other.value
        assert one.low != other.low


def test_scoring_val_anew_keeps_the_test_scores(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "fit", None)
    (test,) = copied.rglob("test.1.json")
    before = test.read_bytes()
    record = run(config(copied, "scoring.replicates=110"), ["val"]).record
    assert {name: file.replicates for name, file in by_arena(record).items()} == {"val.1": 110, "test.1": 100}
    assert test.read_bytes() == before


@pytest.mark.parametrize(("method", "flags"), [("erm", []), ("tests/cheats/random_features.py", ["RANDOMISED"])])
def test_blocks_are_read_on_test_and_a_randomised_network_is_flagged(
    tmp_path: Path, few_probes: None, monkeypatch: pytest.MonkeyPatch, method: str, flags: list[str]
) -> None:
    seen: dict[str, Computed] = {}

    def watched(network: Network, arena: Arena, opened):  # type: ignore[no-untyped-def]
        found, seen[arena.name] = compute(network, arena, opened)
        return found, seen[arena.name]

    compute = Network.compute
    monkeypatch.setattr(Network, "compute", watched)
    path = method if method == "erm" else ROOT / method
    outcome = run(compose([*TINY, f"method={path}", "trainer.max_epochs=1", f"runs_dir={tmp_path}"]))
    assert [[f for f in file.flags if f == "RANDOMISED"] for file in outcome.record.files] == [flags, flags]
    assert {name: one.outputs.randomised for name, one in seen.items()} == dict.fromkeys(("val", "test"), bool(flags))
    # Its twins, too, are averages.
    twins = seen["test"].twins
    assert twins is not None
    assert [found.randomised for found in twins.values()] == [bool(flags)] * 3
    # Nothing but the network itself is read on val patients.
    assert (seen["val"].outputs.blocks, seen["val"].untrained, seen["val"].twins) == ({}, None, None)
    n = outcome.record.run.data.images["test"]
    assert {name: block.shape for name, block in seen["test"].outputs.blocks.items()} == {
        "block 1": (n, 16),
        "block 2": (n, 32),
        "block 3": (n, 128),
    }
    assert not outcome.record.run.method.reference


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


def on_test(planned: Run) -> Computed:
    """What an untrained network of this run computes on test patients."""
    method = planned.build()
    (arena,) = arenas.of(planned, ["test"])
    return Network(planned, method).compute(arena, arena.open())[1]


def test_a_network_that_is_told_race_is_told_the_twins(tmp_path: Path) -> None:
    (tmp_path / "by_race.py").write_text(BY_RACE)
    planned = plan(compose([*TINY, f"method={tmp_path / 'by_race.py'}", f"runs_dir={tmp_path}"]))
    found = on_test(planned).twins
    assert found is not None
    assert [set(np.unique(outputs.logits)) for outputs in found.values()] == [{0.0}, {1.0}, {2.0}]
    assert list(found) == list(planned.cohort.spec.groups)


def test_the_twin_of_an_images_own_race_is_the_image(tiny_runs: Path) -> None:
    planned = plan(config(tiny_runs))
    found = on_test(planned)
    part = planned.cohort.part("test")
    assert found.twins is not None
    own = np.stack([outputs.logits for outputs in found.twins.values()])[part.groups, np.arange(len(part))]
    np.testing.assert_array_equal(own, found.outputs.logits)


def test_a_twin_that_is_the_image_is_not_predicted_again_and_the_others_are_what_they_were(
    tiny_runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan(config(tiny_runs))
    predict, asked = training.predict, []

    def watched(method, cohort, *rest, **more):  # type: ignore[no-untyped-def]
        asked.append(cohort)
        return predict(method, cohort, *rest, **more)

    monkeypatch.setattr(training, "predict", watched)
    found, part = on_test(planned), planned.cohort.part("test")
    assert found.twins is not None
    names = part.spec.groups
    others = [cohort for cohort in asked if set(cohort.table["race"]) <= {cohort.table["race"].iloc[0]}]
    assert {cohort.table["race"].iloc[0]: len(cohort) for cohort in others} == {
        name: int((part.groups != code).sum()) for code, name in enumerate(names)
    }
    made = [twins.twin(part, planned.dataset, name) for name in names]
    blocks = np.split(planned.open_images(twins.joined(made)).pixels, len(made))
    for name, twin, pixels in zip(names, made, blocks, strict=True):
        whole = predict(planned.build(), twin, pixels, once=True)
        np.testing.assert_allclose(found.twins[name].logits, whole.logits, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(found.twins[name].features, whole.features, rtol=1e-5, atol=1e-6)


def test_what_is_kept_says_which_half_of_val_and_val_is_scored_on_the_one_half(
    tmp_path: Path, few_probes: None
) -> None:
    asked = config(tmp_path, "task.patients=700", "trainer.max_epochs=1")
    outcome, planned = run(asked), plan(asked)
    kept = pd.read_parquet(outcome.folder / "predictions.parquet")
    halves = planned.val
    parts = {"fitting": halves.fitting, "choosing": halves.choosing}
    assert kept[kept["split"] == "test"]["part"].isna().all()
    val = kept[kept["split"] == "val"]
    assert val["part"].value_counts().to_dict() == {name: len(part) for name, part in parts.items()}
    key = records.patient_key(tmp_path)
    for name, part in parts.items():
        hashes = records.keyed_hashes(key, part.table["image"])
        assert val[val["part"] == name]["image"].tolist() == hashes
    assert len(np.load(outcome.folder / "features.npy", allow_pickle=False)) == len(kept)
    scored = outcome.record.of("val")
    assert scored is not None
    assert (scored.head.n, scored.head.patients) == (len(halves.choosing), halves.choosing.table["patient"].nunique())
    chosen = val[val["part"] == "choosing"]
    # Val is scored on what is reported.
    reported = chosen.get("reported_effusion", chosen["true_effusion"])
    wanted = roc_auc_score(reported, chosen["logit_effusion"])
    assert scored.find.value("auroc", target="effusion") == pytest.approx(wanted)
    (arena,) = arenas.of(planned, ["test"])
    network = Network(planned, planned.build())
    training.load(network.method, outcome.folder / training.WEIGHTS)
    thresholds = choose_thresholds(halves.choosing, network.on_val[1])
    np.testing.assert_array_equal(network.compute(arena, arena.open())[1].thresholds, thresholds)


def test_the_oracle_sees_no_race_and_its_outputs_do_not_move(
    tmp_path: Path, tiny_record: Record, few_probes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)  # few images: no worker has to start
    outcome = run(compose([*TINY, "method=oracle", "trainer.max_epochs=1", f"runs_dir={tmp_path}"]))
    test = outcome.record.of("test")
    assert test is not None
    moved = [score for score in test.scores if score.metric.startswith("counterfactual")]
    assert {(score.value, score.low, score.high) for score in moved} == {(0.0, 0.0, 0.0)}
    # Its patients, labels and groups are those of every other run: it stands in the same table.
    made, info = outcome.record.run, outcome.record.run.method
    assert made.data == tiny_record.run.data
    assert (info.race_free, info.reference) == (True, True)
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


def test_without_twins_there_is_no_counterfactual(tmp_path: Path, few_probes: None) -> None:
    record = run(config(tmp_path, "trainer.max_epochs=1", "task.protected=sex")).record
    assert not [score for file in record.files for score in file.scores if "counterfactual" in score.metric]


def test_a_damaged_record_names_its_file(tmp_path: Path) -> None:
    folder = plan(config(tmp_path)).folder
    folder.mkdir(parents=True)
    (folder / "run.json").write_text('{"schema_version": 2}')
    with pytest.raises(BenchError, match=r"run\.json is not a run"):
        run(config(tmp_path))


def test_a_suite_that_there_is_not_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"scoring.suites=\[1, 99\]: no suite has version 99\..*Available: 1"):
        run(config(tmp_path / "runs", "scoring.suites=[1,99]"))
    assert not (tmp_path / "runs").exists()


def test_what_is_not_trained_is_not_trained_where_it_may_not_be(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no trained network"):
        run(config(tmp_path / "runs"), train=False)
    assert not (tmp_path / "runs").exists()


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
    text = tiny_record.run.model_dump_json() + "".join(file.model_dump_json() for file in tiny_record.files)
    for made in (tiny_record.run, *tiny_record.files):
        assert "torch" in made.environment["packages"]
    assert str(Path(execution.__file__).parent) not in text
    assert str(ROOT) not in text


def test_studies_are_scored_by_the_mean_over_their_images(
    copied: Path, tiny_record: Record, tiny_scores: ScoreFile, few_probes: None
) -> None:
    """In files of their own, beside those by image, which stay as they were."""
    outcome = run(config(copied, "scoring.unit=study"))
    record = outcome.record
    assert record.run == tiny_record.run
    by_study = record.of("test", "study")
    assert by_study is not None
    assert by_study == outcome.scores(config(copied, "scoring.unit=study"))
    found = by_arena(record)
    assert set(found) == {"val.1", "test.1", "val by study.1", "test by study.1"}
    assert {name: found[name] for name in ("val.1", "test.1")} == by_arena(tiny_record)
    kept = pd.read_parquet(outcome.folder / "predictions.parquet")
    assert len(kept[kept["split"] == "test"]) == tiny_scores.head.n
    part = plan(config(copied)).cohort.part("test")
    test = kept[kept["split"] == "test"].assign(study=part.table["study"].to_numpy())
    for target in record.run.task.targets:
        p = 1 / (1 + np.exp(-test[f"logit_{target}"].astype(float)))
        rows = pd.DataFrame({"p": p, "y": test[f"true_{target}"]}).groupby(test["study"])
        expected = roc_auc_score(rows["y"].max(), rows["p"].mean())
        score = by_study.find.one("auroc", target=target)
        assert score is not None
        assert score.value == pytest.approx(expected)
        assert score.n == by_study.head.n == test["study"].nunique() < len(test)
    # Each unit is a table of its own, and no number of one stands in the other's.
    build([record], copied / "out", lambda _: None)
    pages = [page.read_text() for page in (copied / "out").rglob("leaderboard.md")]
    assert sorted("| Scored | studies |" in page for page in pages) == [False, True]


def second_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second suite of linear probes alone."""
    monkeypatch.setitem(SUITES, 2, dataclasses.replace(V1, version=2, probes=V1.linear))  # type: ignore[arg-type]


def killed_before(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kill the process when it is about to write the file of scores of this name."""
    write = records.write_scores

    def dies(file: ScoreFile, influence: pd.DataFrame, folder: Path) -> None:
        if records.path_of(file, folder).name == name:
            raise SystemExit
        write(file, influence, folder)

    monkeypatch.setattr(records, "write_scores", dies)


def test_a_run_killed_between_two_files_of_scores_goes_on_with_what_is_missing(
    tmp_path: Path, few_probes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = config(tmp_path, "trainer.max_epochs=1")
    with monkeypatch.context() as patch:
        killed_before("test.1.json", patch)
        with pytest.raises(SystemExit):
            run(asked)
    folder = plan(asked).folder
    assert [path.name for path in (folder / "scores").glob("*.json")] == ["val.1.json"]
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    # What else is kept of test patients was there before their scores would have been.
    assert {folder / "predictions.parquet", folder / "features.npy", folder / "run.json"} <= set(before)
    monkeypatch.setattr(training, "fit", None)
    outcome = run(asked)
    assert not outcome.existed
    assert set(by_arena(outcome.record)) == {"val.1", "test.1"}
    after = {path for path in folder.rglob("*") if path.is_file()}
    assert {path.name for path in after - set(before)} == {"test.1.json", "test.1.influence.parquet", "scores.png"}
    assert {path: path.read_bytes() for path in before} == before


def test_two_suites_stand_side_by_side_and_one_is_added_alone(
    copied: Path, tiny_record: Record, few_probes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    second_suite(monkeypatch)
    monkeypatch.setattr(training, "fit", None)
    asked = config(copied, "scoring.suites=[1,2]")
    with monkeypatch.context() as patch:
        killed_before("test.2.json", patch)
        with pytest.raises(SystemExit):
            run(asked)
    (folder,) = records.folders(copied)
    assert sorted(path.name for path in (folder / "scores").glob("*.json")) == [
        "test.1.json",
        "val.1.json",
        "val.2.json",
    ]
    before = {path: path.read_bytes() for path in (folder / "scores").iterdir()}
    made: list[int] = []

    def watched(computed: Computed, suite, *rest, **more) -> Scored:  # type: ignore[no-untyped-def]
        made.append(suite.version)
        return score(computed, suite, *rest, **more)

    score = execution.score
    monkeypatch.setattr(execution, "score", watched)
    outcome = run(asked)
    assert made == [2]
    found = by_arena(outcome.record)
    assert set(found) == {"val.1", "test.1", "val.2", "test.2"}
    assert {name: found[name] for name in ("val.1", "test.1")} == by_arena(tiny_record)
    assert {path: path.read_bytes() for path in before} == before
    assert outcome.scores(asked) == found["test.2"]
    assert run(config(copied)).existed
    assert run(config(copied)).scores(config(copied)) == found["test.1"]
    # The diagnosis is no suite's.
    one, two = (found[f"test.{suite}"].find.one("auroc", target="macro") for suite in (1, 2))
    assert one == two
    # Each suite is a table of its own, and no row is of both.
    build([outcome.record], copied / "out", lambda _: None)
    pages = [page.read_text() for page in (copied / "out").rglob("leaderboard.md")]
    versions = [[version for version in (1, 2) if f"| Scoring suite | version {version} |" in page] for page in pages]
    assert sorted(versions) == [[1], [2]]
    assert all(page.count("| erm<br>") == 1 for page in pages)


def test_a_newer_version_of_scoring_scores_anew_and_shares_no_table_with_the_older(
    copied: Path, tiny_runs: Path, tiny_record: Record, few_probes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "fit", None)
    monkeypatch.setattr("bench.run.arenas.VERSION", VERSION + 1)
    outcome = run(config(copied))
    assert not outcome.existed
    assert {file.head.scoring for file in outcome.record.files} == {VERSION + 1}
    assert run(config(copied)).existed
    # A copy of the run that was scored before has a table of its own.
    assert len(entries([tiny_record, outcome.record])) == 2
    build([tiny_record, outcome.record], copied / "out", lambda _: None)
    pages = [page.read_text() for page in (copied / "out").rglob("leaderboard.md")]
    both = (VERSION, VERSION + 1)
    versions = [[version for version in both if f"| Scoring | version {version} |" in page] for page in pages]
    assert sorted(versions) == [[VERSION], [VERSION + 1]]
    assert all(page.count("| erm<br>") == 1 for page in pages)


def test_scores_of_another_run_in_the_folder_are_refused(copied: Path) -> None:
    (path,) = copied.rglob("test.1.json")
    (folder,) = records.folders(copied)
    path.write_text(path.read_text().replace(folder.name, "0123456789abcdef", 1))
    for again in (lambda: run(config(copied)), lambda: records.read_all(copied)):
        with pytest.raises(BenchError, match=r"test\.1\.json holds scores of run 0123456789abcdef"):
            again()
