"""Importing plugins in a process of its own."""

from __future__ import annotations

import sys
from textwrap import dedent

from bench.plugins import TASKS, check, datasets
from tests.plugins.gadgets import (
    BROKEN_ON_IMPORT,
    GADGETS,
    GOOD,
    distribution,
    write,
    write_task,
)


def test_check_imports_elsewhere_and_the_listing_remembers(site):
    for name, (text, _) in BROKEN_ON_IMPORT.items():
        write(site / f"gadgets/{name}.py", text)
    write(site / "gadgets/spanner.py", "print('noise')\n" + dedent(GOOD))
    write(site / "gadgets/dies.py", "import os\nos._exit(0)\n")
    write(site / "gadgets/zebra.py", GOOD)
    assert all(entry.error is None for entry in GADGETS.entries())
    entries = GADGETS.entries()
    checked = check(entries)
    assert [(entry.name, entry.origin) for entry in checked] == [(entry.name, entry.origin) for entry in entries]
    errors = {entry.name: entry.error for entry in checked}
    assert errors.pop("spanner") is errors.pop("zebra") is None
    assert errors["dies"] == "cannot be imported: it ended Python with exit code 0"
    assert errors["raises"] == "cannot be imported: ValueError: too bad, line 2"
    assert errors["two"].endswith("it defines A and B")
    assert not {name for name in sys.modules if name.startswith("gadgets")}
    assert {entry.name: entry.error for entry in GADGETS.entries() if entry.error} == errors


def test_check_keeps_a_duplicates_error_and_imports_neither(site):
    write(site / "gadgets/spanner.py", "import os\nos._exit(1)\n")
    distribution(site, "one", "[test.gadgets]\nspanner = gadgets.spanner\n")
    assert check(GADGETS.entries()) == GADGETS.entries()


def test_check_of_data_sets_of_a_task_given_by_path(tmp_path):
    write_task(tmp_path / "mine/knee")
    write(tmp_path / "mine/knee/broken.py", "DATASET = 1 / 0\n")
    errors = {entry.name: entry.error for entry in check(datasets(TASKS.get(str(tmp_path / "mine/knee"))).entries())}
    assert errors == {"broken": "cannot be imported: ZeroDivisionError: division by zero, line 1", "scans": None}
