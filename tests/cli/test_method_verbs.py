"""``bench list family=…``, ``bench new`` and ``bench check`` at the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def bench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_new_method_is_written_and_checked_and_a_fault_ends_with_exit_code_2(tmp_path: Path) -> None:
    made = bench(tmp_path, "new", "method", "my_method", "family=sampler")
    assert made.returncode == 0, made.stderr
    assert made.stdout.split() == ["my_method.py", "test_my_method.py", "my_method.md"]
    checked = bench(tmp_path, "check", "method=./my_method.py", "method.power=0.5")
    assert checked.returncode == 0, checked.stderr
    assert "All 12 hold." in checked.stdout
    assert "What it costs on a small cohort" in checked.stdout
    source = (tmp_path / "my_method.py").read_text()
    (tmp_path / "my_method.py").write_text(source.replace('    source = "', '    source = ""  # "'))
    again = bench(tmp_path, "check", "method=./my_method.py")
    assert again.returncode == 2
    assert "1 of 12 do not hold." in again.stdout
    assert "it names no source" in " ".join(again.stdout.split())


def test_what_these_verbs_do_not_take_is_a_paragraph(tmp_path: Path) -> None:
    for arguments, words in {
        ("list", "familly=erasure"): "bench list takes family=…, not familly",
        ("list", "family=erasing"): "There is no family 'erasing'",
        ("check", "method=erm", "seed=1"): "bench check takes method=… and its options method.…=…, not seed=1",
        ("new", "task", "mine"): "bench new takes: method NAME family=…, not 'task'",
    }.items():
        done = bench(tmp_path, *arguments)
        assert done.returncode == 2
        assert words in " ".join(done.stderr.split())


def test_a_family_is_listed(tmp_path: Path) -> None:
    done = bench(tmp_path, "list", "family=worst-case")
    assert "group_dro" in done.stdout
    assert "reweighting" not in done.stdout
