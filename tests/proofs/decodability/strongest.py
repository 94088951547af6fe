"""Is the strongest reader counted? All probes together against the one that is best on average, on many draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bench.records import FEATURES
from bench.scoring.decodability import decode
from bench.scoring.suites import V2
from tests.proofs.decodability.part import Job, Measured, Part, Result, figure
from tests.proofs.markdown import table_of
from tests.scoring.decodability.plants import ROWS

DRAWS, IMAGES, FEATURES_OF_EACH = 20, 3_000, 256
#: What all probes together may read below the single probe that is best on average.
TOLERATED = 0.01
#: Plants that are read at all, and are not copies of another one.
PLANTS = tuple(row for row in ROWS if row not in ("tiny", "float16", "randomised", "constant", "nan", "infinite"))
#: Of these there is so little to read that a draw is read in all five divisions of its patients; of others in one.
FAINT = ("disease", "hidden", "nothing")


def jobs(quick: bool) -> list[Job]:
    n, width, draws = (600, 32, 2) if quick else (IMAGES, FEATURES_OF_EACH, DRAWS)
    return [
        {"row": row, "n": n, "width": width, "seed": seed, "folds": V2.folds.count if row in FAINT else 1}
        for seed in range(draws)
        for row in PLANTS
    ]


def measure(row: str, n: int, width: int, seed: int, folds: int) -> Result:
    made, suite = ROWS[row](n, width, seed), replace(V2, folds=replace(V2.folds, count=folds))
    found = decode({FEATURES: made.features}, made.groups, made.patients, suite=suite, seed=seed, controls=False)[
        FEATURES
    ]
    return {
        "name": made.name,
        "decodability": found.one_vs_one.value,
        "probes": {probe.name: probe.one_vs_one.value for probe in found.probes},
    }


def table(measured: Measured) -> str:
    rows = []
    for plant in dict.fromkeys(job["row"] for job, _ in measured):
        results = [result for job, result in measured if job["row"] == plant]
        means = {name: float(np.mean([one["probes"][name] for one in results])) for name in results[0]["probes"]}
        best = max(means, key=lambda name: means[name])
        differences = np.array([one["decodability"] - one["probes"][best] for one in results])
        error = float(differences.std(ddof=1) / np.sqrt(len(results))) if len(results) > 1 else float("nan")
        together = float(np.mean([one["decodability"] for one in results]))
        verdict = "yes" if differences.mean() >= -TOLERATED else "**no**"
        row = [results[0]["name"], str(len(results)), f"{best} {figure(means[best])}", figure(together)]
        scatter = f" ± {error:.3f}" if len(results) > 1 else ""
        rows.append([*row, f"{differences.mean():+.3f}{scatter}", verdict])
    header = ["race is", "draws", "best single probe, on average", "D, all together", "difference, with its error"]
    return table_of([*header, "not more than .01 below"], rows)


PART = Part(jobs, measure, table)
