"""Records of one key → one row a method and setting of its hyperparameters."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bench.leaderboard.standing import Standing
from bench.records import Place, Record, RunRecord, ScoreFile

Value = bool | int | float | str | tuple[bool | int | float | str, ...] | None


@dataclass(frozen=True)
class Entry:
    """A run with its scores on test patients by one suite, and those of its kind in other arenas.

    ``trial`` and ``conditions`` are None where it was not scored there.
    """

    record: Record
    test: ScoreFile
    elsewhere: tuple[ScoreFile, ...] = ()
    trial: ScoreFile | None = None
    conditions: ScoreFile | None = None

    @property
    def run(self) -> RunRecord:
        """What was trained."""
        return self.record.run

    def at(self, place: Place) -> ScoreFile | None:
        """Its scores at a place: on test patients, in the trial, in the test conditions; None where there are none."""
        return {"test": self.test, "trial": self.trial, "conditions": self.conditions}.get(place)

    @property
    def flags(self) -> list[str]:
        """What was raised on test patients and in the trial."""
        return [*self.test.flags, *(self.trial.flags if self.trial else ())]

    @property
    def val(self) -> ScoreFile | None:
        """The scores on validation patients, of the same unit where there are such; None where there are none."""
        return self.record.of("val", self.test.head.unit) or self.record.of("val")


def entries(records: Iterable[Record]) -> list[Entry]:
    """An entry for each file of scores on test patients, in an order that does not depend on the input's.

    Copies of one run have its id; of two files that say of themselves the same, the one made last counts.
    """
    found: dict[tuple[str, str], Entry] = {}
    for record in records:
        for file in record.files:
            if file.head.place == "test":
                key = (record.run.id, file.head.digest)
                trial, conditions = record.beside(file, "trial"), record.beside(file, "conditions")
                entry = Entry(record, file, record.elsewhere(file), trial, conditions)
                if key not in found or found[key].test.created < file.created:
                    found[key] = entry
    return [found[key] for key in sorted(found)]


@dataclass(frozen=True)
class Row:
    """One method with one setting of its hyperparameters: one entry a seed, in the order of the seeds."""

    method: str
    #: What tells this row from the method's others, as ``"strength=3, warmup=0"``; empty when there are none.
    setting: str
    entries: tuple[Entry, ...]
    standing: Standing = field(default_factory=Standing)

    @property
    def seeds(self) -> tuple[int, ...]:
        """Those it was trained with."""
        return tuple(entry.run.seed for entry in self.entries)

    @property
    def reference(self) -> bool:
        """Whether the method is there to be compared to, and ranked with nobody."""
        return self.entries[0].run.method.reference

    @property
    def uses_race(self) -> str:
        """When the method sees the protected attribute: "never", "train" or "test"."""
        return self.entries[0].run.method.uses_race

    @property
    def hyperparameters(self) -> Mapping[str, Value]:
        """Every hyperparameter of the row."""
        return self.entries[0].run.method.hyperparameters


def rows(found: Iterable[Entry]) -> tuple[list[Row], list[str]]:
    """One row a (method, its code, hyperparameters), sorted by name, and a notice for every entry that was set aside.

    Two runs of one seed are no two seeds: of such entries only the newest counts.
    """
    groups: dict[tuple[str, str, str, str], list[Entry]] = defaultdict(list)
    for entry in found:
        method = entry.run.method
        setting = {name: _plain(value) for name, value in method.hyperparameters.items()}
        groups[method.name, method.code, method.uses_race, json.dumps(setting, sort_keys=True)].append(entry)
    kept, notices = {}, []
    for group, members in groups.items():
        by_seed: dict[int, Entry] = {}
        for entry in sorted(members, key=lambda one: (one.test.created, one.run.id)):
            run = entry.run
            if run.seed in by_seed:
                old = by_seed[run.seed].run
                notices.append(
                    f"{old.method.name}: records {old.id} and {run.id} are the same method, hyperparameters and "
                    f"seed {run.seed}; only the newer one, {run.id}, counts."
                )
            by_seed[run.seed] = entry
        kept[group] = tuple(by_seed[seed] for seed in sorted(by_seed))
    by_method: dict[str, list[tuple[Entry, ...]]] = defaultdict(list)
    for group in sorted(kept):
        by_method[group[0]].append(kept[group])
    made = []
    for name, settings in by_method.items():
        labels = _settings([members[0].run for members in settings])
        made += [Row(name, label, members) for label, members in zip(labels, settings, strict=True)]
    return sorted(made, key=lambda row: (row.method, row.setting)), sorted(notices)


def _settings(runs: list[RunRecord]) -> list[str]:
    """The shortest text that tells each of one method's settings from the others."""
    if len(runs) == 1:
        return [""]
    tables = [run.method.hyperparameters for run in runs]
    names = sorted({name for table in tables for name in table})
    # As JSON, where 1 and true are two values, and one that is missing is a third.
    differing = [n for n in names if len({json.dumps(_plain(table.get(n))) for table in tables}) > 1]
    texts: list[str] = []
    for with_code in (False, True):
        for digits in (3, 6, None):
            texts = []
            for run, table in zip(runs, tables, strict=True):
                parts = [f"{name}={_text(table[name], digits)}" for name in differing if name in table]
                texts.append(", ".join([*parts, f"code {run.method.code[:7]}"] if with_code else parts))
            if len(set(texts)) == len(texts):
                return texts
    return texts


def _plain(value: Value | None) -> Value | None:
    """A whole number as a float: 1 and 1.0 are the same setting, True is another."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _text(value: Value, digits: int | None) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.{digits}g}" if isinstance(value, float) and digits else str(value)
