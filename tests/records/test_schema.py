from __future__ import annotations

import json
import math
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bench import records
from bench.errors import BenchError
from bench.records import Record, Score


def test_a_record_comes_back_as_it_was_written(tiny_record: Record, tmp_path: Path) -> None:
    path = records.write(tiny_record, tmp_path)
    assert records.read(path) == tiny_record
    assert [file.name for file in tmp_path.iterdir()] == ["record.json"]


def test_a_record_of_before_reads_as_it_did(tiny_record: Record, tmp_path: Path) -> None:
    """Fields that came later: where they are not written, there was nothing to say."""
    old = json.loads(tiny_record.model_dump_json())
    assert old["data"].pop("true_labels")
    (tmp_path / "record.json").write_text(json.dumps(old))
    data = tiny_record.data.model_copy(update={"true_labels": []})
    assert records.read(tmp_path / "record.json") == tiny_record.model_copy(update={"data": data})


def test_numbers_are_numbers(tiny_record: Record) -> None:
    for score in tiny_record.scores:
        for value in (score.value, score.low, score.high):
            assert value is None or math.isfinite(value)
        assert score.value is not None or score.note


@pytest.mark.parametrize("text", ["", "{}", '{"schema_version": 99}', "not json", "[]"])
def test_what_is_no_record_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "record.json").write_text(text)
    with pytest.raises(BenchError, match=r"record\.json is not a record of schema version 1"):
        records.read_all(tmp_path)


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(ValidationError):
        Score(metric="auroc", value=1.0, n=1, split="test", colour="red")  # type: ignore[call-arg]


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="runs_dir="):
        records.read_all(tmp_path / "none")


def test_records_of_other_tasks_are_left_out(tiny_runs: Path) -> None:
    assert len(records.read_all(tiny_runs, "cxr")) == 1
    assert records.read_all(tiny_runs, "skin") == []


def test_the_patient_key_is_made_once_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    key = records.patient_key(tmp_path)
    assert records.patient_key(tmp_path) == key
    assert len(key) >= 32
    assert stat.S_IMODE((tmp_path / ".patient-key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [".patient-key"]


@given(st.lists(st.text(), unique=True, max_size=50))
def test_hashes_tell_patients_apart_and_depend_on_the_key(names: list[str]) -> None:
    one, two = records.keyed_hashes(b"a", names), records.keyed_hashes(b"b", names)
    assert len(set(one)) == len(names)
    assert not set(one) & set(two)


def test_identity_does_not_depend_on_the_order_of_keys() -> None:
    assert records.identity({"a": 1, "b": [2.5]}) == records.identity({"b": [2.5], "a": 1})
    assert records.identity({"a": 1}) != records.identity({"a": 2})


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    records.write_text(path, "old")

    def fails(*_: object) -> None:
        raise OSError("power cut")

    monkeypatch.setattr("bench.files.os.fsync", fails)
    with pytest.raises(OSError, match="power cut"):
        records.write_text(path, "new")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
