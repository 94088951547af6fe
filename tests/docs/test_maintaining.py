"""The versions that docs/maintaining.md speaks of are there, and what says the package's says the same everywhere."""

from __future__ import annotations

import importlib
import re
import tomllib

import pytest
import yaml

import bench
from tests.places import ROOT

PAGE = (ROOT / "docs" / "maintaining.md").read_text(encoding="utf-8")


def test_the_package_has_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    latest = re.findall(
        r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE
    )[0]
    assert project["version"] == citation["version"] == latest == bench.__version__


@pytest.mark.parametrize("name", re.findall(r"^\| `(bench\.[\w.]+)`", PAGE, flags=re.MULTILINE))
def test_a_version_is_where_the_page_says(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    if module.endswith("Dataset"):
        module, attribute = module.rpartition(".")[0], "Dataset"
    assert hasattr(importlib.import_module(module), attribute)


def test_every_target_and_program_it_names_is_there() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert set(re.findall(r"`make (\w+)`", PAGE)) <= set(targets)
    for place in re.findall(r"python -m (tests[\w.]+)", PAGE + (ROOT / "Makefile").read_text(encoding="utf-8")):
        assert (ROOT / f"{place.replace('.', '/')}.py").is_file(), place
    for place in re.findall(r"`((?:bench|tests|tasks)/[\w/.]+)`", PAGE):
        assert (ROOT / place).exists(), place
