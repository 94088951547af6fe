"""Names to classes: every method, task and data set, found without importing any of them.

A plugin comes in by one of three ways: it lies in the project's folder ``methods`` (a file) or ``tasks`` (a folder with
an ``__init__.py``), which :mod:`bench.builtin` finds; an installed package names it as an entry point
(``bench.methods``, ``bench.tasks``); or the user gives its path. A plugin that is broken stays in the listing, with its
error, and fails only who asks for it.
"""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from bench.errors import BenchError, suggest
from bench.plugins.checking import check
from bench.plugins.entry import DATASET, Entry, path_module
from bench.plugins.imports import find_module
from bench.plugins.memory import failures
from bench.plugins.source import describe, source_hash

if TYPE_CHECKING:
    from bench.method import Method
    from bench.task import Dataset, Task

__all__ = ["METHODS", "TASKS", "Datasets", "Entry", "Registry", "check", "datasets", "source_hash"]

T = TypeVar("T")


@dataclass(frozen=True)
class Registry(Generic[T]):
    """All plugins of one kind: subclasses of ``base`` from the folder of ``package`` and from the entry points.

    ``base`` is written ``module:Class`` and imported only with a plugin. With ``folders`` a plugin is a folder.
    """

    kind: str
    package: str
    group: str
    base: str
    folders: bool = False

    def entries(self) -> list[Entry[type[T]]]:
        """Every plugin by name: broken ones with their error, of a duplicate both. Nothing of them is imported.

        The errors are those that show in the source and those that past imports left behind; :func:`check` finds the
        others.
        """
        known = failures()
        found = [describe(entry, known) for entry in (*self._dropped_in(), *self._installed())]
        found.sort(key=lambda entry: (entry.name, entry.origin))
        return [_marked_if_duplicate(entry, found) for entry in found]

    def get(self, name: str) -> Entry[type[T]]:
        """The plugin of this name, or at this path.

        Raises:
            BenchError: when there is none, or more than one of its name.
        """
        is_path = name.startswith((".", "~")) or name.endswith(".py") or any(sep in name for sep in ("/", os.sep))
        return self._at(Path(os.path.expanduser(name))) if is_path else _choose(self.entries(), name, self.kind)

    def _dropped_in(self) -> Iterator[Entry[type[T]]]:
        spec = find_module(self.package)
        for folder in (spec and spec.submodule_search_locations) or ():
            for source in Path(folder).glob("*/__init__.py" if self.folders else "*.py"):
                path = source.parent if self.folders else source
                name = path.name.removesuffix(".py")
                if not name.startswith(("_", ".")):
                    yield Entry(name, self.kind, str(path), source, f"{self.package}.{name}", self.base)

    def _installed(self) -> Iterator[Entry[type[T]]]:
        for point in importlib.metadata.entry_points(group=self.group):
            module, _, attr = (part.strip() for part in point.value.partition("[")[0].partition(":"))
            origin = f"{point.dist.name if point.dist else 'unknown distribution'}: {point.value}"
            yield Entry(point.name, self.kind, origin, _locate(module), module, self.base, attr or None)

    def _at(self, path: Path) -> Entry[type[T]]:
        if not path.exists():
            raise BenchError(f"There is no {path} to take a {self.kind} from.")
        source = path.resolve() / "__init__.py" if self.folders else path.resolve()
        if not source.is_file() or source.suffix != ".py":
            wanted = "a folder with an __init__.py" if self.folders else "one .py file"
            raise BenchError(f"{path} cannot be a {self.kind}: a {self.kind} is {wanted}.")
        known = self.entries()
        entry = next((other for other in known if other.source and other.source.resolve() == source), None)
        if entry is None:
            place = source.parent if self.folders else source
            entry = Entry(place.name.removesuffix(".py"), self.kind, str(place), source, path_module(source), self.base)
            entry = _marked_if_duplicate(describe(entry, failures()), known)
        entry.refuse_if_blocked()
        return entry


METHODS: Registry[Method] = Registry("method", "bench.builtin.methods", "bench.methods", "bench.method:Method")
TASKS: Registry[Task] = Registry("task", "bench.builtin.tasks", "bench.tasks", "bench.task:Task", folders=True)


@dataclass(frozen=True)
class Datasets:
    """The data sets of a task: the files of its folder that do not start with an underscore."""

    task: Entry[type[Task]]

    def entries(self) -> list[Entry[Dataset]]:
        """Every data set by name, broken ones with their error; none is imported."""
        known, task = failures(), self.task
        found: list[Entry[Dataset]] = []
        for file in sorted(task.folder.glob("[!_.]*.py")) if task.folder else []:
            module = f"{task.module}.{file.stem}"
            entry = Entry[Any](file.stem, DATASET, str(file), file, module, "bench.task:Dataset", parent=task)
            found.append(describe(entry, known))
        return found

    def get(self, name: str) -> Entry[Dataset]:
        """The data set of this name.

        Raises:
            BenchError: when the task has none of this name.
        """
        return _choose(self.entries(), name, f"{DATASET} of task {self.task.name!r}")


def datasets(task: Entry[type[Task]]) -> Datasets:
    """The data sets of a task that was found; the task itself is not imported."""
    return Datasets(task)


def _locate(module: str) -> Path | None:
    """The source file of a dotted module, found without importing its packages; None when there is none."""
    top, *rest = module.split(".")
    spec = find_module(top) if top else None
    if spec is None:
        return None
    folders = spec.submodule_search_locations or []
    below = [Path(folder, *rest) for folder in folders]
    candidates = [file for path in below for file in (path / "__init__.py", path.parent / f"{path.name}.py")]
    if not rest:
        candidates = [Path(spec.origin)] if spec.origin and spec.origin.endswith(".py") else []
    return next((file for file in candidates if file.is_file()), None)


def _choose(entries: list[Entry[T]], name: str, kind: str) -> Entry[T]:
    for entry in entries:
        if entry.name == name:
            entry.refuse_if_blocked()
            return entry
    raise BenchError(f"There is no {kind} {name!r}.{suggest(name, {entry.name for entry in entries})}")


def _marked_if_duplicate(entry: Entry[T], known: Iterable[Entry[Any]]) -> Entry[T]:
    others = [other.origin for other in known if other.name == entry.name and other is not entry]
    if not others:
        return entry
    return replace(entry, error=f"shares its name with {' and '.join(others)}; rename all but one", blocked=True)
