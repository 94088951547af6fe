"""The file that holds every score of a network in one arena by one suite, and says what it may stand beside."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from pydantic import Field

from bench.records.query import Scores
from bench.records.run_record import SCHEMA_VERSION, DataInfo, Part
from bench.records.score import Score

Unit = Literal["image", "study"]
#: The layers that the whole suite read; others were read by linear probes.
Layers = Literal["features", "all"]
#: Val and test patients of the set that was trained on, patients rendered with a group drawn at random, patients in
#: three test conditions, or others.
Place = Literal["val", "test", "trial", "conditions", "elsewhere"]


class Head(Part):
    """What a file's scores are of, and by what they were made: files are comparable where all of it agrees.

    ``arena`` is the name of the set; ``place`` says whether it is the val or test patients of the set trained on, a
    trial, test conditions or another set. ``data`` and ``split`` are fingerprints of its table with pixels, and of
    which image is in which split. ``layers`` are those that the whole suite read. ``unit`` is what counts once, ``n``
    how many there are, of ``patients``. ``scoring`` and ``suite`` are the versions of what made the scores.
    """

    arena: str
    place: Place
    dataset: str
    synthetic: bool
    data: str
    split: str
    protected: str
    groups: list[str]
    targets: list[str]
    unit: Unit
    n: int
    patients: int
    scoring: int
    suite: int
    layers: Layers = "features"

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that name the head."""
        return hashlib.sha256(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()[:8]


class ScoreFile(Part):
    """Every score of one network in one arena by one suite: ``scores/<arena>.<suite>.json`` of the run's folder.

    ``run`` is the id of the run whose network was scored; ``replicates`` of the patient bootstrap. ``data`` is what the
    arena was made of, where that is another set than the one trained on.
    """

    schema_version: Literal[2] = SCHEMA_VERSION
    run: str
    head: Head
    created: str
    replicates: int
    data: DataInfo | None = None
    flags: list[str]
    scores: list[Score]
    environment: dict[str, Any] = Field(default_factory=dict)
    seconds: float = 0.0

    @property
    def find(self) -> Scores:
        """The scores, to be asked for."""
        owner = f"run {self.run} on {self.head.arena} by suite {self.head.suite}"
        return Scores(self.scores, self.head.protected, owner)
