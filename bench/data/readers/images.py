"""The image files of each row of a table: one, or all that its folder or wildcards lead to."""

from __future__ import annotations

import os
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

import pandas as pd

from bench.data.pixels.frames import split_frame
from bench.data.readers.loading import is_outside
from bench.data.readers.mapping import Image
from bench.errors import BenchError

_WILD = re.compile(r"[*?]")


def located(root: Path, names: pd.Series, image: Image, where: str) -> tuple[pd.Series, pd.Series]:
    """Each row's path below the root, as the mapping makes it of a name, and the files that are there.

    A path that leads to a folder stands for every file in it, hidden ones apart. ``*`` and ``?`` in the mapping's path
    stand for any text and any letter within a name, ``**`` for any folders; in a name they are letters. A name with
    backslashes, or with letters composed otherwise than on disk (ü as one or as two), is found all the same.

    Args:
        root: the data set's folder.
        names: the column of names, without blanks.
        image: what the mapping says of it.
        where: what holds them, for the message.

    Returns:
        Paths, text; files, tuples of paths, empty where there are none.

    Raises:
        BenchError: for a path that leads out of the root.
    """
    paths = names.map(lambda name: _joined(image.path, name))
    outside = paths.map(is_outside)
    if outside.any():
        raise BenchError(
            f"{where}, in line {outside.idxmax()}, leads to {paths[outside].iloc[0]!r}. Images lie below task.root, and"
            " their paths are written from there: shorten them in the table, or take a folder above them as task.root."
        )
    files = _Files(root)
    found = [files.named(name, image.path) for name in names]
    return paths, pd.Series(found, index=names.index, dtype=object)


def _joined(path: str, name: str) -> str:
    """The path of a name, with slashes; a leading one stays."""
    return PurePosixPath(path.replace("{}", name).replace("\\", "/")).as_posix()


class _Files:
    """What lies below a root; every folder is looked through once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.below = cache(lambda base, depth: _Tree(root, base, depth))

    def named(self, name: str, path: str) -> tuple[str, ...]:
        """The files of a name, by a mapping's path."""
        for spelt in _spellings(name):
            if found := self._matching(spelt, path):
                return found
        return ()

    def _matching(self, name: str, path: str) -> tuple[str, ...]:
        path = path.replace("\\", "/")
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if not _WILD.search(path):
            whole = PurePosixPath(path.replace("{}", name)).as_posix()
            if os.path.isfile(self.root / split_frame(whole)[0]) or os.path.isfile(self.root / whole):
                return (whole,)
            return tuple(self.below(whole, 1).files) if os.path.isdir(self.root / whole) else ()
        first = next(at for at, part in enumerate(parts) if _WILD.search(part))
        base = PurePosixPath(*(part.replace("{}", name) for part in parts[:first])).as_posix()
        rest = parts[first:]
        tree: _Tree = self.below(base, None if "**" in rest else len(rest))
        return tree.matching(rest, name)


def _spellings(name: str) -> Iterator[str]:
    """The name as it stands, with slashes for backslashes, and with its letters composed and taken apart."""
    slashed = name.replace("\\", "/")
    forms = (unicodedata.normalize(form, slashed) for form in ("NFC", "NFD"))
    yield from dict.fromkeys((name, slashed, *forms))


class _Tree:
    """The files below a folder, by their names: to this depth, or to any without following links."""

    def __init__(self, root: Path, base: str, depth: int | None) -> None:
        start = root if base == "." else root / base
        self.base = "" if base == "." else f"{base}/"
        self.files = sorted(f"{self.base}{file}" for file in _walk(str(start), depth, ""))
        self.by_name = sorted((file.rpartition("/")[2], file) for file in self.files)

    def matching(self, rest: list[str], name: str) -> tuple[str, ...]:
        """The files whose path below the folder is what these parts say of a name."""
        literal = rest[-1].replace("{}", name)
        begin = _WILD.split(rest[-1])[0].replace("{}", name) if _WILD.search(rest[-1]) else literal
        pattern = re.compile(re.escape(self.base) + _pattern(rest, name), re.DOTALL)
        found = []
        for file_name, file in self.by_name[bisect_left(self.by_name, (begin, "")) :]:
            if not file_name.startswith(begin):
                break
            if pattern.fullmatch(file):
                found.append(file)
        return tuple(sorted(found))


def _pattern(rest: list[str], name: str) -> str:
    """A regular expression of the parts of a path with wildcards."""
    signs = {"*": "[^/]*", "?": "[^/]", "{}": re.escape(name)}
    texts = []
    for place, part in enumerate(rest):
        if part == "**":
            texts.append("(?:.*/)?" if place < len(rest) - 1 else ".*")
            continue
        pieces = re.split(r"(\*|\?|\{\})", part)
        texts.append("".join(signs.get(piece, re.escape(piece)) for piece in pieces))
        texts.append("/" if place < len(rest) - 1 else "")
    return "".join(texts)


def _walk(folder: str, depth: int | None, prefix: str) -> Iterator[str]:
    """Files below a folder that are not hidden, by their paths from there."""
    try:
        entries = list(os.scandir(folder))
    except OSError:  # no folder, none that may be read, or links in a circle
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        path = prefix + entry.name
        if depth != 1 and _is_folder(entry, follow=depth is not None):
            yield from _walk(entry.path, None if depth is None else depth - 1, f"{path}/")
        elif os.path.isfile(entry.path):
            yield path


def _is_folder(entry: os.DirEntry[str], follow: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=follow)
    except OSError:
        return False
