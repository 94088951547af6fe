"""Where the files lie that a column may name, for the draft of a mapping."""

from __future__ import annotations

import os
from collections import defaultdict
from itertools import islice
from pathlib import Path, PurePosixPath

import pandas as pd

#: As many files are looked at, and as many names.
_FILES, _NAMES = 200_000, 50
#: What tables are called: they are no images.
_TABLES = {".csv", ".tsv", ".txt", ".xlsx", ".yaml", ".yml", ".gz", ".json", ".md"}


def place_of_images(root: Path, names: pd.Series) -> str | None:
    """The pattern that leads from names to files or folders below the root; None where one fits fewer than half.

    Args:
        root: the folder of the table.
        names: a column, without blanks.
    """
    sample = [name.replace("\\", "/") for name in dict.fromkeys(names.head(10 * _NAMES))][:_NAMES]
    if not sample:
        return None
    patterns: dict[str, int] = defaultdict(int)
    by_name, by_stem, folders = _below(root)
    for name in sample:
        if (root / name).is_file():
            patterns["{}"] += 1
        for file in by_name.get(name, ()):
            patterns[_joined(file.parent, "{}")] += 1
        for file in by_stem.get(name, ()):
            patterns[_joined(file.parent, "{}" + file.suffix)] += 1
        for folder in folders.get(name, ()):
            patterns[_joined(folder.parent, "{}")] += 1
    if not patterns:
        return None
    best = max(patterns, key=lambda pattern: (patterns[pattern], -len(pattern)))
    if 2 * patterns[best] > len(sample):
        return best
    scattered = {f"**/{pattern.rpartition('/')[2]}" for pattern in patterns}
    return scattered.pop() if len(scattered) == 1 and 2 * sum(patterns.values()) > len(sample) else None


def _joined(folder: PurePosixPath, name: str) -> str:
    return name if folder == PurePosixPath(".") else f"{folder}/{name}"


def _below(root: Path) -> tuple[dict[str, list[PurePosixPath]], ...]:
    """Files below the root by name and by name without suffix, and folders by name; no link is followed."""
    by_name: dict[str, list[PurePosixPath]] = defaultdict(list)
    by_stem: dict[str, list[PurePosixPath]] = defaultdict(list)
    folders: dict[str, list[PurePosixPath]] = defaultdict(list)
    walked = ((folder, inner, name) for folder, inner, names in os.walk(root) for name in ("", *names))
    for folder, inner, name in islice(walked, _FILES):
        here = PurePosixPath(Path(folder).relative_to(root).as_posix())
        if not name:
            for other in inner:
                folders[other].append(here / other)
        elif not name.startswith(".") and PurePosixPath(name).suffix.lower() not in _TABLES:
            by_name[name].append(here / name)
            by_stem[PurePosixPath(name).stem].append(here / name)
    return by_name, by_stem, folders
