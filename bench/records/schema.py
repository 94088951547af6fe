"""What a run leaves behind, and reading it back. The schema is the contract between runs and leaderboards."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bench.errors import BenchError
from bench.files import write_text

SCHEMA_VERSION: Literal[1] = 1
#: The method that everything is compared to: it does nothing against decodability.
BASELINE = "erm"

Model = TypeVar("Model", bound=BaseModel)


class Score(BaseModel):
    """One number with its 95% interval, clustered by patient, and everything it is about.

    ``value`` is None where it may not be guessed (group too small, one class only); ``note`` then says why.
    ``n`` counts images and ``patients`` the patients they belong to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int
    patients: int | None = None
    split: Literal["val", "test"]
    #: A target's name, or "macro" for the mean over targets; None where the metric has no target (decodability).
    target: str | None = None
    #: A grouping ("race", "sex", "age_group", "race x sex"); None: over all patients.
    attribute: str | None = None
    #: A group of the attribute, or a pair of them ("Asian → Black"); None with an attribute set: over its groups (worst
    #: group, gap, differences).
    group: str | None = None
    #: Where race is read from: "penultimate", "outputs", or a stage of the encoder, "stage 1" and on.
    view: str | None = None
    #: The probe that read it.
    probe: str | None = None
    #: None for the method itself; "untrained" (same architecture), "leace", "permuted" and controls are reference rows.
    reference: str | None = None
    #: The setting of a dial: feature noise σ of a depth, margin δ of a removal claim.
    level: float | None = None
    note: str | None = None


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MethodInfo(_Part):
    """The method, as it was.

    ``code`` is the sha256 of its source. A ``reference`` is ranked with nobody. One that is ``race_free`` was trained
    and tested on twins of the images that do not show the protected attribute.
    """

    name: str
    summary: str
    origin: str
    code: str
    uses_race: Literal["never", "train", "test"]
    hyperparameters: dict[str, bool | int | float | str]
    reference: bool = False
    race_free: bool = False


class TaskInfo(_Part):
    """What was diagnosed, and which attribute is protected."""

    name: str
    targets: list[str]
    protected: str
    groups: list[str]
    image_size: int


class Cell(_Part):
    """One group of the protected attribute in one split; None is the group of those in whom it is unknown.

    ``positive`` and ``negative`` count images by target; the others are unknown.
    """

    split: Literal["train", "val", "test"]
    group: str | None
    images: int
    patients: int
    positive: dict[str, int]
    negative: dict[str, int]


class Attrition(_Part):
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


class DataInfo(_Part):
    """The data it was trained and tested on: hashes and counts, no patient.

    ``attrition`` says what became of the data set's rows; records made before there was such a table have ``excluded``
    instead, rows left out and values set to unknown in one. ``true_labels`` names the targets whose test scores are
    made against true labels; training, thresholds and val scores took the reported ones.
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


class External(_Part):
    """The same network on the test patients of a set that it was not trained on: another data set, or a site left out.

    ``targets`` and ``groups`` are those of the task that the set has, too. Thresholds are those chosen where the
    network was trained. ``scoring`` and ``suite_version`` are as in the record.
    """

    name: str
    data: DataInfo
    targets: list[str]
    groups: list[str]
    scoring: dict[str, int | str]
    suite_version: int
    flags: list[str]
    scores: list[Score]


class TrainingInfo(_Part):
    """How training went: epochs run, the epoch kept (from 0) and its validation AUROC, every epoch's, seconds."""

    epochs: int
    best_epoch: int
    best_auroc: float
    curve: list[dict[str, float]]
    seconds: float


class Record(_Part):
    """A run, whole: what was asked for, what came out, and on what machine."""

    schema_version: Literal[1] = SCHEMA_VERSION
    id: str
    created: str
    method: MethodInfo
    task: TaskInfo
    data: DataInfo
    backbone: str
    seed: int
    trainer: dict[str, int | float | str]
    training: TrainingInfo
    scored: list[Literal["val", "test"]]
    scoring: dict[str, int | str]
    suite_version: int
    flags: list[str]
    scores: list[Score]
    external: list[External] = Field(default_factory=list)
    environment: dict[str, Any] = Field(default_factory=dict)
    seconds: dict[str, float] = Field(default_factory=dict)

    def score(self, metric: str, **dimensions: Any) -> Score:
        """The one score of this metric on test patients with these dimensions, all others None.

        Raises:
            KeyError: when the record holds none.
        """
        wanted = dict.fromkeys(("target", "attribute", "group", "view", "probe", "reference", "level"))
        wanted |= {"split": "test"} | dimensions
        for score in self.scores:
            if score.metric == metric and all(getattr(score, name) == value for name, value in wanted.items()):
                return score
        raise KeyError(f"{metric} {dimensions}")


def identity(determinants: Any) -> str:
    """Sixteen hex digits of the hash of everything that determines a result (any JSON-able value)."""
    return hashlib.sha256(json.dumps(determinants, sort_keys=True).encode()).hexdigest()[:16]


def write(record: Record, folder: Path) -> Path:
    """Write ``record.json``: the last file of a run to appear, so its presence says that all others are there."""
    path = folder / "record.json"
    write_text(path, record.model_dump_json(indent=1) + "\n")
    return path


def read(path: Path) -> Record:
    """Read one ``record.json``.

    Raises:
        BenchError: naming the file, when it is no record of this schema.
    """
    return parse(path, Record, "record")


def parse(path: Path, model: type[Model], what: str) -> Model:
    """What a run left in a JSON file of this schema.

    Raises:
        BenchError: naming the file and the first thing in it that is not of the schema.
    """
    try:
        return model.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise BenchError(
            f"{path} is not a {what} of schema version {SCHEMA_VERSION}: {where}: {first['msg']}. Delete the folder "
            "and run the same command again to make it anew."
        ) from error


def read_all(runs_dir: Path, task: str | None = None) -> list[Record]:
    """Every record below a folder, of one task or all, in the order of their paths.

    Raises:
        BenchError: when there is no such folder, or a record in it cannot be read.
    """
    if not runs_dir.is_dir():
        raise BenchError(f"There is no folder {runs_dir}: make runs first (bench run …), or say where with runs_dir=…")
    records = [read(path) for path in sorted(runs_dir.rglob("record.json"))]
    return [record for record in records if task in (None, record.task.name)]


def patient_key(runs_dir: Path) -> bytes:
    """The secret that patient ids are hashed with: made once a runs folder, never part of a record.

    Whoever gets a record without this file can tell which rows are of one patient, and nothing more.
    """
    path = runs_dir / ".patient-key"
    if not path.exists():
        mine = runs_dir / f".patient-key.{os.getpid()}"
        descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(32).encode())
        # A link appears whole, and not at all where another run was first.
        with contextlib.suppress(FileExistsError):
            os.link(mine, path)
        mine.unlink()
    return path.read_bytes()


def keyed_hashes(key: bytes, names: Iterable[str]) -> list[str]:
    """HMAC-SHA256 of each name, 16 hex digits."""
    return [hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:16] for name in names]
