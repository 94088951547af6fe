"""What one cell of an experiment leaves behind. The file is no ``record.json``: leaderboards do not look for it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bench.errors import BenchError
from bench.records import DataInfo, Score, TaskInfo, TrainingInfo, write_text

RESULT = "result.json"
SCHEMA_VERSION: Literal[1] = 1

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

    schema_version: Literal[1] = SCHEMA_VERSION
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
    if not path.exists():
        return None
    try:
        return Result.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise BenchError(
            f"{path} is no result of schema version {SCHEMA_VERSION}: {where}: {first['msg']}. Delete the folder and "
            "give the same command again to make it anew."
        ) from error


def macro(scores: Iterable[Score]) -> Score | None:
    """The first mean over groups among these scores: what is said of a cell in one line."""
    return next((score for score in scores if score.target in ("macro", None)), None)
