"""The tables of tasks and data sets in docs/datasets.md, from the registry: ``python -m tests.proofs.datasets_page``.

What is declared in code is written between markers such as ``<!-- data sets of cxr -->``; what only a person can say,
files and quirks, stands below by hand.
"""

from __future__ import annotations

from typing import Any, get_args

from bench.files import whole
from bench.plugins.registry import TASKS, datasets
from bench.task import Dataset, Task
from tests.places import ROOT
from tests.proofs.markdown import inserted, table_of

PAGE = ROOT / "docs" / "datasets.md"
_TASKS = ("task", "targets", "protected", "groups", "other attributes", "covariates", "size, backbone")
_DATASETS = ("data set", "what it holds", "targets", "options", "licence", "source")
#: Anyone's own table is a data set of every task, and described on a page of its own.
_OWN = "csv"


def written(page: str) -> str:
    """The page with every table as the registry has it now; a task that it lacks gets a section at its end."""
    tasks = {entry.name: entry for entry in TASKS.entries()}
    for name, entry in tasks.items():
        if _heading(name) not in page:
            page = f"{page.rstrip()}\n\n## {entry.load().summary.capitalize()} {_heading(name)}\n"
            page = inserted(page, _marker(name), "")
    order = sorted(tasks, key=lambda name: page.index(_heading(name)))
    page = inserted(page, "tasks", table_of(_TASKS, [_task_row(tasks[name].load()) for name in order]))
    for name, entry in tasks.items():
        found = [one.load() for one in datasets(entry).entries() if one.name != _OWN]
        page = inserted(page, _marker(name), table_of(_DATASETS, map(_dataset_row, found)))
    return page


def _heading(task: str) -> str:
    return f"(`task={task}`)"


def _marker(task: str) -> str:
    return f"data sets of {task}"


def _task_row(task: type[Task]) -> list[str]:
    others = [name for name in task.attributes if name != task.protected]
    colour = " in color" if task.channels == 3 else ""
    return [
        _code(task.name),
        ", ".join(map(_code, task.targets)),
        _code(task.protected),
        ", ".join(task.attributes[task.protected]),
        ", ".join(others),
        ", ".join(task.covariates),
        f"{task.image_size} px{colour}, {_code(task.backbone)}",
    ]


def _dataset_row(dataset: Dataset) -> list[str]:
    options = [_option(name, field) for name, field in dataset.options.model_fields.items()]
    targets = "all" if dataset.targets is None else ", ".join(map(_code, dataset.targets))
    source = f"<{dataset.source}>" if dataset.source.startswith("http") else dataset.source
    cells = [_code(dataset.name), dataset.summary, targets, ", ".join(options), dataset.licence, source]
    return [cell.replace("|", r"\|") for cell in cells]


def _option(name: str, field: Any) -> str:
    """An option with its choices, the default first; or with its default, where that is a plain one."""
    choices = [value for value in get_args(field.annotation) if isinstance(value, str)]
    if choices:
        return _code(f"{name}={', '.join([field.default, *(c for c in choices if c != field.default)])}")
    return _code(f"{name}={field.default}" if isinstance(field.default, int | float | str) else name)


def _code(text: str) -> str:
    return f"`{text}`"


def main() -> None:
    """Write the page."""
    page = written(PAGE.read_text(encoding="utf-8"))
    with whole(PAGE) as partial:
        partial.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
