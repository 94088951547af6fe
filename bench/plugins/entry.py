"""One plugin: what its source says without importing it, importing it, and remembering why that failed."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import json
import os
import re
import sys
import sysconfig
import traceback
import warnings
from dataclasses import dataclass, replace
from functools import reduce
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeVar, cast

from bench.errors import BenchError
from bench.files import user_cache

T = TypeVar("T")

DATASET = "data set"
_BY_PATH = "bench_plugin_"
_NO_DATASET = "must end in DATASET = Dataset(...); a file that is only a part of others starts with an underscore"


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
            return None, _failure(error, self.files)
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
                return None, _NO_DATASET
            same = found.name == self.name  # type: ignore[attr-defined]
            return (found, None) if same else (None, f"must name its DATASET like its file, {self.name!r}")
        if self.attr:
            found = _attribute(module, self.attr)
            fits = isinstance(found, type) and issubclass(found, base)
            rule = f"names {self.attr!r}, which must be a subclass of {self.base.replace(':', '.')} in {self.module}"
            return (found, None) if fits else (None, rule)
        classes = [item for item in vars(module).values() if isinstance(item, type) and issubclass(item, base)]
        own = {item.__name__: item for item in classes if item.__module__ == module.__name__ and item is not base}
        chosen = [own[name] for name in own if len(own) == 1 or _plain(name) == _plain(_stem(self))]
        if len(chosen) == 1:
            return chosen[0], None
        camel = "".join(part.capitalize() for part in _stem(self).split("_"))
        return None, (
            f"must define one class deriving from {self.base.replace(':', '.')}, or of several one called {camel}; "
            f"it defines {' and '.join(sorted(own)) or 'none'}"
        )


def path_module(source: Path) -> str:
    """The name under which a plugin given by path is imported: unique to the path, so that it is imported once."""
    stem = source.parent.name if source.name == "__init__.py" else source.stem
    return f"{_BY_PATH}{stem}_{hashlib.sha256(str(source).encode()).hexdigest()[:12]}"


def describe(entry: Entry[T], known_failures: dict[str, list[str]]) -> Entry[T]:
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
        return replace(entry, error=_failure(fault, entry.files))
    error = _missing_import(tree)
    if entry.kind == DATASET and not any(isinstance(n, ast.Name) and n.id == "DATASET" for n in ast.walk(tree)):
        error = error or _NO_DATASET
    stamp, failure = known_failures.get(_key(entry), ("", None))
    if error is None and stamp == _stamp(entry):
        error = failure
    return replace(entry, summary=_summary(tree, entry), error=error)


def find_top_level(package: str) -> ModuleSpec | None:
    """Where a top-level package or module is, without importing it; None when there is none."""
    try:
        return importlib.util.find_spec(package)
    except (ImportError, ValueError):  # ValueError: in sys.modules without a spec
        return getattr(sys.modules.get(package), "__spec__", None)


def source_hash(entry: Entry[Any]) -> str:
    """SHA-256 of the plugin's source: of its file, or of every Python file of its folder with its place there.

    Raises:
        BenchError: when the plugin has no source file.
    """
    if not any(file.is_file() for file in entry.files):
        raise BenchError(entry.sentence("has no Python source, so that a change of it would go unnoticed"))
    digest = hashlib.sha256()
    for file in entry.files:
        place = file.relative_to(entry.folder or file.parent).as_posix()
        digest.update(f"{place}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def remembered_failures() -> dict[str, list[str]]:
    """Errors of past imports: plugin → [stamp of its files, error]."""
    try:
        content = json.loads(_memory().read_text(encoding="utf-8"))
        return {key: [str(stamp), str(error)] for key, (stamp, error) in content.items()}
    except (OSError, ValueError, TypeError, AttributeError):  # none yet, or not ours: nothing is remembered
        return {}


def remember(entry: Entry[Any], error: str | None) -> None:
    """Keep the error of an import for later listings, or forget it after a success; never fails."""
    failures = remembered_failures()
    if failures.pop(_key(entry), None) is None and error is None:
        return
    if error is not None:
        failures[_key(entry)] = [_stamp(entry), error]
    memory = _memory()
    temporary = memory.with_name(f"{memory.name}.{os.getpid()}.tmp")
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(failures, indent=1), encoding="utf-8")
        os.replace(temporary, memory)
    except OSError:  # a cache that cannot be written only means a listing that knows less
        try:
            temporary.unlink(missing_ok=True)
        except OSError:
            return


def _memory() -> Path:
    return user_cache() / "plugin_errors.json"


def _key(entry: Entry[Any]) -> str:
    return f"{sys.prefix} | {entry.kind} | {entry.origin} | {entry.source}"


def _stamp(entry: Entry[Any]) -> str:
    """Changes with the plugin's files, and with what is installed: a missing package may have come meanwhile."""
    stamps = []
    for path in (*entry.files, Path(sysconfig.get_path("purelib"))):
        try:
            status = path.stat()
        except OSError:
            continue
        stamps.append(f"{status.st_mtime_ns}.{status.st_size}")
    return hashlib.sha256(" ".join(stamps).encode()).hexdigest()


def _missing_import(tree: ast.Module) -> str | None:
    """The error of a plain import, at the top of the file, of a package that is nowhere to be found."""
    for node in tree.body:
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            modules = [node.module]
        for module in modules:
            top = module.partition(".")[0]
            if top not in sys.modules and find_top_level(top) is None:
                return f"cannot be imported: ModuleNotFoundError: No module named {top!r}, line {node.lineno}"
    return None


def _summary(tree: ast.Module, entry: Entry[Any]) -> str:
    """First line of the docstring of the plugin's class, or else of the module."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)] if entry.kind != DATASET else []
    wanted = _plain(entry.attr or _stem(entry))
    base = entry.base.partition(":")[2]
    named = [node for node in classes if _plain(node.name) == wanted]
    derived = [node for node in classes for b in node.bases if base in (getattr(b, "id", ""), getattr(b, "attr", ""))]
    nodes: list[ast.ClassDef | ast.Module] = [*(named or derived)[:1], tree]
    for node in nodes:
        if text := (ast.get_docstring(node) or "").strip():
            return text.splitlines()[0]
    return ""


def _failure(error: BaseException, files: list[Path]) -> str:
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


def _stem(entry: Entry[Any]) -> str:
    return entry.folder.name if entry.folder else entry.source.stem if entry.source else entry.name


def _plain(name: str) -> str:
    """``group_dro`` and ``GroupDRO`` are the same name."""
    return name.replace("_", "").lower()
