"""What the commands print: scores in one table, a sweep's trials, and what a plugin is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bench.records import Record, Score

if TYPE_CHECKING:
    from bench.sweep import Sweep

#: Where the output is no terminal there is no width to fit it in.
_WIDTH = 110


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH)


def print_record(record: Record, folder: Path) -> None:
    """Both kinds of scores of a run, on test patients (validation patients, where only those were scored)."""
    split = "test" if "test" in record.scored else "val"
    scores = [score for score in record.scores if score.split == split]
    console = _console()
    data = (
        f"{record.data.dataset} (synthetic patients, not real ones)" if record.data.synthetic else record.data.dataset
    )
    title = f"{record.method.name} on {record.task.name}, {data}: {record.data.patients[split]} {split} patients"
    table = Table("", "value", "95% interval", title=title, title_justify="left", box=None, pad_edge=False)
    table.add_row("[bold]Diagnosis[/bold] (AUROC)", "", "")
    for score in scores:
        if score.metric == "auroc" and score.attribute is None:
            _add(table, f"  {score.target}", score)
    protected = record.task.protected
    for score in scores:
        if score.metric == "auroc" and score.attribute == protected and score.target == "macro":
            _add(table, f"  macro, {score.group}", score)
    for metric, words in _FAIRNESS.items():
        for score in _where(scores, metric=metric, attribute=protected, group=None):
            if score.target in ("macro", None) or metric.startswith("underdiagnosis"):
                _add(table, f"  {words}", score)
    table.add_row("", "", "")
    table.add_row(f"[bold]Residual decodability of {protected}[/bold] (one-vs-one AUROC; 0.5 = cannot be read)", "", "")
    for view in ("penultimate", "outputs"):
        for score in _where(scores, metric="decodability", view=view, reference=None):
            _add(table, f"  {view} ({score.probe} probe)", score)
        for score in _where(scores, metric="decodability_within_label", view=view, reference=None):
            _add(table, f"  {view}, within label", score)
        for score in _where(scores, metric="decodability", view=view, reference="untrained"):
            _add(table, f"  {view}, same network untrained", score)
        for score in _where(scores, metric="decodability_null", view=view):
            _add(table, f"  {view}, null ({protected} permuted over patients)", score)
    console.print(table)
    if record.flags:
        console.print(f"Flags: {', '.join(record.flags)}")
    if record.data.excluded:
        console.print("Left out or set to unknown: " + "; ".join(f"{k}: {n}" for k, n in record.data.excluded.items()))
    console.print(f"Record: {folder / 'record.json'}", soft_wrap=True)


_FAIRNESS = {
    "worst_auroc": "macro, worst group",
    "auroc_gap": "macro, gap between groups",
    "equalized_odds_difference": "equalized-odds difference",
    "demographic_parity_difference": "demographic-parity difference",
    "underdiagnosis_rate_gap": "underdiagnosis gap (false positives of no finding)",
}


def print_sweep(sweep: Sweep) -> None:
    """The trials of a sweep on validation patients, the chosen one marked, and the rule that chose it."""
    from bench.sweep import decodability, describe, macro_auroc

    console = _console()
    table = Table("", "trial", "AUROC", "decodability", "hyperparameters", title="Validation patients", box=None)
    auroc, decoded = macro_auroc(sweep.baseline), decodability(sweep.baseline)
    table.add_row("", sweep.baseline.method.name, f"{auroc:.3f}", f"{decoded:.3f}", "")
    for number, trial in enumerate(sweep.trials, start=1):
        mark = "→" if trial.number == sweep.chosen.number else ""
        table.add_row(
            mark, str(number), f"{trial.values[0]:.3f}", f"{trial.values[1]:.3f}", describe(dict(trial.params))
        )
    console.print(table)
    if sweep.within:
        console.print(f"→ lowest decodability among trials whose AUROC is {sweep.limit:.3f} or more.")
    else:
        console.print(f"→ highest AUROC: no trial reached {sweep.limit:.3f}. More trials may (sweep.trials=…).")
    console.print(f"Trials: {sweep.storage}", soft_wrap=True)


def print_method(name: str) -> None:
    """What a method is, its source, and its hyperparameters with defaults and ranges."""
    from bench.hyperparameters import hyperparameters
    from bench.registry import METHODS

    entry = METHODS.get(name)
    cls = entry.load()
    console = _console()
    console.print(f"[bold]{entry.name}[/bold]: {_paragraphs(cls.__doc__)}")
    console.print(f"Source: {cls.source or 'not stated'}", soft_wrap=True)
    console.print(f"Sees the protected attribute: {cls.uses_race}. Code: {entry.origin}", soft_wrap=True)
    table = Table("option", "default", "takes", "", box=None, pad_edge=False)
    for option, tunable in hyperparameters(cls).items():
        table.add_row(f"method.{option}", str(tunable.default), tunable.range, tunable.help)
    console.print(table)


def print_task(name: str, dataset: str | None) -> None:
    """What a task diagnoses, its attributes and data sets, and the options of one data set."""
    from bench.config import describe
    from bench.registry import TASKS, datasets

    entry = TASKS.get(name)
    task = entry.load()
    chosen = datasets(entry).get(dataset or task.dataset).load()
    console = _console()
    console.print(f"[bold]{entry.name}[/bold]: {_paragraphs(task.__doc__)}")
    console.print(f"Targets: {', '.join(task.targets)}")
    for attribute, groups in task.attributes.items():
        protected = " (protected by default)" if attribute == task.protected else ""
        console.print(f"Attribute {attribute}{protected}: {', '.join(groups)}")
    console.print(f"Image size {task.image_size} px, backbone {task.backbone}")
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
    console = _console()
    console.print(table)
    console.print("`bench show method=…` and `bench show task=…` list the options of a method and of a data set.")


def _paragraphs(docstring: str | None) -> str:
    import inspect

    return inspect.cleandoc(docstring or "")


def _where(scores: Iterable[Score], **dimensions: str | None) -> list[Score]:
    return [s for s in scores if all(getattr(s, name) == value for name, value in dimensions.items())]


def _add(table: Table, label: str, score: Score) -> None:
    if score.value is None:
        table.add_row(label, "–", score.note or "")
        return
    interval = "" if score.low is None or score.high is None else f"{score.low:.3f} – {score.high:.3f}"
    table.add_row(label, f"{score.value:.3f}", interval)
