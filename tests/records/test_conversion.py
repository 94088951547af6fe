from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import records
from bench.errors import BenchError
from bench.leaderboard import build
from bench.leaderboard.comparable import Key
from bench.leaderboard.rows import entries
from bench.records import Record, ScoreFile
from bench.records.conversion import Converted, convert
from tests.records import schema1

#: What a score is, in both schemas, and what a view was called.
SAME = ("metric", "value", "low", "high", "n", "patients", "target", "attribute", "group", "reference", "level", "note")
LAYERS = {"penultimate": "features", "outputs": "outputs", "stage 1": "block 1", "stage 2": "block 2", None: None}


def silent(_: str) -> None:
    pass


def place(runs: Path, old: dict[str, Any]) -> Path:
    """The folder of a run that was recorded as this."""
    folder = runs / "cxr" / "phantom" / "erm" / str(old["id"])
    folder.mkdir(parents=True)
    (folder / "record.json").write_text(json.dumps(old, indent=1))
    return folder


def converted(runs: Path, old: dict[str, Any]) -> Record:
    folder = place(runs, old)
    convert(runs, silent)
    return records.read(folder)


def by_place(record: Record) -> dict[str, ScoreFile]:
    found = {file.head.place: file for file in record.files}
    assert len(found) == len(record.files)
    return dict(found)


def assert_same(file: ScoreFile, old: list[dict[str, Any]]) -> None:
    assert [{name: getattr(score, name) for name in SAME} for score in file.scores] == [
        {name: score[name] for name in SAME} for score in old
    ]
    assert [score.layer for score in file.scores] == [LAYERS[score["view"]] for score in old]
    for new, score in zip(file.scores, old, strict=True):
        # A probe was what a score is of in one metric alone; elsewhere it was the one chosen.
        own = score["metric"] == "decodability_probe"
        assert (new.probe, new.read_by) == ((score["probe"], None) if own else (None, score["probe"]))


def test_every_number_is_carried_over(tmp_path: Path) -> None:
    old = schema1.record()
    record = converted(tmp_path, old)
    run = json.loads(record.run.model_dump_json())
    for name in ("id", "created", "method", "task", "data", "backbone", "seed", "trainer", "training", "environment"):
        # What a record of now says besides, old ones had no place for.
        then = {"method": {"tuning": ""}, "data": {"options": {}}, "training": {"cost": None}}.get(name, {})
        assert run[name] == (old[name] if not then else old[name] | then), name
    assert run["seconds"] == {"images": 1.5, "training": 12.5}
    files = by_place(record)
    for split in ("val", "test"):
        assert_same(files[split], [score for score in old["scores"] if score["split"] == split])
    (other,) = old["external"]
    assert_same(files["elsewhere"], other["scores"])
    assert files["elsewhere"].data is not None
    assert json.loads(files["elsewhere"].data.model_dump_json()) == other["data"] | {"options": {}}
    assert sum(len(file.scores) for file in record.files) == len(old["scores"]) + len(other["scores"])


def test_what_files_say_of_themselves(tmp_path: Path) -> None:
    files = by_place(converted(tmp_path, schema1.record()))
    shared = {
        "layers": "features",
        "dataset": "phantom",
        "synthetic": True,
        "protected": "race",
        "unit": "image",
        "scoring": 1,
        "suite": 1,
    }
    home = {
        **shared,
        "data": "da7a",
        "split": "split of da7a",
        "groups": ["Asian", "Black", "White"],
        "targets": ["effusion", "no_finding"],
    }
    assert files["val"].head.model_dump() == {**home, "arena": "val", "place": "val", "n": 100, "patients": 60}
    assert files["test"].head.model_dump() == {**home, "arena": "test", "place": "test", "n": 130, "patients": 80}
    assert files["elsewhere"].head.model_dump() == {
        **shared,
        "arena": "phantom, site south",
        "place": "elsewhere",
        "data": "fea7",
        "split": "split of fea7",
        "groups": ["Black", "White"],
        "targets": ["effusion"],
        "n": 60,
        "patients": 44,
    }
    assert files["val"].flags == ["RANDOMISED"]
    assert files["test"].flags == [
        "RANDOMISED",
        "INSUFFICIENT",
        "features: PLANT_MISSED",
        "outputs: CONTROL_LEAK",
        "block 1: UNDERPOWERED",
    ]
    assert files["elsewhere"].flags == ["features: UNDERPOWERED"]
    assert {file.replicates for file in files.values()} == {1000}
    assert {file.created for file in files.values()} == {"2026-01-01T00:00:00+00:00"}


def test_scores_by_study_are_named_and_counted_as_such(tmp_path: Path) -> None:
    record = converted(tmp_path, schema1.record(unit="study", external=False))
    files = by_place(record)
    assert [(file.head.arena, file.head.unit, file.head.n, file.head.patients) for file in record.files] == [
        ("test by study", "study", 90, 80),
        ("val by study", "study", 70, 60),
    ]
    assert record.of("test") is None
    assert record.of("test", "study") == files["test"]


def test_a_record_of_val_patients_alone(tmp_path: Path) -> None:
    record = converted(tmp_path, schema1.record(scored=("val",), external=False))
    assert [file.head.arena for file in record.files] == ["val"]


def test_converted_twice_does_nothing(tmp_path: Path) -> None:
    folder, said = place(tmp_path, schema1.record()), []
    before = (folder / "record.json").read_bytes()
    (made,) = convert(tmp_path, said.append)
    assert made == Converted(folder, ("val.1.json", "test.1.json", "phantom_site_south-d2c385.1.json"))
    assert len(said) == 1
    assert str(folder) in said[0]
    assert {path.name for path in (folder / "scores").iterdir()} == set(made.files)
    assert (folder / "record.schema-1.json").read_bytes() == before
    assert not (folder / "record.json").exists()
    there = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}
    assert convert(tmp_path, said.append) == []
    assert len(said) == 1
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in there} == there


def test_what_was_killed_goes_on_and_scores_made_since_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed before run.json: written anew. Killed behind it: all is there, and the file is only put aside."""
    folder = place(tmp_path, schema1.record())

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("bench.records.store.write_run", killed)
        with pytest.raises(KeyboardInterrupt):
            convert(tmp_path, silent)
    assert (folder / "record.json").exists()
    with pytest.raises(BenchError, match="bench convert"):
        records.read_all(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            convert(tmp_path, silent)
    found = by_place(records.read(folder))
    newer = found["test"].model_copy(update={"replicates": 200})
    path = records.path_of(newer, folder)
    path.write_text(newer.model_dump_json())
    convert(tmp_path, silent)
    assert by_place(records.read(folder))["test"].replicates == 200
    assert not (folder / "record.json").exists()


BROKEN: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no JSON": lambda old: '{"schema_version": 1, "id": ',
    "another schema": lambda old: {**old, "schema_version": 3},
    "a list": lambda old: [old],
    "no scores": lambda old: {name: value for name, value in old.items() if name != "scores"},
    "no method": lambda old: {**old, "method": None},
    "a field too many": lambda old: {**old, "data": {**old["data"], "colour": "red"}},
    "rows that do not add up": lambda old: {
        **old,
        "data": {**old["data"], "attrition": {**old["data"]["attrition"], "rows": 1}},
    },
    "a score without a number": lambda old: {**old, "scores": [{**old["scores"][0], "n": "many"}, *old["scores"][1:]]},
    "scores of text": lambda old: {**old, "scores": ["auroc"]},
    "flags of numbers": lambda old: {**old, "flags": [1]},
    "a view that is a number": lambda old: {**old, "scores": [{**old["scores"][-2], "view": 7}]},
    "another set without data": lambda old: {**old, "external": [{**old["external"][0], "data": {}}]},
    "a unit that there is not": lambda old: {**old, "scoring": {**old["scoring"], "unit": "patient"}},
    "no count of images": lambda old: {**old, "data": {**old["data"], "images": {}}},
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_record_is_refused_by_name_and_left_as_it_was(kind: str, tmp_path: Path) -> None:
    good = place(tmp_path, schema1.record(id="0"))
    folder = place(tmp_path, schema1.record(id="1"))
    broken = BROKEN[kind](copy.deepcopy(schema1.record(id="1")))
    (folder / "record.json").write_text(broken if isinstance(broken, str) else json.dumps(broken))
    before = (folder / "record.json").read_bytes()
    with pytest.raises(BenchError) as error:
        convert(tmp_path, silent)
    assert str(folder / "record.json") in str(error.value)
    assert "left as it is" in str(error.value)
    assert "\n" not in str(error.value)
    assert [path.name for path in folder.iterdir()] == ["record.json"]
    assert (folder / "record.json").read_bytes() == before
    # Those before it are converted.
    assert records.read(good).run.id == "0"


def test_records_that_are_not_converted_say_what_converts_them(tmp_path: Path) -> None:
    place(tmp_path, schema1.record())
    with pytest.raises(BenchError, match=rf"1 runs .*schema version 1.*`bench convert runs_dir={tmp_path}`"):
        records.read_all(tmp_path)


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="runs_dir="):
        convert(tmp_path / "none", silent)


def test_leaderboards_of_converted_records(tmp_path: Path) -> None:
    """By image and by study each in a table of its own, with a column of the other set."""
    runs, out = tmp_path / "runs", tmp_path / "out"
    place(runs, schema1.record())
    place(runs, schema1.record(unit="study", external=False, id="1"))
    convert(runs, silent)
    found = records.read_all(runs)
    build(found, out, silent)
    pages = [page.read_text() for page in out.rglob("leaderboard.md")]
    assert len(pages) == 2
    for entry in entries(found):
        key = Key.of(entry)
        (page,) = [page for page in pages if f"| Key | {key.digest} |" in page]
        auroc = entry.test.find.value("auroc", target="macro")
        assert f"{auroc:.3f}" in page
        assert f"{entry.test.head.n} images" in page or f"{entry.test.head.n} studies" in page
        assert ("AUROC on phantom, site south" in page) == (key.unit == "image")
