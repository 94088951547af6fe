"""Every template passes all checks as it stands, and what is written beside it says what its class declares."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.conformance import examine
from bench.errors import BenchError
from bench.plugins import METHODS, scaffold


@pytest.mark.parametrize("kind", scaffold.KINDS)
def test_every_kind_passes_what_every_method_must(kind: str, tmp_path: Path) -> None:
    written = scaffold.write("my_method", kind, tmp_path)
    assert [path.name for path in written] == ["my_method.py", "test_my_method.py", "my_method.md"]
    entry = METHODS.get(str(written[0]))
    cls = entry.load()
    assert cls.__name__ == "MyMethod"
    report = examine(cls, files=entry.files)
    assert [(finding.check.name, finding.what) for finding in report.findings if not finding.holds] == []
    card = written[2].read_text(encoding="utf-8")
    assert f"**Family**: {cls.family}" in card
    assert f"{cls.source} ({cls.year})" in card
    assert f"protected attribute**: {cls.uses_race}" in card
    assert f"plain training**: {cls.cost:g}" in card


def test_the_test_that_is_written_runs_and_passes(tmp_path: Path) -> None:
    scaffold.write("other_one", "loss", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", "test_other_one.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout[-3000:]


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("My-Method", "loss", "cannot be a method's name"),
        ("mine", "los", "no template family=los. Did you mean 'loss'"),
        ("there", "loss", "holds there.md already; nothing is overwritten"),
    ],
)
def test_what_cannot_be_written_is_a_paragraph_and_leaves_nothing(
    tmp_path: Path, name: str, kind: str, words: str
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "there.md").write_text("mine")
    with pytest.raises(BenchError, match=words):
        scaffold.write(name, kind, folder)
    assert [path.name for path in folder.iterdir()] == ["there.md"]
    assert (folder / "there.md").read_text() == "mine"
