"""The files of a data set: the one table among several names, and images in several folders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.errors import BenchError


def find_one(
    root: Path,
    names: Sequence[str],
    what: str,
    folders: Sequence[str] = (".",),
    remedy: str = "task.root must be the folder that holds it.",
) -> Path:
    """The one file of these names in these folders below the root.

    Args:
        root: the data set's folder.
        names: file names or patterns (``nlst_780_prsn*.csv``), the preferred first.
        what: what the file is, for the message ("the table of images").
        folders: folders below the root or patterns of them; the first that holds a file of a name counts.
        remedy: a sentence on what to do where there is none.

    Raises:
        BenchError: when there is none, or a folder holds several that fit one pattern.
    """
    for name in names:
        for pattern in folders:
            found = sorted(file for folder in _folders(root, pattern) for file in folder.glob(name) if file.is_file())
            if len(found) > 1:
                listed = ", ".join(file.relative_to(root).as_posix() for file in found)
                raise BenchError(f"{root} holds several files that may be {what}: {listed}. Leave one of them there.")
            if found:
                return found[0]
    where = f" (looked for in {', '.join(folders)})" if tuple(folders) != (".",) else ""
    raise BenchError(f"{root} holds no {' or '.join(names)}{where}, {what}. {remedy}")


def files_below(root: Path, folders: Sequence[str]) -> dict[str, str]:
    """Every file in these folders (or patterns of them), not below: its path from the root, by its name.

    Of a name that stands in several, the folder that comes first counts. A name that stands in none leads to its path
    in the first, where there is no such file, so that it can be told what is missing.
    """
    found = _Files(folders[0])
    for folder in (folder for pattern in folders for folder in _folders(root, pattern)):
        prefix = "" if folder == root else f"{folder.relative_to(root).as_posix()}/"
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_file():
                    found.setdefault(entry.name, prefix + entry.name)
    return found


class _Files(dict[str, str]):
    def __init__(self, first: str) -> None:
        super().__init__()
        self.first = first

    def __missing__(self, name: str) -> str:
        if not isinstance(name, str):
            return np.nan  # a blank cell
        return name if self.first == "." else f"{self.first}/{name}"


def _folders(root: Path, pattern: str) -> list[Path]:
    found = [root] if pattern == "." else root.glob(pattern)
    return sorted(folder for folder in found if folder.is_dir())
