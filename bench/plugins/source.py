"""What a plugin's source says without importing it: its summary, faults that show in the text, and its hash."""

from __future__ import annotations

import ast
import hashlib
import re
import sys
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from bench.errors import BenchError
from bench.plugins.entry import DATASET, NO_DATASET, Entry, failure, plain
from bench.plugins.imports import find_module, helpers
from bench.plugins.memory import failure_of

T = TypeVar("T")


def describe(entry: Entry[T], known: Mapping[str, list[str]]) -> Entry[T]:
    """Fill in the summary and the error, from the source text and from past imports."""
    if not re.fullmatch(r"[A-Za-z0-9_]+", entry.name):
        return replace(entry, error="needs a name of letters, digits and underscores only", blocked=True)
    if entry.source is None:
        return replace(entry, error=f"cannot be imported: there is no module {entry.module!r}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on invalid escapes and the like: for whoever imports it
            tree = ast.parse(entry.source.read_bytes(), str(entry.source))
    except (SyntaxError, ValueError, RecursionError, OSError) as fault:
        return replace(entry, error=failure(fault, entry.files))
    error = _missing_import(tree)
    if entry.kind == DATASET and not any(isinstance(n, ast.Name) and n.id == "DATASET" for n in ast.walk(tree)):
        error = error or NO_DATASET
    return replace(
        entry, summary=_summary(tree, entry), family=_family(tree, entry), error=error or failure_of(entry, known)
    )


def source_hash(entry: Entry[Any]) -> str:
    """SHA-256 of the plugin's source: of its file, or of every Python file of its folder with its place there.

    With it goes what it imports of its own: helper modules beside it, other plugins it is built on.

    Raises:
        BenchError: when the plugin has no source file.
    """
    if not any(file.is_file() for file in entry.files):
        raise BenchError(entry.sentence("has no Python source, so that a change of it would go unnoticed"))
    digest = hashlib.sha256()
    for file in entry.files:
        place = file.relative_to(entry.folder or file.parent).as_posix()
        digest.update(f"{place}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    for module, file in helpers(entry).items():
        digest.update(f"import {module}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _missing_import(tree: ast.Module) -> str | None:
    """The error of a plain import, at the top of the file, of a package that is nowhere to be found."""
    for node in tree.body:
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            modules = [node.module]
        for module in modules:
            top = module.partition(".")[0]
            if top not in sys.modules and find_module(top) is None:
                return f"cannot be imported: ModuleNotFoundError: No module named {top!r}, line {node.lineno}"
    return None


def _class(tree: ast.Module, entry: Entry[Any]) -> list[ast.ClassDef]:
    """The plugin's class, where its text tells which it is."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)] if entry.kind != DATASET else []
    wanted = plain(entry.attr or entry.stem)
    base = entry.base.partition(":")[2]
    named = [node for node in classes if plain(node.name) == wanted]
    derived = [node for node in classes for b in node.bases if base in (getattr(b, "id", ""), getattr(b, "attr", ""))]
    return (named or derived)[:1]


def _family(tree: ast.Module, entry: Entry[Any]) -> str:
    """What the plugin's class says in its own body that its family is."""
    for node in (statement for found in _class(tree, entry) for statement in found.body):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        value = getattr(node, "value", None)
        if any(getattr(target, "id", "") == "family" for target in targets) and isinstance(value, ast.Constant):
            return str(value.value)
    return ""


def _summary(tree: ast.Module, entry: Entry[Any]) -> str:
    """First line of the docstring of the plugin's class, or else of the module."""
    nodes: list[ast.ClassDef | ast.Module] = [*_class(tree, entry), tree]
    for node in nodes:
        if text := (ast.get_docstring(node) or "").strip():
            return text.splitlines()[0]
    return ""
