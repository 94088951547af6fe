"""What one cell of an experiment leaves behind. Leaderboards do not look for the file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bench.files import write_text
from bench.records import SCHEMA_VERSION, DataInfo, Score, TaskInfo, TrainingInfo, parse

RESULT = "result.json"

Value = bool | int | float | str
#: What is varied in an experiment, by name: ``{"filter": "low-pass", "cutoff": 25.0}``.
Cell = dict[str, Value]


class Result(BaseModel):
    """One cell of an experiment with one seed.

    ``details`` are what follows from the cell and the data (the radius in cycles per image, the share of bins kept);
    ``scores`` hold the one-vs-rest AUROC of each group as ``target`` and their mean as ``macro``; ``training`` is that
    of the network made for this cell, None where none was; ``seconds`` is what the cell took.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: Literal[2] = SCHEMA_VERSION
    id: str
    created: str
    experiment: str
    cell: Cell
    seed: int
    task: TaskInfo
    data: DataInfo
    backbone: str
    trainer: dict[str, int | float | str]
    training: TrainingInfo | None
    scores: list[Score]
    details: Cell = Field(default_factory=dict)
    notes: list[str] = Field(default_factory=list)
    environment: dict[str, Any] = Field(default_factory=dict)
    seconds: float


def write(result: Result, folder: Path) -> None:
    """Write ``result.json``, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / RESULT, result.model_dump_json(indent=1) + "\n")


def read(folder: Path) -> Result | None:
    """The result in this folder; None where there is none.

    Raises:
        BenchError: naming the file, when it is no result of this schema.
    """
    path = folder / RESULT
    return parse(path, Result, "result") if path.exists() else None


def macro(scores: Iterable[Score]) -> Score | None:
    """The first mean over groups among these scores: what is said of a cell in one line."""
    return next((score for score in scores if score.target in ("macro", None)), None)
