"""The tree in docs/house.md is the tree that is there: every name in it exists, every folder and module is in it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.places import ROOT

HOUSE = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
NAME = r"[\w.-]+(?:/|\.py|\.typed)"


def tree() -> str:
    """The block that draws it."""
    return next(text for text in re.findall(r"```\n(.*?)```", HOUSE, flags=re.DOTALL) if text.startswith("bench/"))


def listed() -> list[tuple[str, Path | None]]:
    """Every name in the tree with the place it stands for; None where there is no such place.

    The names that begin a line stand below the line that is indented less; a folder that the line's words name stands
    somewhere below that, beside it, or is named from the root.
    """
    found: list[tuple[str, Path | None]] = []
    above: list[tuple[int, Path]] = []
    for line in tree().splitlines():
        indent = len(line) - len(line.lstrip())
        above = [(depth, place) for depth, place in above if depth < indent]
        parent = above[-1][1] if above else ROOT
        names, words = re.fullmatch(rf"\s*((?:{NAME}(?:\s+|$))*)(.*)", line).groups()  # type: ignore[union-attr]
        entries = [parent / name for name in names.split()]
        found += [(entry.name, entry if entry.exists() else None) for entry in entries]
        if entries and entries[0].is_dir():
            above.append((indent, entries[0]))
        for name in re.findall(r"(?<![\w/.-])([\w.-]+(?:/[\w.-]+)*)/(?=\W|$)", words):
            around = [below for one in entries if one.is_dir() for below in one.rglob(name)]
            places = [place for place in (*around, parent / name, ROOT / name) if place.is_dir()]
            found.append((name, places[0] if places else None))
    return found


def test_every_name_in_the_tree_is_there() -> None:
    assert [name for name, place in listed() if place is None] == []


def test_every_folder_and_loose_module_is_in_the_tree() -> None:
    there = {path.parent for path in (ROOT / "bench").rglob("*.py")}
    there |= {path for path in (ROOT / "bench").glob("*.py") if not path.name.startswith("__")}
    named = {place for _, place in listed()}
    assert sorted(str(path.relative_to(ROOT)) for path in there - named) == []
    assert {ROOT / name for name in ("methods", "tasks", "leaderboards", "tests", "docs")} <= named


def test_every_file_it_points_to_is_there() -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        for link in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
            if not link.startswith("http"):
                assert (page.parent / link).exists(), f"{page.name}: {link}"
