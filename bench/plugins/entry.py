"""One plugin: where it was found, importing it, and what went wrong then, in one line."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
import traceback
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar, cast

from bench.errors import BenchError
from bench.plugins.memory import remember

T = TypeVar("T")

DATASET = "data set"
_BY_PATH = "bench_plugin_"
NO_DATASET = "must end in DATASET = Dataset(...); a file that is only a part of others starts with an underscore"


@dataclass(frozen=True)
class Entry(Generic[T]):
    """A plugin that was found; nothing of it is imported before :meth:`load`.

    ``origin`` is where it comes from: a path, or ``distribution: module:Class``. ``error`` ends the sentence "Method
    'x' (origin) …" and is None as long as no fault is known. A ``blocked`` plugin is refused whatever it contains.
    """

    name: str
    kind: str
    origin: str
    source: Path | None
    module: str
    #: What its class derives from, as ``module:Class``.
    base: str
    #: The class an entry point names; None: the one that the module defines.
    attr: str | None = None
    #: The task of a data set, imported before it.
    parent: Entry[Any] | None = None
    summary: str = ""
    #: Of a method, what family its source says that it is of.
    family: str = ""
    error: str | None = None
    blocked: bool = False

    @property
    def folder(self) -> Path | None:
        """The folder of a plugin that is a package; None for one that is a single file."""
        return self.source.parent if self.source and self.source.name == "__init__.py" else None

    @property
    def files(self) -> list[Path]:
        """The plugin's own Python files, sorted."""
        if self.folder:
            return sorted(self.folder.rglob("*.py"))
        return [self.source] if self.source else []

    @property
    def stem(self) -> str:
        """What its folder or file is called, after which its class is named."""
        return self.folder.name if self.folder else self.source.stem if self.source else self.name

    def load(self) -> T:
        """Import the plugin: its class (a subclass of the base), or the ``Dataset`` of a data set.

        Raises:
            BenchError: when it is blocked, cannot be imported, or does not define exactly what is expected.
        """
        self.refuse_if_blocked()
        found, error = self.attempt()
        remember(self, error)
        if error:
            raise BenchError(self.sentence(error))
        return cast(T, found)

    def refuse_if_blocked(self) -> None:
        """Raise the BenchError of a plugin whose name cannot stand for it: shared with another, or no proper name."""
        if self.blocked:
            raise BenchError(self.sentence(self.error))

    def sentence(self, error: str | None) -> str:
        """The paragraph a user reads: which plugin, where, and what of it."""
        return f"{self.kind.capitalize()} {self.name!r} ({self.origin}) {error}."

    def attempt(self) -> tuple[T | None, str | None]:
        """Import it: what it defines, or the error."""
        base = _attribute(importlib.import_module(self.base.partition(":")[0]), self.base.partition(":")[2])
        if self.parent:
            self.parent.load()
        try:
            module = self._import()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # SystemExit as well: a plugin may not end the program
            return None, failure(error, self.files)
        return self._pick(module, base)

    def _import(self) -> ModuleType:
        importlib.invalidate_caches()  # the file may have been dropped in a moment ago
        if self.parent or not self.module.startswith(_BY_PATH) or self.module in sys.modules:
            return importlib.import_module(self.module)
        folders = [str(self.folder)] if self.folder else None
        spec = importlib.util.spec_from_file_location(
            self.module, cast(Path, self.source), submodule_search_locations=folders
        )
        assert spec is not None and spec.loader is not None  # noqa: PT018 - a .py file always has a loader
        module = sys.modules[self.module] = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[self.module]
            raise
        return module

    def _pick(self, module: ModuleType, base: type) -> tuple[Any, str | None]:
        """The one thing the module is there for, or what is expected of it instead."""
        if self.kind == DATASET:
            found = getattr(module, "DATASET", None)
            if not isinstance(found, base):
                return None, NO_DATASET
            same = found.name == self.name  # type: ignore[attr-defined]
            return (found, None) if same else (None, f"must name its DATASET like its file, {self.name!r}")
        if self.attr:
            found = _attribute(module, self.attr)
            fits = isinstance(found, type) and issubclass(found, base)
            rule = f"names {self.attr!r}, which must be a subclass of {self.base.replace(':', '.')} in {self.module}"
            return (found, None) if fits else (None, rule)
        classes = [item for item in vars(module).values() if isinstance(item, type) and issubclass(item, base)]
        own = {item.__name__: item for item in classes if item.__module__ == module.__name__ and item is not base}
        chosen = [own[name] for name in own if len(own) == 1 or plain(name) == plain(self.stem)]
        if len(chosen) == 1:
            return chosen[0], None
        camel = "".join(part.capitalize() for part in self.stem.split("_"))
        return None, (
            f"must define one class deriving from {self.base.replace(':', '.')}, or of several one called {camel}; "
            f"it defines {' and '.join(sorted(own)) or 'none'}"
        )


def path_module(source: Path) -> str:
    """The name under which a plugin given by path is imported: unique to the path, so that it is imported once."""
    stem = source.parent.name if source.name == "__init__.py" else source.stem
    return f"{_BY_PATH}{stem}_{hashlib.sha256(str(source).encode()).hexdigest()[:12]}"


def failure(error: BaseException, files: list[Path]) -> str:
    """What went wrong on import, in one line, with the last line of the plugin's own files that led to it."""
    own = {os.path.realpath(file): file for file in files}
    lines = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    message = str(error)
    if isinstance(error, SyntaxError) and error.filename:
        lines.append((error.filename, error.lineno or 0))
        message = error.msg
    places = [(own[os.path.realpath(name)], line) for name, line in lines if os.path.realpath(name) in own]
    where = f", line {places[-1][1]}" + (f" of {places[-1][0].name}" if len(own) > 1 else "") if places else ""
    kind = "" if isinstance(error, BenchError) else type(error).__name__ + (": " if message else "")
    return f"cannot be imported: {kind}{' '.join(message.split()).rstrip('.')}{where}"


def _attribute(module: ModuleType, dotted: str) -> Any:
    return reduce(lambda found, name: getattr(found, name, None), dotted.split("."), cast(Any, module))


def plain(name: str) -> str:
    """``group_dro`` and ``GroupDRO`` are the same name."""
    return name.replace("_", "").lower()
