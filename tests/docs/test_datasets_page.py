"""docs/datasets.md has every task and data set as the registry has it, and by hand speaks of no others."""

from __future__ import annotations

import re

import pytest

from bench.plugins.registry import TASKS, datasets
from tests.places import ROOT
from tests.proofs import datasets_page

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
def test_every_data_set_has_a_row_and_no_other_is_spoken_of(name: str) -> None:
    generated = re.findall(rf"<!-- data sets of {name} -->\n(.*?)<!-- /", section(name), flags=re.DOTALL)
    listed = re.findall(r"^\| `(\w+)` \|", "".join(generated), flags=re.MULTILINE)
    there = [entry.name for entry in datasets(TASKS.get(name)).entries()]
    assert sorted([*listed, "csv"]) == there
    assert set(re.findall(r"^\| `(\w+)` \|", section(name), flags=re.MULTILINE)) <= set(there)


@pytest.mark.parametrize("name", NAMES)
def test_every_data_set_says_where_it_is_from_and_names_its_options(name: str) -> None:
    for entry in datasets(TASKS.get(name)).entries():
        if entry.name == "csv":
            continue
        dataset = entry.load()
        assert dataset.source
        assert dataset.licence
        line = next(line for line in section(name).splitlines() if line.startswith(f"| `{entry.name}` |"))
        for text in (dataset.summary, dataset.source, dataset.licence):
            assert text in line
        for option in dataset.options.model_fields:
            assert re.search(rf"`{option}\b", line), (entry.name, option)


def test_the_tables_are_what_the_registry_says() -> None:
    assert datasets_page.written(PAGE) == PAGE, "docs/datasets.md is not what the code declares: run `make docs`"


def test_a_task_that_the_page_lacks_gets_a_section() -> None:
    without = PAGE.replace("(`task=hand`)", "").replace("data sets of hand", "data sets of nobody")
    page = datasets_page.written(without)
    assert page.count("(`task=hand`)") == 1
    assert "| `digital_hand_atlas` |" in page[page.index("(`task=hand`)") :]
    assert datasets_page.written(page) == page
