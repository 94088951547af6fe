from __future__ import annotations

import pytest

from bench.errors import BenchError
from bench.pages import terminal
from bench.plugins.entry import Entry
from bench.plugins.listing import document, of_family
from bench.plugins.registry import METHODS

GOOD = Entry("good", "method", "a.py", None, "a", "m:C", summary="Does [good] things.", family="erasure")
BAD = Entry("bad", "method", "b.py", None, "b", "m:C", error="cannot be imported: [/b]\x1b[2J")


def shown(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines() if line.strip()]


def test_methods_stand_by_family_and_a_broken_one_with_its_error(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.show(document({"methods": [GOOD, BAD], "tasks": []}))
    lines = shown(capsys)
    assert lines[:6] == [
        "methods: erasure (race is taken out of the trained features)",
        "name what it is",
        "good Does [good] things.",
        "methods: of no family",
        "name what it is",
        "bad broken: cannot be imported: [/b][U+001B][2J",
    ]
    assert "tasks" in lines
    assert "`bench list --check` imports every plugin." in " ".join(lines)


def test_a_family_is_picked_and_one_that_is_not_there_suggests_the_nearest() -> None:
    assert of_family([GOOD, BAD], "erasure") == [GOOD]
    with pytest.raises(BenchError, match=r"no family 'erasur' of methods. Did you mean 'erasure'"):
        of_family([GOOD], "erasur")


def test_families_are_read_from_the_source() -> None:
    families = {entry.name: entry.family for entry in METHODS.entries()}
    assert families["erm"] == "baseline"
    assert families["group_dro"] == "worst-case"
