"""Which records may stand in one table: only those that differ in nothing but the method and the seed."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from bench.leaderboard.rows import Entry


@dataclass(frozen=True)
class Key:
    """Everything two entries must share to be compared: what they are trained on, and the head of their scores."""

    task: str
    dataset: str
    synthetic: bool
    data_fingerprint: str
    split_fingerprint: str
    suite_version: int
    scoring_version: int
    protected: str
    image_size: int
    backbone: str
    trainer: str  #: the training budget, as JSON with sorted keys
    unit: str = "image"  #: what is scored: images or studies
    layers: str = "features"  #: those that the whole suite reads
    trial: str = ""  #: fingerprint of the patients whose group was drawn at random; empty where there are none
    trial_patients: int = 0

    @classmethod
    def of(cls, entry: Entry) -> Key:
        """The key of one entry."""
        run, head = entry.run, entry.test.head
        trial = None if entry.trial is None else entry.trial.head
        return cls(
            task=run.task.name,
            dataset=head.dataset,
            synthetic=head.synthetic,
            data_fingerprint=head.data,
            split_fingerprint=head.split,
            suite_version=head.suite,
            scoring_version=head.scoring,
            protected=head.protected,
            image_size=run.task.image_size,
            backbone=run.backbone,
            trainer=json.dumps(run.trainer, sort_keys=True, default=str),
            unit=head.unit,
            layers=head.layers,
            trial="" if trial is None else trial.data,
            trial_patients=0 if trial is None else trial.patients,
        )

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits that name the key."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:8]

    def lines(self) -> list[tuple[str, str]]:
        """What a page states about its key: pairs of a name and a value, fingerprints shortened to 12 digits."""
        budget = ", ".join(f"{name}={value}" for name, value in json.loads(self.trainer).items())
        return [
            ("Task", self.task),
            ("Data set", f"{self.dataset} (synthetic)" if self.synthetic else self.dataset),
            ("Data fingerprint", self.data_fingerprint[:12]),
            ("Split fingerprint", self.split_fingerprint[:12]),
            ("Scoring suite", f"version {self.suite_version}"),
            ("Scoring", f"version {self.scoring_version}"),
            ("Scored", "studies" if self.unit == "study" else f"{self.unit}s"),
            ("Trial", f"{self.trial_patients:,} patients ({self.trial[:12]})" if self.trial else "none"),
            ("Read by the whole suite", "every layer" if self.layers == "all" else self.layers),
            ("Protected attribute", self.protected),
            ("Image size", f"{self.image_size} px"),
            ("Backbone", self.backbone),
            ("Training budget", budget or "none stated"),
            ("Key", self.digest),
        ]


def by_key(found: Iterable[Entry]) -> dict[tuple[str, str], list[tuple[Key, list[Entry]]]]:
    """Comparable entries per (task, data set), the key with the most of them first.

    Of keys with equally many, the one with the newest scores goes first.
    """
    tables: dict[Key, list[Entry]] = defaultdict(list)
    for entry in found:
        tables[Key.of(entry)].append(entry)
    ordered = sorted(
        tables.items(),
        key=lambda item: (len(item[1]), max(entry.test.created for entry in item[1]), item[0].digest),
        reverse=True,
    )
    places: dict[tuple[str, str], list[tuple[Key, list[Entry]]]] = defaultdict(list)
    for key, members in ordered:
        places[key.task, key.dataset].append((key, members))
    return dict(sorted(places.items()))


def of_several_versions(tables: Iterable[tuple[Key, list[Entry]]]) -> str | None:
    """What is said where runs of one data set lack the newest version of the suite that others have; None if none."""
    found = [(key, entry) for key, members in tables for entry in members]
    counts = Counter(key.suite_version for key, _ in found)
    newest = max(counts)
    up_to_date = {entry.run.id for key, entry in found if key.suite_version == newest}
    behind = sorted({entry.run.method.name for _, entry in found if entry.run.id not in up_to_date})
    if not behind:
        return None
    task, dataset = found[0][0].task, found[0][0].dataset
    versions = ", ".join(f"version {version}: {count}" for version, count in sorted(counts.items()))
    return (
        f"The records of {task} on {dataset} were scored by different versions of the decodability suite (records of "
        f"{versions}). Scores of different versions are no measure of each other, so each version has tables of its "
        f"own. To bring the older up to version {newest}: bench score task={task} scoring.suites=[{newest}] (of "
        f"{', '.join(behind)}): a network that is trained is not trained again, only scored from its weights."
    )
