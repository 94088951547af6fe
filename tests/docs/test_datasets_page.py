"""docs/datasets.md names every task and data set that there is, with its targets, groups, options and no others."""

from __future__ import annotations

import re

import pytest

from bench.plugins.registry import TASKS, datasets
from tests.places import ROOT

PAGE = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")
NAMES = [entry.name for entry in TASKS.entries()]


def section(task: str) -> str:
    """What stands below the heading of a task."""
    (found,) = re.findall(rf"^## [^\n]*\(`task={task}`\)\n(.*?)(?=^## |\Z)", PAGE, flags=re.DOTALL | re.MULTILINE)
    return found


def row(name: str, text: str) -> list[str]:
    """The cells of the table row that begins with this name."""
    (line,) = re.findall(rf"^\| `{name}` \|(.*)\|$", text, flags=re.MULTILINE)
    return [cell.strip() for cell in line.split("|")]


def test_every_task_has_a_row_and_a_section() -> None:
    assert sorted(re.findall(r"\(`task=(\w+)`\)", PAGE)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_task_is_as_the_page_says(name: str) -> None:
    task = TASKS.get(name).load()
    targets, protected, groups, _, covariates, build = row(name, PAGE[: PAGE.index("\n## ")])
    assert protected == f"`{task.protected}`"
    assert groups.split(", ") == list(task.attributes[task.protected])
    assert [word for word in covariates.split(", ") if word] == list(task.covariates)
    assert build.startswith(f"{task.image_size} px")
    assert build.endswith(f"`{task.backbone}`")
    assert ("in color" in build) == (task.channels == 3)
    assert re.findall(r"`(\w+)`", targets) == list(task.targets)


@pytest.mark.parametrize("name", NAMES)
def test_every_data_set_has_a_row(name: str) -> None:
    listed = re.findall(r"^\| `(\w+)` \|", section(name), flags=re.MULTILINE)
    assert sorted([*listed, "csv"]) == [entry.name for entry in datasets(TASKS.get(name)).entries()]


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_named(name: str) -> None:
    for entry in datasets(TASKS.get(name)).entries():
        if entry.name in ("csv", "phantom"):
            continue
        dataset = entry.load()
        assert dataset.source
        assert dataset.licence
        cells = " ".join(row(entry.name, section(name)))
        for option in dataset.options.model_fields:
            assert re.search(rf"`{option}\b", cells), (entry.name, option)
