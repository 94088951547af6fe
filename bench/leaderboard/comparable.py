"""Which records may stand in one table: only those that differ in nothing but the method and the seed."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from bench.records import Record


@dataclass(frozen=True)
class Key:
    """Everything two records must share to be compared."""

    task: str
    dataset: str
    synthetic: bool
    data_fingerprint: str
    split_fingerprint: str
    suite_version: int
    protected: str
    image_size: int
    backbone: str
    trainer: str  #: the training budget, as JSON with sorted keys
    unit: str = "image"  #: what is scored: images or studies

    @classmethod
    def of(cls, record: Record) -> Key:
        """The key of one record."""
        return cls(
            task=record.task.name,
            dataset=record.data.dataset,
            synthetic=record.data.synthetic,
            data_fingerprint=record.data.fingerprint,
            split_fingerprint=record.data.split_fingerprint,
            suite_version=record.suite_version,
            protected=record.task.protected,
            image_size=record.task.image_size,
            backbone=record.backbone,
            trainer=json.dumps(record.trainer, sort_keys=True, default=str),
            unit=str(record.scoring.get("unit", "image")),
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
            ("Scored", "studies" if self.unit == "study" else f"{self.unit}s"),
            ("Protected attribute", self.protected),
            ("Image size", f"{self.image_size} px"),
            ("Backbone", self.backbone),
            ("Training budget", budget or "none stated"),
            ("Key", self.digest),
        ]


def scored_on_test(records: Iterable[Record]) -> list[Record]:
    """Records with scores on test patients, each id once, in an order that does not depend on the input's.

    Copies of one run have its id; that of the newest suite counts, then the one scored last.
    """
    ordered = sorted(records, key=lambda record: (record.suite_version, record.created))
    by_id = {record.id: record for record in ordered if "test" in record.scored}
    return [by_id[name] for name in sorted(by_id)]


def by_key(records: Iterable[Record]) -> dict[tuple[str, str], list[tuple[Key, list[Record]]]]:
    """Comparable records per (task, data set), the key with the most records first.

    Of keys with equally many, the one with the newest record goes first.
    """
    tables: dict[Key, list[Record]] = defaultdict(list)
    for record in records:
        tables[Key.of(record)].append(record)
    ordered = sorted(
        tables.items(), key=lambda item: (len(item[1]), max(r.created for r in item[1]), item[0].digest), reverse=True
    )
    places: dict[tuple[str, str], list[tuple[Key, list[Record]]]] = defaultdict(list)
    for key, members in ordered:
        places[key.task, key.dataset].append((key, members))
    return dict(sorted(places.items()))


def of_several_versions(tables: Iterable[tuple[Key, list[Record]]]) -> str | None:
    """What is said where the tables of one data set come from several versions of the suite; None where from one."""
    counts: dict[int, int] = defaultdict(int)
    methods: dict[int, set[str]] = defaultdict(set)
    for key, members in tables:
        counts[key.suite_version] += len(members)
        methods[key.suite_version] |= {record.method.name for record in members}
        task, dataset = key.task, key.dataset
    if len(counts) < 2:
        return None
    newest = max(counts)
    found = ", ".join(f"version {version}: {count}" for version, count in sorted(counts.items()))
    old = sorted(set.union(*(methods[version] for version in counts if version < newest)))
    return (
        f"The records of {task} on {dataset} were scored by different versions of the decodability suite (records of "
        f"{found}). Scores of different versions are no measure of each other, so each version has tables of its own. "
        f"To bring the older up to version {newest}, give the commands that made them again, as they were (bench run "
        f"-m method={','.join(old)} task={task} …): a network that is trained is not trained again, only scored anew "
        "from its weights."
    )
