"""What ``bench show`` prints: what a method or a task is, and its options."""

from __future__ import annotations

from rich.table import Table

from bench.pages.report import console_of_output


def print_method(name: str) -> None:
    """What a method is, its source, and its hyperparameters with defaults and ranges."""
    from bench.method.hyperparameters import hyperparameters
    from bench.plugins.registry import METHODS

    entry = METHODS.get(name)
    cls = entry.load()
    console = console_of_output()
    console.print(f"[bold]{entry.name}[/bold]: {_paragraphs(cls.__doc__)}")
    console.print(f"Source: {cls.source or 'not stated'}", soft_wrap=True)
    console.print(f"Sees the protected attribute: {cls.uses_race}. Code: {entry.origin}", soft_wrap=True)
    if cls.race_free:
        console.print("Trained and tested on twins that do not show the protected attribute: synthetic data only.")
    table = Table("option", "default", "takes", "", box=None, pad_edge=False)
    for option, tunable in hyperparameters(cls).items():
        table.add_row(f"method.{option}", str(tunable.default), tunable.range, tunable.help)
    console.print(table)


def print_task(name: str, dataset: str | None) -> None:
    """What a task diagnoses, its attributes and data sets, and the options of one data set."""
    from bench.config import describe
    from bench.plugins.registry import TASKS, datasets

    entry = TASKS.get(name)
    task = entry.load()
    chosen = datasets(entry).get(dataset or task.dataset).load()
    console = console_of_output()
    console.print(f"[bold]{entry.name}[/bold]: {_paragraphs(task.__doc__)}")
    console.print(f"Targets: {', '.join(task.targets)}")
    for attribute, groups in task.attributes.items():
        protected = " (protected by default)" if attribute == task.protected else ""
        console.print(f"Attribute {attribute}{protected}: {', '.join(groups)}")
    console.print(f"Image size {task.image_size} px, backbone {task.backbone}")
    if chosen.targets is not None:
        console.print(f"Targets of {chosen.name}: {', '.join(chosen.targets)}")
    console.print("Data sets: " + "; ".join(f"{found.name} ({found.summary})" for found in datasets(entry).entries()))
    table = Table("option", "default", "takes", title=f"Options of {chosen.name}", title_justify="left", box=None)
    for option, default, takes in describe(chosen.options, "task."):
        table.add_row(option, default, takes)
    console.print(table)
    console.print(f"Source: {chosen.source}. Licence: {chosen.licence}", soft_wrap=True)


def print_options() -> None:
    """Every option that does not belong to a method or a data set."""
    from bench.config import RunConfig, describe

    table = Table("option", "default", "takes", box=None, pad_edge=False)
    for option, default, takes in describe(RunConfig):
        if not option.startswith(("method.", "task.options")) and option not in ("task.name", "task.plugin"):
            table.add_row(option, default, takes)
    console = console_of_output()
    console.print(table)
    console.print("`bench show method=…` and `bench show task=…` list the options of a method and of a data set.")


def _paragraphs(docstring: str | None) -> str:
    import inspect

    return inspect.cleandoc(docstring or "")
