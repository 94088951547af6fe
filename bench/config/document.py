"""What ``bench show`` shows: what a method or a task is, and its options."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from typing import Any

from bench.config import RunConfig, describe
from bench.config.schema import SCORING
from bench.pages.document import Block, Column, Document, Facts, Paragraph, Section, Text, code, single
from bench.plugins.registry import METHODS, TASKS, datasets

_OPTIONS = (Column("option"), Column("default"), Column("takes"))
#: The default of options whose default is another's.
_OF_ANOTHER = {
    **dict.fromkeys(("task.dataset", "task.protected", "task.image_size", "backbone"), "the task's"),
    "test.dataset": "task.dataset",
}


def of_method(name: str) -> Document:
    """What a method is, its source, and its hyperparameters with defaults and ranges."""
    # Here, since options are listed without waiting for torch.
    from bench.families import FAMILIES
    from bench.method.declared import needs
    from bench.method.hyperparameters import hyperparameters

    entry = METHODS.get(name)
    cls = entry.load()
    source = f"{cls.source} ({cls.year})" if cls.source and cls.year else cls.source or "not stated"
    facts: list[tuple[str, Text]] = [
        ("Family", f"{cls.family}: {FAMILIES[cls.family]}" if cls.family else "not stated"),
        ("Source", source),
        ("Deviations", cls.deviations or "none stated"),
        ("Sees the protected attribute", cls.uses_race),
        ("Needs besides", ", ".join(needs(cls)) or "nothing"),
        ("Stages", ", ".join(f"{name} ({share:.0%})" for name, share in cls.stages)),
        ("Image passes", f"{cls.cost:g} × those of plain training"),
        ("Code", entry.origin),
    ]
    blocks = [*_paragraphs(cls.__doc__), Facts(tuple(facts))]
    if cls.race_free:
        blocks.append(
            Paragraph("Trained and tested on twins that do not show the protected attribute: synthetic data only.")
        )
    options = [
        (f"method.{option}", str(tunable.default), tunable.range, tunable.help)
        for option, tunable in hyperparameters(cls).items()
    ]
    return Document((Section((*blocks, single((*_OPTIONS, Column("")), options))),), entry.name)


def of_task(name: str, dataset: str | None) -> Document:
    """What a task diagnoses, its attributes and data sets, and the options of one data set."""
    entry = TASKS.get(name)
    task = entry.load()
    chosen = datasets(entry).get(dataset or task.dataset).load()
    facts: list[tuple[str, Text]] = [("Targets", ", ".join(task.targets))]
    for attribute, groups in task.attributes.items():
        protected = " (protected by default)" if attribute == task.protected else ""
        facts.append((f"Attribute {attribute}{protected}", ", ".join(groups)))
    facts.append(("Covariates", ", ".join(task.covariates) or "none"))
    facts.append(("Image size", f"{task.image_size} px, backbone {task.backbone}"))
    if chosen.targets is not None:
        facts.append((f"Targets of {chosen.name}", ", ".join(chosen.targets)))
    sets = [(found.name, found.summary) for found in datasets(entry).entries()]
    options = describe(chosen.options, "task.")
    return Document(
        title=entry.name,
        sections=(
            Section((*_paragraphs(task.__doc__), Facts(tuple(facts)))),
            Section((single((Column("name"), Column("what it is")), sets),), "Data sets"),
            Section(
                (
                    single(_OPTIONS, options),
                    Facts((("Source", f"{chosen.source}. Licence: {chosen.licence}"),)),
                ),
                f"Options of {chosen.name}",
            ),
        ),
    )


def of_options() -> Document:
    """Every option that does not belong to a method or a data set, and the names that such options take."""
    # Here, since these import torch, and other pages do without.
    from bench.method.backbones import BACKBONES
    from bench.scoring.suites import SUITES

    hidden = ("method.", "backbone.name", "task.name", "task.plugin", "task.options", "test.options")
    rows = [
        (name, default or _OF_ANOTHER[name], takes)
        for name, default, takes in describe(RunConfig)
        if not name.startswith(hidden)
    ]
    named: list[tuple[str, Text]] = [("Backbones", ", ".join(BACKBONES)), ("Suites", ", ".join(map(str, SUITES)))]
    named += [(f"scoring={name}", _preset(preset)) for name, preset in SCORING.items() if preset]
    more = (code("bench show method=…"), " and ", code("bench show task=…"))
    said = Paragraph((*more, " list the options of a method and of a data set."))
    return Document((Section((single(_OPTIONS, rows), Facts(tuple(named)), said)),))


def _preset(options: Mapping[str, Any]) -> str:
    return "stands for " + " ".join(f"scoring.{name}={str(value).lower()}" for name, value in options.items())


def _paragraphs(docstring: str | None) -> Iterable[Block]:
    return [Paragraph(text) for text in re.split(r"\n\s*\n", inspect.cleandoc(docstring or "")) if text.strip()]
