"""Errors of past imports, remembered for listings."""

from __future__ import annotations

import json
import os
from textwrap import dedent

import pytest

from bench.errors import BenchError
from tests.plugins.gadgets import (
    GADGETS,
    GOOD,
    listed,
    write,
)


def test_failure_is_remembered_until_the_file_changes(site):
    source = write(site / "gadgets/spanner.py", "1 / 0\n")
    assert listed(GADGETS, "spanner").error is None
    with pytest.raises(BenchError, match="ZeroDivisionError"):
        GADGETS.get("spanner").load()
    assert "ZeroDivisionError" in listed(GADGETS, "spanner").error
    write(source, GOOD)
    assert listed(GADGETS, "spanner").error is None


def test_success_is_remembered_too(site):
    write(site / "gadgets/spanner.py", "from gadget_base import Gadget\nfrom stranger import x\n" + dedent(GOOD))
    write(site / "stranger.py", "1 / 0\n")
    with pytest.raises(BenchError, match="division by zero, line 2"):
        GADGETS.get("spanner").load()
    write(site / "stranger.py", "x = 'mended elsewhere'\n")
    assert listed(GADGETS, "spanner").error is not None
    GADGETS.get("spanner").load()
    assert listed(GADGETS, "spanner").error is None


def test_failure_is_forgotten_when_something_was_installed(site, tmp_path, monkeypatch):
    packages = tmp_path / "site-packages"
    packages.mkdir()
    monkeypatch.setattr("bench.plugins.memory.sysconfig.get_path", lambda name: str(packages))
    write(site / "gadgets/spanner.py", "1 / 0\n")
    with pytest.raises(BenchError):
        GADGETS.get("spanner").load()
    assert listed(GADGETS, "spanner").error is not None
    os.utime(packages, (1, 1))
    assert listed(GADGETS, "spanner").error is None


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', '{"a": [1, 2, 3]}', "null", "\udcff"])
def test_memory_that_is_not_ours_is_ignored_and_replaced(site, tmp_path, content):
    memory = tmp_path / "cache/plugin_errors.json"
    memory.parent.mkdir()
    memory.write_bytes(content.encode(errors="surrogateescape"))
    write(site / "gadgets/spanner.py", "1 / 0\n")
    assert listed(GADGETS, "spanner").error is None
    with pytest.raises(BenchError):
        GADGETS.get("spanner").load()
    assert len(json.loads(memory.read_text())) == 1
    assert [path.name for path in memory.parent.iterdir()] == ["plugin_errors.json"]


def test_memory_that_cannot_be_written_is_no_failure(site, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    write(site / "gadgets/spanner.py", "1 / 0\n")
    with pytest.raises(BenchError, match="ZeroDivisionError"):
        GADGETS.get("spanner").load()
    assert listed(GADGETS, "spanner").error is None
