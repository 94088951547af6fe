"""What ``run.json`` says of a run: what was asked for, what it was trained on, how training went. It never changes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

#: Of the files that a run leaves. Version 1 was one ``record.json``; :mod:`bench.records.conversion` reads it.
SCHEMA_VERSION: Literal[2] = 2
#: The method that everything is compared to: it does nothing against decodability.
BASELINE = "erm"


class Part(BaseModel):
    """A part of a record: immutable, and without any field that the schema does not name."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MethodInfo(Part):
    """The method, as it was.

    ``code`` is the sha256 of its source; of a hyperparameter that is a file that of the content stands there. A
    ``reference`` is ranked with nobody. One that is ``race_free`` was trained and tested on twins of the images that do
    not show the protected attribute. ``tuning`` says where the hyperparameters come from: "default", "set by hand" or
    "tuned: 16 trials"; nothing is said in records made before it was kept.
    """

    name: str
    summary: str
    origin: str
    code: str
    uses_race: Literal["never", "train", "test"]
    hyperparameters: dict[str, bool | int | float | str | tuple[bool | int | float | str, ...] | None]
    reference: bool = False
    race_free: bool = False
    tuning: str = ""


class TaskInfo(Part):
    """What was diagnosed, and which attribute is protected."""

    name: str
    targets: list[str]
    protected: str
    groups: list[str]
    image_size: int


class Cell(Part):
    """One group of the protected attribute in one split; None is the group of those in whom it is unknown.

    ``positive`` and ``negative`` count images by target; the others are unknown.
    """

    split: Literal["train", "val", "test"]
    group: str | None
    images: int
    patients: int
    positive: dict[str, int]
    negative: dict[str, int]


class Attrition(Part):
    """What became of the rows of a data set's own table: rows in are rows kept and rows left out.

    ``excluded`` counts rows that were left out, by reason, unreadable images included. Of the images kept, ``unknown``
    counts by column those without a value, and ``set_to_unknown`` the values that were taken away, by reason.
    """

    rows: int
    excluded: dict[str, int]
    kept: int
    patients: int
    unknown: dict[str, int]
    set_to_unknown: dict[str, int]
    cells: list[Cell]

    @model_validator(mode="after")
    def _adds_up(self) -> Attrition:
        if self.rows != self.kept + sum(self.excluded.values()) or self.kept != sum(cell.images for cell in self.cells):
            raise ValueError(
                f"{self.rows} rows are not the {self.kept} kept ({sum(cell.images for cell in self.cells)} in cells)"
                f" and the {sum(self.excluded.values())} left out"
            )
        return self


class DataInfo(Part):
    """The data it was trained and tested on: hashes and counts, no patient.

    ``attrition`` says what became of the data set's rows; records made before there was such a table have ``excluded``
    instead, rows left out and values set to unknown in one. ``true_labels`` names the targets whose test scores are
    made against true labels; training, thresholds and val scores took the reported ones. ``options`` are the data set's
    own, without paths; of records made before they were kept there are none.
    """

    dataset: str
    synthetic: bool
    fingerprint: str
    split_fingerprint: str
    images: dict[str, int]
    patients: dict[str, int]
    attrition: Attrition | None = None
    excluded: dict[str, int] = Field(default_factory=dict)
    true_labels: list[str] = Field(default_factory=list)
    options: dict[str, Any] = Field(default_factory=dict)


class Cost(Part):
    """What training cost, as the framework counted it.

    ``images`` were learnt from, over all epochs. The encoder went ``forward`` and ``backward`` with so many, and
    whatever else takes images in went so many passes both ways (``other``). ``relative`` is the sum of all passes over
    that of plain training, which goes forward and backward once with every image. ``parameters`` are those of encoder
    and head, ``extra_parameters`` those of all else that was trained or used. ``seconds`` are those of training alone,
    ``peak_memory`` bytes of the GPU, or of the process. ``files`` names the hyperparameters that were files: what a
    network was begun with is budget that stands in none of the figures.
    """

    images: int
    forward: int
    backward: int
    other: int
    relative: float
    parameters: int
    extra_parameters: int
    seconds: float
    peak_memory: int
    files: list[str] = Field(default_factory=list)


class TrainingInfo(Part):
    """How training went: epochs run, the epoch kept (from 0) and its validation AUROC, every epoch's, seconds.

    ``cost`` is None in records made before it was counted.
    """

    epochs: int
    best_epoch: int
    best_auroc: float
    curve: list[dict[str, float]]
    seconds: float
    cost: Cost | None = None

    @model_validator(mode="after")
    def _is_of_its_epochs(self) -> TrainingInfo:
        # Of a record that came from elsewhere the curve may be lost, but not half of it.
        if len(self.curve) not in (0, self.epochs) or not 0 <= self.best_epoch < max(self.epochs, 1):
            raise ValueError(
                f"a curve of {len(self.curve)} epochs, the best {self.best_epoch}, is none of {self.epochs}"
            )
        return self


class RunRecord(Part):
    """A trained network: what was asked for, what it was trained on, how training went, and on what machine.

    ``id`` is the hash of everything that determines the weights. Scores stand in files of their own.
    """

    schema_version: Literal[2] = SCHEMA_VERSION
    id: str
    created: str
    method: MethodInfo
    task: TaskInfo
    data: DataInfo
    backbone: str
    seed: int
    trainer: dict[str, int | float | str]
    training: TrainingInfo
    environment: dict[str, Any] = Field(default_factory=dict)
    seconds: dict[str, float] = Field(default_factory=dict)
