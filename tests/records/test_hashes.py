from __future__ import annotations

import stat
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bench import records


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
