"""``bench score``: what is missing is scored from the weights, and nothing is trained."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from bench import records, training
from bench.errors import BenchError
from bench.records import Record
from bench.run.stored import read_config, score_stored
from tests.conftest import read_with_few_probes
from tests.run.conftest import second_suite


@pytest.fixture(autouse=True)
def _nothing_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "fit", None)
    read_with_few_probes(monkeypatch)


@pytest.fixture
def folder(copied: Path) -> Path:
    return next(records.folders(copied))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}


def another(folder: Path, **changes: object) -> Path:
    """A second run in the folder beside, whose run.json says this."""
    run = json.loads((folder / records.RUN).read_text()) | {"id": "0" * 16} | changes
    made = folder.with_name(str(run["id"]))
    made.mkdir()
    shutil.copy(folder / "config.yaml", made)
    shutil.copy(folder / training.WEIGHTS, made)
    (made / records.RUN).write_text(json.dumps(run))
    return made


def failing(*overrides: str) -> tuple[list[str], str]:
    """What is said of each run, and of all in the end."""
    lines, error = [], ""
    try:
        for line in score_stored(overrides):
            lines.append(line)
    except BenchError as found:
        error = str(found)
    return lines, error


def test_where_nothing_is_missing_nothing_is_done(copied: Path, folder: Path) -> None:
    before = contents(folder)
    assert list(score_stored([f"runs_dir={copied}"])) == [f"{folder}: nothing missing"]
    assert contents(folder) == before


def test_a_suite_is_added_beside_the_one_that_is_there(
    copied: Path, folder: Path, tiny_record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    second_suite(monkeypatch)
    before = contents(folder)
    asked = [f"runs_dir={copied}", "scoring.suites=[2,3]"]
    assert list(score_stored(asked)) == [f"{folder}: test.3.json, val.3.json added"]
    record = records.read(folder)
    assert record.run == tiny_record.run
    assert [file for file in record.files if file.head.suite == 2] == list(tiny_record.files)
    after = contents(folder)
    unchanged = set(before) - {"scores.png"}
    assert {name: after[name] for name in unchanged} == {name: before[name] for name in unchanged}
    assert list(score_stored(asked)) == [f"{folder}: nothing missing"]


def test_another_set_is_scored_on_where_the_runs_lie_now(copied: Path, folder: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere" / "theirs"
    moved.parent.mkdir()
    copied.rename(moved)
    (line,) = score_stored([f"runs_dir={moved.parent}", "test.bias.acquisition=0.5"])
    (there,) = records.folders(moved)
    assert line.startswith(f"{there}: phantom_bias.acquisition=0.5-")
    assert "phantom, bias.acquisition=0.5" in [file.head.arena for file in records.read(there).files]
    # By the key of the folder that they lie in.
    assert not (tmp_path / "elsewhere" / ".patient-key").exists()


def test_a_run_scored_on_val_patients_alone_never_sees_test_patients(copied: Path, folder: Path) -> None:
    """As a sweep's trials are."""
    for path in (folder / "scores").glob("test.*"):
        path.unlink()
    asked = [f"runs_dir={copied}", "scoring.replicates=110", "test.bias.acquisition=0.5"]
    assert list(score_stored(asked)) == [f"{folder}: val.2.json added"]
    assert [file.head.place for file in records.read(folder).files] == ["val"]


def test_a_run_that_was_killed_before_it_was_scored_is_scored_on_all(copied: Path, folder: Path) -> None:
    shutil.rmtree(folder / "scores")
    (folder / "predictions.parquet").unlink()
    assert list(score_stored([f"runs_dir={copied}"])) == [f"{folder}: test.2.json, val.2.json added"]
    assert (folder / "predictions.parquet").exists()


def test_influence_values_that_are_missing_are_made_with_the_scores(copied: Path, folder: Path) -> None:
    """As of records that were converted; the run's own command is content with the scores."""
    (values,) = (folder / "scores").glob("val.*.parquet")
    before = values.read_bytes()
    values.unlink()
    assert list(score_stored([f"runs_dir={copied}"])) == [f"{folder}: val.2.json added"]
    assert values.read_bytes() == before


def test_a_run_that_would_be_another_is_said_and_passed_over_and_others_go_on(
    copied: Path, folder: Path, tiny_record: Record
) -> None:
    run = tiny_record.run
    changed = another(folder, method={**run.method.model_dump(), "code": "0" * 64})
    other_data = another(folder, id="1" * 16, data={**run.data.model_dump(), "fingerprint": "0" * 16})
    of_another = another(folder, id="2" * 16)
    lines = dict(line.split(": ", 1) for line in score_stored([f"runs_dir={copied}", "scoring.replicates=110"]))
    assert lines[str(folder)] == "test.2.json, val.2.json added"
    assert "passed over" in lines[str(changed)]
    assert "the code of method 'erm'" in lines[str(changed)]
    assert "its data are not what the network was trained on" in lines[str(other_data)]
    assert "this version of the program would train another network" in lines[str(of_another)]
    assert not (changed / "scores").exists()


def test_a_site_that_was_trained_on_is_no_test_set(copied: Path, folder: Path) -> None:
    before = contents(folder)
    (line,) = score_stored([f"runs_dir={copied}", "test.site=south"])
    assert "passed over" in line
    assert "test.site=" in line
    assert contents(folder) == before
    assert len(list(records.folders(copied))) == 1


def test_the_precision_it_was_trained_with_is_what_auto_stood_for(copied: Path, folder: Path) -> None:
    """Elsewhere ``auto`` may stand for another, and the network would be taken for another one."""
    told = yaml.safe_load((folder / "config.yaml").read_text())
    told["trainer"]["precision"] = "bf16"
    (folder / "config.yaml").write_text(yaml.safe_dump(told))
    assert list(score_stored([f"runs_dir={copied}"])) == [f"{folder}: nothing missing"]


@pytest.mark.parametrize("choice", ["task=cxr", "method=erm", "seed=0"])
def test_runs_are_chosen(copied: Path, folder: Path, choice: str) -> None:
    assert list(score_stored([f"runs_dir={copied}", choice])) == [f"{folder}: nothing missing"]


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("method=ermm", r"method=ermm\. Did you mean 'erm'\?"),
        ("task=skin", r"task=skin\..* Available: cxr"),
        ("seed=7", r"seed=7\..* Available: 0"),
        ("scoring.suite=1", "'scoring.suite'.*Did you mean 'scoring.suites'"),
        ("scoring.unit=patient", "scoring.unit=patient cannot be used"),
        ("scoring.suites=[7]", "no suite has version 7"),
        ("trainer.max_epochs=3", "bench score takes no option 'trainer.max_epochs'"),
        ("seed=0,1", "several values"),
        ("runs_dir=/nowhere/at/all", "There is no folder /nowhere/at/all"),
    ],
)
def test_what_it_cannot_do_is_said_before_anything_is_done(copied: Path, folder: Path, option: str, words: str) -> None:
    before = contents(folder)
    with pytest.raises(BenchError, match=words):
        list(score_stored([f"runs_dir={copied}", option]))
    assert contents(folder) == before


def test_no_runs(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no runs below"):
        list(score_stored([f"runs_dir={tmp_path}"]))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "config.yaml").unlink(), "There is no .*config.yaml"),
        (lambda folder: (folder / "config.yaml").write_text("- 1"), "config.yaml does not say how a run is made"),
        (lambda folder: (folder / "config.yaml").write_text("a: [b"), "config.yaml does not say how a run is made"),
        (lambda folder: (folder / "config.yaml").write_text("seed: 0"), "config.yaml does not say how a run is made"),
        (lambda folder: (folder / training.WEIGHTS).unlink(), "weights .model.safetensors. are not there"),
        (lambda folder: folder.rename(folder.with_name("mine")), "has to lie in a folder cxr/phantom/erm/"),
        (lambda folder: (folder / "scores" / "val.2.json").write_text("{}"), "val.2.json is not a file of scores"),
    ],
)
def test_what_cannot_be_scored_is_said_and_the_command_fails_in_the_end(
    copied: Path,
    folder: Path,
    damage,
    words: str,  # type: ignore[no-untyped-def]
) -> None:
    other = another(folder, seed=1)
    damage(folder)
    lines, error = failing(f"runs_dir={copied}")
    assert "1 of 2 runs could not be scored" in error
    assert len(lines) == 2
    (said,) = [line for line in lines if not line.startswith(str(other))]
    assert re.search(f"not scored: .*{words}", said), said


def test_a_set_that_the_task_has_not_is_said_of_each_run(copied: Path, folder: Path) -> None:
    (line,), error = failing(f"runs_dir={copied}", "test.dataset=phantm")
    assert "1 of 1 runs could not be scored" in error
    assert "Did you mean 'phantom'" in line


def test_a_config_reads_back_as_what_the_run_was_told(folder: Path, copied: Path) -> None:
    told = read_config(folder)
    assert told.model_dump(mode="json") == yaml.safe_load((folder / "config.yaml").read_text())
