from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from bench import records
from bench.errors import BenchError
from bench.records import Record, RunRecord, Score, ScoreFile
from bench.records.hashes import identity
from bench.records.store import write_record
from bench.scoring.catalogue import BY_KEY
from tests.records.samples import file

NOTHING = pd.DataFrame(index=pd.Index([], name="patient"))


@pytest.fixture
def folder(tiny_record: Record, tmp_path: Path) -> Path:
    """A folder of the tiny run without files of scores."""
    made = tmp_path / "run"
    made.mkdir()
    records.write_run(tiny_record.run, made)
    return made


def test_a_record_comes_back_as_it_was_written(tiny_record: Record, folder: Path) -> None:
    for found in tiny_record.files:
        records.write_scores(found, NOTHING, folder)
    # In the order of their names.
    assert records.read(folder) == tiny_record
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert names == [
        "run.json",
        "scores/test.2.influence.parquet",
        "scores/test.2.json",
        "scores/val.2.influence.parquet",
        "scores/val.2.json",
    ]


def test_fields_that_came_later_have_defaults(tiny_record: Record, folder: Path) -> None:
    """Where they are not written, there was nothing to say."""
    old = json.loads(tiny_record.run.model_dump_json())
    assert old["data"].pop("true_labels")
    (folder / records.RUN).write_text(json.dumps(old))
    data = tiny_record.run.data.model_copy(update={"true_labels": []})
    assert records.read(folder).run == tiny_record.run.model_copy(update={"data": data})


@pytest.mark.parametrize("text", ["", "{}", '{"schema_version": 99}', '{"schema_version": 1}', "not json", "[]"])
@pytest.mark.parametrize(("name", "what"), [("run.json", "run"), ("scores/test.2.json", "file of scores")])
def test_what_is_no_record_is_named(text: str, name: str, what: str, folder: Path) -> None:
    (folder / "scores").mkdir()
    (folder / name).write_text(text)
    with pytest.raises(BenchError, match=rf"{name} is not a {what} of schema version 2"):
        records.read_all(folder)


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="runs_dir="):
        records.read_all(tmp_path / "none")


def test_records_of_other_tasks_are_left_out(tiny_runs: Path) -> None:
    assert len(records.read_all(tiny_runs, "cxr")) == 1
    assert records.read_all(tiny_runs, "skin") == []


def test_scores_of_another_run_are_refused_and_left_where_they_are(tiny_record: Record, folder: Path) -> None:
    """A file that was copied into the folder, under whatever name, says whose scores it holds."""
    records.write_scores(file(tiny_record.run.id), NOTHING, folder)
    elsewhere = folder.parent / "other"
    elsewhere.mkdir()
    records.write_scores(file("0123456789abcdef"), NOTHING, elsewhere)
    copied = folder / "scores" / "mine.json"
    shutil.copy(elsewhere / "scores" / "test.1.json", copied)
    with pytest.raises(
        BenchError, match=rf"mine\.json holds scores of run 0123456789abcdef, not of {tiny_record.run.id}"
    ):
        records.read_all(folder)
    assert copied.exists()


def test_scores_are_written_whole_or_not_at_all(
    tiny_record: Record, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = file(tiny_record.run.id, Score(metric="auroc", value=0.5, n=1))
    records.write_scores(old, NOTHING, folder)

    def fails(*_: object) -> None:
        raise OSError("power cut")

    monkeypatch.setattr("bench.files.os.fsync", fails)
    with pytest.raises(OSError, match="power cut"):
        records.write_scores(file(tiny_record.run.id, Score(metric="auroc", value=0.7, n=1)), NOTHING, folder)
    assert records.read(folder).files == (old,)
    assert sorted(path.name for path in (folder / "scores").iterdir()) == ["test.1.influence.parquet", "test.1.json"]


def test_what_a_killed_process_left_half_written_is_no_file_of_scores(tiny_record: Record, folder: Path) -> None:
    records.write_scores(file(tiny_record.run.id), NOTHING, folder)
    (folder / "scores" / ".partial-val.1.json").write_text('{"schema_version": 2, "run": "')
    assert records.read(folder).files == (file(tiny_record.run.id),)


def test_influence_values_stand_beside_their_scores(tiny_record: Record, folder: Path) -> None:
    table = pd.DataFrame({"auroc/target=macro": [0.25, -0.25]}, index=pd.Index(["a", "b"], name="patient"))
    records.write_scores(file(tiny_record.run.id), table, folder)
    path = records.influence_path(records.path_of(file(tiny_record.run.id), folder))
    pd.testing.assert_frame_equal(pd.read_parquet(path), table.astype("float32"))
    record = records.read(folder)
    found = record.influence(record.files[0])
    assert found is not None
    pd.testing.assert_frame_equal(found, table.astype("float32"))
    # Of a record that was not read from disk, or was converted, there are none.
    assert Record(record.run, record.files).influence(record.files[0]) is None
    path.unlink()
    assert record.influence(record.files[0]) is None


@pytest.mark.parametrize("damage", ["text", "cut", "twice", "nan"])
def test_influence_values_that_are_none_are_named(damage: str, tiny_record: Record, folder: Path) -> None:
    table = pd.DataFrame({"auroc/target=macro": [0.25, -0.25]}, index=pd.Index(["a", "b"], name="patient"))
    if damage == "twice":
        table.index = pd.Index(["a", "a"], name="patient")
    if damage == "nan":
        table.iloc[0] = float("nan")
    records.write_scores(file(tiny_record.run.id), table, folder)
    path = records.influence_path(records.path_of(file(tiny_record.run.id), folder))
    if damage == "text":
        path.write_text("influence")
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    record = records.read(folder)
    with pytest.raises(BenchError, match=rf"{path.name} holds no influence values"):
        record.influence(record.files[0])


@pytest.mark.parametrize(
    ("arena", "name"),
    [
        ("test", "test.1.json"),
        ("test by study", "test_by_study.1.json"),
        ("nih_cxr14", "nih_cxr14.1.json"),
        ("phantom, site south", f"phantom_site_south-{identity('phantom, site south')[:6]}.1.json"),
    ],
)
def test_a_file_of_scores_is_named_after_its_arena_and_suite(arena: str, name: str, tmp_path: Path) -> None:
    assert records.score_path(tmp_path, arena, 1) == tmp_path / "scores" / name
    assert records.score_path(tmp_path, arena, 2) != records.score_path(tmp_path, arena, 1)


def test_names_that_no_file_can_bear_are_told_apart(tmp_path: Path) -> None:
    names = ["ours, site a/b", "ours, site a:b", "ours site a b", "ours, site ../a", "ours, site é", "site=1", "site 1"]
    paths = {records.score_path(tmp_path, name, 1) for name in names}
    assert len(paths) == len(names)
    assert {path.parent for path in paths} == {tmp_path / "scores"}


class TestRecord:
    def record(self, run: RunRecord, *files: ScoreFile) -> Record:
        return Record(run, files)

    def test_the_newest_suite_counts_unless_one_is_named(self, tiny_record: Record) -> None:
        one, two = (file("r", suite=suite) for suite in (1, 2))
        record = self.record(tiny_record.run, one, two)
        assert record.of("test") == two
        assert record.of("test", suite=1) == one
        assert record.of("test", suite=3) is None

    def test_the_unit_and_the_place_are_those_asked_for(self, tiny_record: Record) -> None:
        images, studies = file("r"), file("r", arena="test by study", unit="study")
        other = file("r", arena="phantom, site south", place="elsewhere")
        record = self.record(tiny_record.run, images, studies, other)
        assert record.of("test") == images
        assert record.of("test", "study") == studies
        assert record.of("val") is None

    def test_what_stands_beside_scores_elsewhere_was_made_as_they_were(self, tiny_record: Record) -> None:
        def elsewhere(arena: str, **head: object) -> ScoreFile:
            return file("r", arena=arena, place="elsewhere", **head)

        alike = elsewhere("a")
        others = (elsewhere("a", suite=2), elsewhere("b by study", unit="study"), elsewhere("c", scoring=2))
        record = self.record(tiny_record.run, file("r"), alike, *others)
        assert record.elsewhere(file("r")) == (alike,)
        assert record.elsewhere(file("r", unit="study")) == others[1:2]


def test_a_record_can_be_written_without_influence_values(tiny_record: Record, tmp_path: Path) -> None:
    write_record(tiny_record.run, tiny_record.files, tmp_path)
    assert records.read(tmp_path) == tiny_record
    assert not list(tmp_path.rglob("*.parquet"))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"value":0.5', '"value":NaN', "value.*finite"),
        ('"value":0.5', '"value":1e999', "value.*finite"),
        ('"low":0.4', '"low":0.7', r"auroc is 0\.5 with limits from 0\.7"),
        ('"metric":"auroc"', '"metric":"aurocc"', r"a score 'aurocc'.*Did you mean 'auroc'"),
    ],
)
def test_an_edited_number_or_name_is_refused_by_name(
    old: str, new: str, words: str, tiny_record: Record, folder: Path
) -> None:
    found = file(tiny_record.run.id, Score(metric="auroc", value=0.5, low=0.4, high=0.6, n=1))
    records.write_scores(found, NOTHING, folder)
    path = records.path_of(found, folder)
    text = found.model_dump_json()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(BenchError, match=rf"(?s)test\.1\.json.*{words}") as caught:
        records.read_all(folder, metrics={"auroc"})
    assert "\n" not in str(caught.value)


def test_every_score_of_a_run_has_a_name_of_the_catalogue(tiny_runs: Path, tiny_record: Record) -> None:
    assert records.read_all(tiny_runs, metrics=BY_KEY) == [tiny_record]


def test_folders_that_are_called_like_files_are_no_records(tiny_record: Record, folder: Path) -> None:
    for name in ("record.json", "a/run.json", "scores/x.json"):
        (folder / name).mkdir(parents=True)
    assert records.read_all(folder.parent) == [Record(tiny_record.run, ())]
