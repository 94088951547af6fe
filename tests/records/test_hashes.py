from __future__ import annotations

import errno
import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import records
from bench.errors import BenchError


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


def test_a_key_that_a_power_cut_left_empty_is_made_anew_and_never_used(tmp_path: Path) -> None:
    (tmp_path / ".patient-key").touch()
    key = records.patient_key(tmp_path)
    assert re.fullmatch(rb"[0-9a-f]{64}", key)
    assert records.patient_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / ".patient-key").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"abc", b"0" * 63, b" " * 64, b"\0" * 64])
def test_what_is_no_key_is_refused_and_stays(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".patient-key").write_bytes(content)
    with pytest.raises(BenchError, match="no key of 64"):
        records.patient_key(tmp_path)
    assert (tmp_path / ".patient-key").read_bytes() == content


def test_a_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "no links here")

    monkeypatch.setattr(os, "link", link)
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(records.patient_key, [tmp_path] * 8))
    assert keys == {(tmp_path / ".patient-key").read_bytes()}
    assert {path.name for path in tmp_path.iterdir()} <= {".patient-key", ".patient-key.lock"}


def test_many_at_once_get_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(records.patient_key, [tmp_path] * 8))) == 1
