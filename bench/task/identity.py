"""Which phantom it is: the source files that its drawing rests on, and the look of what it drew."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

#: What phantoms share; of the framework no other code draws.
_SHARED = "bench.phantom"
#: Where the built-in tasks lie: a package of its own within the framework's.
_BUILTIN = "bench.builtin.tasks"
#: Pixels are averaged over squares of this side, and rounded to multiples of so many grey values.
_SQUARE, _STEP = 8, 8


def digest(parts: Iterable[str]) -> str:
    """SHA-256 of texts in order."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def coarse(pixels: np.ndarray) -> str:
    """What images ``(N, H, W)`` or ``(N, H, W, 3) uint8`` look like, the same where a few pixels differ by one."""
    n, height, width, *channels = pixels.shape
    whole = pixels[:, : height // _SQUARE * _SQUARE, : width // _SQUARE * _SQUARE].astype(float)
    squares = whole.reshape(n, height // _SQUARE, _SQUARE, width // _SQUARE, _SQUARE, *channels).mean(axis=(2, 4))
    looks: bytes = np.rint(squares / _STEP).astype(np.uint8).tobytes()
    return looks.hex()


def sources(code: Iterable[Any]) -> list[str]:
    """Module and SHA-256 of each source file that these functions and classes rest on, sorted.

    Followed are imports within the packages that the code comes from, and those of :mod:`bench.phantom`; a name that a
    package's face passes on leads to the module where it stands. Code that stands in no file counts for
    nothing.
    """
    todo = [part.__module__ for part in code]
    own = {_package(name) for name in todo} - {"bench"}
    found: dict[str, str] = {}
    while todo:
        module = todo.pop()
        belongs = _package(module) in own or f"{module}.".startswith(f"{_SHARED}.")
        if module in found or not belongs or (file := _file(module)) is None:
            continue
        content = file.read_bytes()
        found[module] = hashlib.sha256(content).hexdigest()
        todo += _imported(module, content)
    # A plugin given by its path is named after the path, which is no part of what it draws.
    return sorted(f"{module.removeprefix(_package(module)).lstrip('.')} {content}" for module, content in found.items())


def _package(module: str) -> str:
    """The package that a module belongs to, as far as phantoms go."""
    return _BUILTIN if f"{module}.".startswith(f"{_BUILTIN}.") else module.partition(".")[0]


def _imported(module: str, content: bytes) -> Iterator[str]:
    """The modules in which the names stand that a source imports."""
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(node, module)
            passed_on = _passed_on(origin)
            for alias in node.names:
                whole = f"{origin}.{alias.name}"
                yield passed_on.get(alias.name) or (origin if _file(whole) is None else whole)


def _passed_on(module: str) -> dict[str, str]:
    """The modules from which a package's face passes names on, by name."""
    file = _file(module)
    if file is None or file.name != "__init__.py":
        return {}
    nodes = [node for node in ast.parse(file.read_bytes()).body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: _origin(node, module) for node in nodes for alias in node.names}


def _origin(node: ast.ImportFrom, module: str) -> str:
    """The module that a ``from`` names, dots resolved."""
    if not node.level:
        return node.module or ""
    file = _file(module)
    package = module if file is not None and file.name == "__init__.py" else module.rpartition(".")[0]
    return importlib.util.resolve_name("." * node.level + (node.module or ""), package)


def _file(module: str) -> Path | None:
    """A module's source file, found without importing it; None where there is none."""
    if module in sys.modules:
        file = getattr(sys.modules[module], "__file__", None)
        return Path(file) if file else None
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):  # the parent is no package, or is made without a spec
        return None
    return Path(spec.origin) if spec is not None and spec.origin and spec.origin.endswith(".py") else None
