"""Records of one key → one row a method and setting of its hyperparameters."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench.records import Record

Value = bool | int | float | str


@dataclass(frozen=True)
class Row:
    """One method with one setting of its hyperparameters: one record a seed, in the order of the seeds."""

    method: str
    #: What tells this row from the method's others, as ``"strength=3, warmup=0"``; empty when there are none.
    setting: str
    records: tuple[Record, ...]
    #: Dominated by no other row of its section in mean diagnosis AUROC and mean decodability.
    pareto: bool = False
    #: What the baseline's features leave above chance, D − .5; None where there is no such row or it may leave nothing.
    baseline: float | None = None

    @property
    def reference(self) -> bool:
        """Whether the method is there to be compared to, and ranked with nobody."""
        return bool(getattr(self.records[0].method, "reference", False))

    @property
    def uses_race(self) -> str:
        """When the method sees the protected attribute: "never", "train" or "test"."""
        return self.records[0].method.uses_race

    @property
    def hyperparameters(self) -> Mapping[str, Value]:
        """Every hyperparameter of the row."""
        return self.records[0].method.hyperparameters


def rows(records: Iterable[Record]) -> tuple[list[Row], list[str]]:
    """One row a (method, its code, hyperparameters), sorted by name, and a notice for every record that was set aside.

    Two runs of one seed are no two seeds: of such records only the newest counts.
    """
    groups: dict[tuple[str, str, str, str], list[Record]] = defaultdict(list)
    for record in records:
        method = record.method
        setting = {name: _plain(value) for name, value in method.hyperparameters.items()}
        groups[method.name, method.code, method.uses_race, json.dumps(setting, sort_keys=True)].append(record)
    kept, notices = {}, []
    for group, members in groups.items():
        by_seed: dict[int, Record] = {}
        for record in sorted(members, key=lambda r: (r.created, r.id)):
            if record.seed in by_seed:
                old = by_seed[record.seed]
                notices.append(
                    f"{old.method.name}: records {old.id} and {record.id} are the same method, hyperparameters and "
                    f"seed {record.seed}; only the newer one, {record.id}, counts."
                )
            by_seed[record.seed] = record
        kept[group] = tuple(by_seed[seed] for seed in sorted(by_seed))
    by_method: dict[str, list[tuple[Record, ...]]] = defaultdict(list)
    for group in sorted(kept):
        by_method[group[0]].append(kept[group])
    found = []
    for name, settings in by_method.items():
        labels = _settings([members[0] for members in settings])
        found += [Row(name, label, members) for label, members in zip(labels, settings, strict=True)]
    return sorted(found, key=lambda row: (row.method, row.setting)), sorted(notices)


def _settings(records: list[Record]) -> list[str]:
    """The shortest text that tells each of one method's settings from the others."""
    if len(records) == 1:
        return [""]
    tables = [record.method.hyperparameters for record in records]
    names = sorted({name for table in tables for name in table})
    # As JSON, where 1 and true are two values, and one that is missing is a third.
    differing = [n for n in names if len({json.dumps(_plain(table.get(n))) for table in tables}) > 1]
    texts: list[str] = []
    for with_code in (False, True):
        for digits in (3, 6, None):
            texts = []
            for record, table in zip(records, tables, strict=True):
                parts = [f"{name}={_text(table[name], digits)}" for name in differing if name in table]
                texts.append(", ".join([*parts, f"code {record.method.code[:7]}"] if with_code else parts))
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
