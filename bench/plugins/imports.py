"""What a plugin imports of its own: the files that its behaviour rests on beside the one that is named."""

from __future__ import annotations

import ast
import importlib.util
import os
import site
import sys
import sysconfig
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

from bench.plugins.entry import Entry

#: The framework, whose version is part of every run; the methods and tasks that come with it are plugins.
_FRAMEWORK, _PLUGINS = "bench", ("bench.builtin.methods", "bench.builtin.tasks")


def find_module(name: str) -> ModuleSpec | None:
    """Where a module is, without importing it (only the packages it lies in); None when there is none."""
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):  # ValueError: in sys.modules without a spec
        return getattr(sys.modules.get(name), "__spec__", None)


def helpers(entry: Entry[Any]) -> dict[str, Path]:
    """The files of the modules that a plugin imports, and that those import, by module name, sorted.

    Modules of Python, of installed packages that are not the plugin's own, and of the framework are left out: their
    versions are recorded. So are the plugin's own files, and what is imported by a name that only running it tells.
    """
    own = {file.resolve() for file in entry.files}
    found: dict[str, Path] = {}
    waiting = [(file, _package(entry, file)) for file in entry.files]
    while waiting:
        file, package = waiting.pop()
        for module in (part for name in _imported(file, package) for part in _with_parents(name)):
            path = _file(module, entry)
            if path is None or path.resolve() in own or module in found:
                continue
            found[module] = path
            waiting.append((path, module if path.name == "__init__.py" else module.rpartition(".")[0]))
    return dict(sorted(found.items()))


def _with_parents(module: str) -> list[str]:
    """A module and the packages that it lies in, which are imported before it."""
    parts = module.split(".")
    return [".".join(parts[: i + 1]) for i in range(len(parts))]


def _package(entry: Entry[Any], file: Path) -> str:
    """The package that relative imports of one of the plugin's files start from."""
    if not entry.folder:
        return entry.module.rpartition(".")[0]
    below = file.parent.relative_to(entry.folder).parts
    return ".".join((entry.module, *below))


def _imported(file: Path, package: str) -> Iterator[str]:
    """The names of all modules that the text of a file imports; of ``from a import b`` both a and a.b."""
    try:
        tree = ast.parse(file.read_bytes(), str(file))
    except (SyntaxError, ValueError, OSError):  # whoever imports it is told
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".") if package else []
                parts = parts[: len(parts) - node.level + 1]
                base = ".".join([*parts, *filter(None, [node.module])])
            if base:
                yield base
                yield from (f"{base}.{alias.name}" for alias in node.names)


def _file(module: str, entry: Entry[Any]) -> Path | None:
    """The file of a module that is the plugin's own or its author's; None for all others."""
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names or (top == _FRAMEWORK and not module.startswith(_PLUGINS)):
        return None
    # The package first: looking for a module in it imports it, which those of others are spared.
    if top not in (_FRAMEWORK, entry.module.partition(".")[0]) and _is_installed(find_module(top)):
        return None
    spec = find_module(module)
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


def _is_installed(spec: ModuleSpec | None) -> bool:
    """Whether a package lies where packages are installed; a module without a file does, too."""
    places = [spec.origin, *(spec.submodule_search_locations or ())] if spec else []
    paths = [Path(place) for place in places if place and os.sep in place]
    known = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders = [*known, *site.getsitepackages(), site.getusersitepackages()]
    return not paths or any(path.is_relative_to(folder) for path in paths for folder in folders)
