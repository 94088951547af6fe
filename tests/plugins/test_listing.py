import pytest

from bench.pages import terminal
from bench.plugins.entry import Entry
from bench.plugins.listing import document


def test_a_plugin_that_is_broken_is_listed_with_its_error(capsys: pytest.CaptureFixture[str]) -> None:
    good = Entry("good", "method", "a.py", None, "a", "m:C", summary="Does [good] things.")
    bad = Entry("bad", "method", "b.py", None, "b", "m:C", error="cannot be imported: [/b]\x1b[2J")
    terminal.show(document({"methods": [good, bad], "tasks": []}))
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[:4] == [
        "methods",
        "name what it is",
        "good Does [good] things.",
        "bad broken: cannot be imported: [/b][U+001B][2J",
    ]
    assert "tasks" in lines
    assert "`bench list --check` imports every plugin." in lines[-1]
