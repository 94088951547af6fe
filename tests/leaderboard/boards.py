"""Made-up records with made-up influence values: what a board of them must say is known."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from bench.leaderboard.comparable import Key
from bench.leaderboard.rows import entries
from bench.leaderboard.table import Table, make
from bench.records import Record, ScoreFile
from bench.statistics.influence import Z
from bench.statistics.pairing import SeedValues
from tests.leaderboard.conftest import Triple, in_conditions, in_trial, of_test, record, removal, score, suite
from tests.leaderboard.conftest import table as board

LABELS = {
    "auroc": "auroc/target=macro",
    "decodability": "decodability/attribute=race/layer=network",
    "brier": "brier/target=macro",
}


@dataclass(frozen=True)
class MadeUp(Record):
    """A record whose influence values lie in memory."""

    values: pd.DataFrame | None = field(default=None, compare=False)

    def influence(self, file: ScoreFile) -> pd.DataFrame | None:
        return self.values if file.head.place in ("test", "trial", "conditions") else None


def with_trial(records: Sequence[MadeUp], lower: float = 0.02, lost: float = 0.03) -> list[MadeUp]:
    """The records with a trial in which so much less is read, of patients who add the same, and test conditions."""
    return [_with_trial(one, lower, lost) for one in records]


def _with_trial(found: MadeUp, lower: float, lost: float) -> MadeUp:
    (test,) = [one for one in found.files if one.head.place == "test"]
    read = test.find.one("decodability", layer="network", attribute="race")
    assert read is not None
    limits = [None if one is None else one - lower for one in (read.value, read.low, read.high)]
    made = in_conditions(in_trial(found, (limits[0], limits[1], limits[2])), lost / 2, lost)
    return MadeUp(made.run, made.files, None, found.values)


def with_influence(
    name: str, scores: Mapping[str, SeedValues], seeds: Sequence[int] = (0, 1, 2, 3, 4), **more: Any
) -> list[MadeUp]:
    """A method's records, one a seed, with these scores and influence values; the limits are those of the latter.

    Args:
        scores: "auroc", "decodability" and "brier", those that there are.
        seeds: in their order.
        more: ``val``, the AUROC on validation patients; ``key``, with which patients are hashed; and fields of every
            record, of which ``also`` may be a function of the seed.
    """
    return [_one(name, scores, i, seed, **more) for i, seed in enumerate(seeds)]


def _one(
    name: str, scores: Mapping[str, SeedValues], i: int, seed: int, val: float = 0.7, key: str = "p", **more: Any
) -> MadeUp:
    patients = next(iter(scores.values())).patients
    table = pd.DataFrame(
        {LABELS[metric]: found.influence[i] for metric, found in scores.items()},
        index=pd.Index([f"{key}{n:05d}" for n in range(patients)], name="patient"),
    )
    limits = {metric: _limits(found, i) for metric, found in scores.items()}
    nothing = (None, None, None)
    whole = of_test(*(limits.get(metric, nothing) for metric in ("auroc", "decodability")), brier=limits["brier"])
    also = more.pop("also", [])
    made = record(name, seed, scores=[*whole, *(also(seed) if callable(also) else also)], **more)
    files = [_on_val(file, val) if file.head.place == "val" else file for file in made.files]
    return MadeUp(made.run, tuple(files), None, table)


def _limits(found: SeedValues, i: int) -> Triple:
    value = float(found.values[i])
    half = Z * float(np.sqrt(np.square(found.influence[i]).sum()))
    return value, value - half, value + half


def _on_val(file: ScoreFile, auroc: float) -> ScoreFile:
    scores = [score("auroc", (auroc, None, None), target="macro")]
    return ScoreFile(**{**dict(file), "scores": scores})


def method(
    name: str,
    auroc: float,
    decodability: float | None,
    *,
    seeds: Sequence[int] = (0, 1),
    error: float = 0.003,
    patients: int = 60,
    **more: Any,
) -> list[MadeUp]:
    """A method whose scores are known to about ``error``, its own patients' part, with hardly any effect of seeds."""
    rng = np.random.default_rng(zlib.crc32(f"{name}{more.get('hyperparameters')}".encode()))
    values = {"auroc": auroc, "decodability": decodability, "brier": 0.2}
    return with_influence(
        name,
        {metric: _around(value, seeds, error, patients, rng) for metric, value in values.items() if value is not None},
        seeds,
        **more,
    )


def _around(value: float, seeds: Sequence[int], error: float, patients: int, rng: np.random.Generator) -> SeedValues:
    # A hard patient is hard for every method.
    shared = np.random.default_rng(0).standard_normal(patients)
    influence = 3 * shared + rng.standard_normal(patients)
    influence -= influence.mean()
    influence *= error / np.sqrt(patients)
    return SeedValues(value + 1e-4 * np.asarray(seeds, dtype=float), np.tile(influence, (len(seeds), 1)))


def notices(records: Sequence[Record], seeds: Sequence[int] = (0, 1)) -> str:
    """What is said of them."""
    found = entries(records)
    return "\n".join(make(Key.of(found[0]), found, seeds)[1])


#: A name that every format would take for markup.
NASTY = r"""a_b & 50% #1 {x} $y$ ~^ <b> | "q" [z] *s* \textbf `c` σ é 漢"""


def of_methods(*methods: Sequence[Record]) -> Table:
    """The table of the records of these methods."""
    return board([record for records in methods for record in records])


def of_phantom() -> Table:
    """A board as a phantom has it: with a trial and test conditions."""
    granted, lost = removal({0.03: 1.0, 0.05: 1.0}), {"erm": 0.05, "adversarial": 0.02}
    return of_methods(
        *(
            with_trial(method(name, auroc, read, **more), lost=lost.get(name, 0.03))  # type: ignore[arg-type]
            for name, auroc, read, more in (
                ("erm", 0.79, 0.80, {"also": suite()}),
                ("adversarial", 0.782, 0.69, {}),
                ("group_dro", 0.784, 0.70, {}),
                ("mmd", 0.775, 0.685, {"also": granted}),
                ("distortion", 0.800, 0.805, {}),
                ("reweighting", 0.786, 0.735, {"seeds": (0,)}),
                ("blur", 0.72, 0.52, {}),
                ("thresholds", 0.789, 0.79, {"uses_race": "test"}),
                ("oracle", 0.79, 0.53, {"reference": True}),
            )
        )
    )


def usual() -> Table:
    """A row of each kind that there usually is."""
    return of_methods(
        method("erm", 0.84, 0.9),
        method("adversarial", 0.835, 0.61, hyperparameters={"s": 2.5}),
        method("chooser", 0.84, 0.9, uses_race="test"),
        method("once", 0.84, 0.7, seeds=(1,)),
        method("blur", 0.79, 0.5),
    )


def everything() -> Table:
    """Everything that a table can hold."""
    flags = ("features: NONLINEAR_GAP", "outputs: ILL_CONDITIONED")
    granted = removal({0.03: 1.0, 0.05: 1.0})
    return of_methods(
        method("erm", 0.84, 0.9, also=suite()),
        method("good", 0.84, 0.51, also=granted),
        method("flagged", 0.84, 0.51, also=granted, flags=("features: CONTROL_LEAK", *flags)),
        method("small", 0.84, 0.8, also=removal({0.05: "underpowered: 90 patients"}), flags=("UNDERPOWERED",)),
        method("elsewhere", 0.84, 0.51, also=granted, flags=("INSUFFICIENT", *flags)),
        method("chooser", 0.84, 0.8, uses_race="test", also=removal({0.05: 0.0})),
        method("race_reader", 0.6, 0.97, reference=True, hyperparameters={"lr": 0.1}),
    )
