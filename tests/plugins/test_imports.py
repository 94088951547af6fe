"""What a plugin imports of its own is in its hash: modules beside it, of its package, plugins it is built on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.plugins import METHODS, source_hash
from bench.plugins.imports import helpers

PLUGIN = """
import json

import numpy as np
from bench.method import Method
from bench.builtin.methods.reweighting import Reweighting

import helper_of_mine
from package_of_mine.deep import pieces


class MyMethod(Reweighting):
    \"\"\"Built on others.\"\"\"
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "my_method.py").write_text(PLUGIN)
    (tmp_path / "helper_of_mine.py").write_text("import further_of_mine\nSIZE = 1\n")
    (tmp_path / "further_of_mine.py").write_text("def late():\n    import lazy_of_mine\n")
    (tmp_path / "lazy_of_mine.py").write_text("")
    deep = tmp_path / "package_of_mine" / "deep"
    deep.mkdir(parents=True)
    (tmp_path / "package_of_mine" / "__init__.py").write_text("")
    (deep / "__init__.py").write_text("")
    (deep / "pieces.py").write_text("from . import beside\nfrom ..above import thing\n")
    (deep / "beside.py").write_text("")
    (tmp_path / "package_of_mine" / "above.py").write_text("thing = 1\n")
    (tmp_path / "not_imported.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if "of_mine" in name:
            del sys.modules[name]


def test_its_own_modules_are_found_and_those_of_others_left_out(plugin: Path) -> None:
    entry = METHODS.get(str(plugin / "my_method.py"))
    assert list(helpers(entry)) == [
        "bench.builtin.methods",
        "bench.builtin.methods.reweighting",
        "further_of_mine",
        "helper_of_mine",
        "lazy_of_mine",
        "package_of_mine",
        "package_of_mine.above",
        "package_of_mine.deep",
        "package_of_mine.deep.beside",
        "package_of_mine.deep.pieces",
    ]


@pytest.mark.parametrize("name", ["helper_of_mine.py", "lazy_of_mine.py", "package_of_mine/deep/beside.py"])
def test_a_change_of_any_changes_the_hash(plugin: Path, name: str) -> None:
    entry = METHODS.get(str(plugin / "my_method.py"))
    before = source_hash(entry)
    (plugin / "not_imported.py").write_text("CHANGED = True\n")
    assert source_hash(entry) == before
    (plugin / name).write_text("CHANGED = True\n")
    assert source_hash(entry) != before


def test_a_method_that_imports_the_framework_alone_has_none() -> None:
    assert helpers(METHODS.get("erm")) == {}
