"""Twelve published methods were tried as plugins before the contract was made: each is one file without a hack now."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from bench.conformance import examine
from bench.method import Method
from bench.plugins import scaffold
from tests.conformance import trial
from tests.places import ROOT

#: Where each stands, and how many lines it had, with its docstrings, or may have.
BUILT_IN = (
    "mmd",
    "coral",
    "jtt",
    "dfr",
    "sam",
    "leace",
    "inlp",
    "swa",
    "mixup",
    "group_thresholds",
    "domain_independent",
)


@pytest.mark.parametrize("cls", trial.PLUGINS, ids=lambda cls: cls.__name__)
def test_they_do_what_every_method_must(cls: type[Method]) -> None:
    report = examine(cls)
    assert [(finding.check.title, finding.what) for finding in report.findings if not finding.holds] == []
    assert len(inspect.getsource(cls).splitlines()) < 60


def sources() -> list[Path]:
    return [
        *(ROOT / "methods" / f"{name}.py" for name in BUILT_IN),
        scaffold.KINDS["pretrained"].path,
        Path(trial.__file__),
    ]


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.stem)
def test_none_uses_a_private_name_of_the_framework_a_stack_or_the_environment(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    own = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    own |= {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None)
            names = {part for alias in node.names for part in alias.name.split(".")} | set((module or "").split("."))
            assert not names & {"inspect", "sys", "os", "gc", "ctypes", "traceback"}
            if (module or "").startswith("bench"):
                assert not any(name.startswith("_") for name in names)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            assert not node.attr.startswith("_") or node.attr in own, node.attr
