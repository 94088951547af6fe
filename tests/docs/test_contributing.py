"""A method and a data set as README and CONTRIBUTING show them, put where they say, are tested and leave all green."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import CONTRIBUTING, README, block
from tests.places import ROOT

#: What a source distribution holds.
PARTS = (
    "bench", "methods", "tasks", "tests", "docs", "leaderboards", "*.md", "pyproject.toml", "CITATION.cff", "LICENSE",
    "Makefile",
)  # fmt: skip
#: Where the registry's tests stand, and the pages that list what there is.
TESTS = (
    "tests/methods/test_every_method.py", "tests/tasks/test_every_dataset.py", "tests/tasks/cxr/test_teaching.py",
    "tests/docs/test_datasets_page.py", "tests/docs/test_methods_page.py", "tests/docs/test_house.py",
)  # fmt: skip
ABOUT_THEM = "my_method or teaching or datasets_page or methods_page or house"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of this checkout, with what a contributor adds to it."""
    ignore = shutil.ignore_patterns("__pycache__", ".*_cache")
    for part in (found for pattern in PARTS for found in ROOT.glob(pattern)):
        if part.is_dir():
            shutil.copytree(part, tmp_path / part.name, ignore=ignore)
        else:
            shutil.copy(part, tmp_path / part.name)
    added = {
        "methods/my_method.py": block("Mean matching", README),
        "tasks/cxr/teaching.py": block("The radiographs of a teaching hospital", CONTRIBUTING),
        "tests/tasks/cxr/test_teaching.py": block("The teaching set's reader", CONTRIBUTING),
    }
    for place, text in added.items():
        assert not (tmp_path / place).exists()
        (tmp_path / place).write_text(text, encoding="utf-8")
    return tmp_path


def run_in(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python module run in the checkout, which comes before whatever is installed."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {name: value for name, value in environment.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


def test_what_contributing_shows_is_tested_and_passes(checkout: Path) -> None:
    for page in ("datasets_page", "methods_page"):
        made = run_in(checkout, f"tests.proofs.{page}")
        assert made.returncode == 0, made.stderr
    done = run_in(checkout, "pytest", "-n", "0", "-p", "no:cacheprovider", "-v", "-k", ABOUT_THEM, *TESTS)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-2000:]
    passed = re.findall(r"^(\S+?)(?: .*)? PASSED", done.stdout, flags=re.MULTILINE)
    ours = {name.partition("[")[0] for name in passed}
    for file in ("methods/test_every_method.py", "tasks/test_every_dataset.py"):
        # Every test of the file was collected for the newcomer, not only some.
        every = re.findall(r"^def (test_\w+)", (ROOT / "tests" / file).read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert {f"tests/{file}::{name}" for name in every} <= ours
    assert any("[cxr-teaching]" in name for name in passed)
    assert any("[my_method" in name for name in passed)
    assert "tests/tasks/cxr/test_teaching.py::test_what_is_read_and_what_is_left_out" in passed
    assert "`teaching`" in (checkout / "docs" / "datasets.md").read_text(encoding="utf-8")


def test_a_data_set_without_a_miniature_fails_by_name(checkout: Path) -> None:
    (checkout / "tests/tasks/cxr/test_teaching.py").unlink()
    name = "tests/tasks/test_every_dataset.py::test_every_row_is_kept_or_left_out_for_a_reason"
    done = run_in(checkout, "pytest", "-n", "0", "-p", "no:cacheprovider", "-k", "teaching", name)
    assert done.returncode == 1
    assert "data set 'teaching' of task 'cxr' has no test: tests/tasks/cxr/test_teaching.py is missing" in done.stdout
