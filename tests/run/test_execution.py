"""The walk of a run: no work is done twice, and none is lost."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from bench import records, training
from bench.errors import BenchError
from bench.leaderboard import build
from bench.leaderboard.rows import entries
from bench.records import Record, ScoreFile
from bench.run import plan, run, scoring
from bench.scoring import VERSION, Computed, Scored
from bench.task import Reading
from tests.run.conftest import by_arena, config, second_suite
from tests.tasks_for_tests import replaced_dataset


def comparable(record: Record) -> list[object]:
    """A record without what differs from run to run on purpose."""
    made = {"created": True, "seconds": True, "environment": True}
    measured = {"seconds": True, "cost": {"seconds", "peak_memory"}}
    files = [file.model_dump(exclude=made) for file in record.files]
    return [record.run.model_dump(exclude={**made, "training": measured}), *files]


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
    assert by_arena(outcome.record)["val.2"] == val.files[0]
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
    (test,) = copied.rglob("test.2.json")
    before = test.read_bytes()
    record = run(config(copied, "scoring.replicates=110"), ["val"]).record
    assert {name: file.replicates for name, file in by_arena(record).items()} == {"val.2": 110, "test.2": 100}
    assert test.read_bytes() == before


def test_a_damaged_record_names_its_file(tmp_path: Path) -> None:
    folder = plan(config(tmp_path)).folder
    folder.mkdir(parents=True)
    (folder / "run.json").write_text('{"schema_version": 2}')
    with pytest.raises(BenchError, match=r"run\.json is not a run"):
        run(config(tmp_path))


def test_a_suite_that_there_is_not_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"scoring.suites=\[2, 99\]: no suite has version 99\..*Available: 2"):
        run(config(tmp_path / "runs", "scoring.suites=[2,99]"))
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
        killed_before("test.2.json", patch)
        with pytest.raises(SystemExit):
            run(asked)
    folder = plan(asked).folder
    assert [path.name for path in (folder / "scores").glob("*.json")] == ["val.2.json"]
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    # What else is kept of test patients was there before their scores would have been.
    assert {folder / "predictions.parquet", folder / "features.npy", folder / "run.json"} <= set(before)
    monkeypatch.setattr(training, "fit", None)
    outcome = run(asked)
    assert not outcome.existed
    assert set(by_arena(outcome.record)) == {"val.2", "test.2"}
    after = {path for path in folder.rglob("*") if path.is_file()}
    assert {path.name for path in after - set(before)} == {"test.2.json", "test.2.influence.parquet", "scores.png"}
    assert {path: path.read_bytes() for path in before} == before


def test_two_suites_stand_side_by_side_and_one_is_added_alone(
    copied: Path, tiny_record: Record, few_probes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    second_suite(monkeypatch)
    monkeypatch.setattr(training, "fit", None)
    asked = config(copied, "scoring.suites=[2,3]")
    with monkeypatch.context() as patch:
        killed_before("test.3.json", patch)
        with pytest.raises(SystemExit):
            run(asked)
    (folder,) = records.folders(copied)
    assert sorted(path.name for path in (folder / "scores").glob("*.json")) == [
        "test.2.json",
        "val.2.json",
        "val.3.json",
    ]
    before = {path: path.read_bytes() for path in (folder / "scores").iterdir()}
    made: list[int] = []

    def watched(computed: Computed, suite, *rest, **more) -> Scored:  # type: ignore[no-untyped-def]
        made.append(suite.version)
        return score(computed, suite, *rest, **more)

    score = scoring.score
    monkeypatch.setattr(scoring, "score", watched)
    outcome = run(asked)
    assert made == [3]
    found = by_arena(outcome.record)
    assert set(found) == {"val.2", "test.2", "val.3", "test.3"}
    assert {name: found[name] for name in ("val.2", "test.2")} == by_arena(tiny_record)
    assert {path: path.read_bytes() for path in before} == before
    assert outcome.scores(asked) == found["test.3"]
    assert run(config(copied)).existed
    assert run(config(copied)).scores(config(copied)) == found["test.2"]
    # The diagnosis is no suite's.
    one, two = (found[f"test.{suite}"].find.one("auroc", target="macro") for suite in (2, 3))
    assert one == two
    # Each suite is a table of its own, and no row is of both.
    build([outcome.record], copied / "out", lambda _: None)
    pages = [page.read_text() for page in (copied / "out").rglob("leaderboard.md")]
    versions = [[version for version in (2, 3) if f"| Scoring suite | version {version} |" in page] for page in pages]
    assert sorted(versions) == [[2], [3]]
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
    (path,) = copied.rglob("test.2.json")
    (folder,) = records.folders(copied)
    path.write_text(path.read_text().replace(folder.name, "0123456789abcdef", 1))
    for again in (lambda: run(config(copied)), lambda: records.read_all(copied)):
        with pytest.raises(BenchError, match=r"test\.2\.json holds scores of run 0123456789abcdef"):
            again()
