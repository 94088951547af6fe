"""What the trial reads where nothing is to be read, and where all is: ``python -m tests.proofs.arenas_table``.

A network is trained once, for two epochs on a small phantom, and then frozen. The race signal is taken out of the
images of a trial, and race is drawn anew 200 times: whatever is read is chance. Then the latents take the place of
features, so that the best that can be read is known patient by patient. Last, race is drawn 500 times for patients of a
phantom whose dials are all 0, so that every gap between races is one by chance. The tables go into
``docs/leaderboard.md`` between markers; what was measured is kept, and the same command goes on where it was stopped.
``--quick`` prints small ones.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from bench.builtin.tasks.cxr._phantom_race import ARRANGEMENT
from bench.builtin.tasks.cxr.phantom import DATASET

from bench import training
from bench.config import compose
from bench.data.cohorts import fresh
from bench.data.cohorts.chosen import Chosen
from bench.files import user_cache
from bench.phantom import numbers_of
from bench.records import NETWORK, Scores
from bench.records.outputs import Outputs
from bench.run import Run, plan, run
from bench.run.network import Network
from bench.scoring import chance, fairness
from bench.scoring.catalogue import BY_KEY
from bench.scoring.decodability import decode
from bench.scoring.evaluation import evaluate
from bench.scoring.measures import PERMUTED, null_of
from bench.scoring.suites import SUITES
from bench.statistics.auroc import Contest, decide
from bench.statistics.bootstrap import PatientBootstrap
from bench.task import Attribute, Cohort
from tests.places import ROOT
from tests.proofs.markdown import insert, table_of

DOCUMENT = ROOT / "docs" / "leaderboard.md"
SUITE = SUITES[max(SUITES)]
#: Standard deviations of what is laid over the latents, in their units.
NOISE = (0.0, 1.0, 2.0)
#: How the network that is frozen is trained.
SMALL = (
    "task=cxr",
    "method=erm",
    "task.patients=3000",
    "task.image_size=32",
    "trainer.max_epochs=2",
    "trainer.threads=1",
    "scoring.trial=0",
    "scoring.replicates=100",
    "logger=none",
)
PATIENTS = {"nothing": 1500, "everything": 9000, "gaps": 600, "pool": 3000}
#: Gaps whose chance is held against what is printed of it, and of which target.
GAPS_SHOWN = {
    "auroc_gap": "macro",
    "brier_gap": "macro",
    "sensitivity_gap": "macro",
    "equalized_odds_difference": "macro",
    "demographic_parity_difference": "macro",
    "underdiagnosis_rate_gap": "no_finding",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few draws; the tables are printed, not written")
    parser.add_argument("--work", type=Path, default=user_cache() / "arenas", help="where results are kept")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    draws, cohorts = (4, 2) if options.quick else (200, 20)
    nothing = list(_kept(options.work / "trial_nothing.jsonl", range(draws), _WithoutRace(options.work).read))
    everything = list(_kept(options.work / "trial_everything.jsonl", range(cohorts), _of_latents))
    sets = 20 if options.quick else 500
    gaps = list(_kept(options.work / "gaps.jsonl", range(sets), _WithoutDials(options.work).gaps))
    made = {"trial": f"{_of_nothing(nothing)}\n\n{_of_everything(everything)}", "chance": _of_gaps(gaps)}
    for name, table in made.items():
        if options.quick:
            print(table)
        else:
            insert(DOCUMENT, name, table)


def _kept(
    path: Path, seeds: Iterable[int], measure: Callable[[int], dict[str, list[float]]]
) -> Iterator[dict[str, Any]]:
    """What was measured with each seed: of the file, or now."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    found = {one["seed"]: one for one in map(json.loads, lines)}
    for seed in seeds:
        if seed not in found:
            found[seed] = {"seed": seed, **measure(seed)}
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps(found[seed]) + "\n")
        yield found[seed]


class _Frozen:
    """A network that is trained once."""

    def __init__(self, work: Path) -> None:
        self._work = work

    @cached_property
    def _planned(self) -> Run:
        config = compose([*SMALL, f"runs_dir={self._work / 'runs'}", f"cache_dir={self._work / 'images'}"])
        run(config, places=("val",))
        return plan(config)

    def _drawn(self, patients: int, purpose: str, **dials: float) -> tuple[Cohort, np.ndarray, Chosen]:
        """Patients whom it has not seen, with these dials, and their images."""
        options: Any = self._planned.chosen.options
        changed = options.model_copy(update={"bias": options.bias.model_copy(update=dials)})
        chosen = replace(self._planned.chosen, options=changed)
        drawn, cohort = fresh.fresh(chosen, self._planned.cohort.spec, patients, purpose)
        return cohort, drawn.open_images(cohort, self._work / "images").pixels, drawn

    def _predict(self, cohort: Cohort, pixels: np.ndarray) -> Outputs:
        reader = self._planned.recipe.reader(training.tensors(self._network.method))
        return training.predict(reader, cohort, pixels, self._network.channel)

    @cached_property
    def _network(self) -> Network:
        method = self._planned.build()
        training.load(method, self._planned.folder / training.WEIGHTS)
        return Network(self._planned, method)


class _WithoutRace(_Frozen):
    """What is read in a trial whose images do not show race."""

    def read(self, seed: int) -> dict[str, list[float]]:
        """What linear probes read of race, drawn with this seed."""
        natural, layers = self._computed
        cohort = fresh.randomised(natural, DATASET, seed)
        found = decode(layers, cohort.groups, cohort.patients, suite=SUITE, fast=True)[NETWORK].one_vs_one
        return {"read": [found.value or 0.0, found.low or 0.0, found.high or 0.0]}

    @cached_property
    def _computed(self) -> tuple[Cohort, dict[str, np.ndarray]]:
        natural, pixels, drawn = self._drawn(PATIENTS["nothing"], "trial", race_signal=0.0)
        twin = fresh.randomised(natural, DATASET, 0).take(np.arange(16)).table
        if not (DATASET.render(twin, 32, drawn.options) == pixels[:16]).all():
            raise AssertionError("race shows in images that are not to show it")
        found = self._predict(natural, pixels)
        return natural, {"features": found.features, "outputs": found.logits}


class _WithoutDials(_Frozen):
    """Gaps between groups of patients in whom race has no part in anything."""

    def gaps(self, seed: int) -> dict[str, list[float]]:
        """Of each gap of :data:`GAPS_SHOWN`: its value, and the mean and 95th percentile that are printed of chance."""
        cohort, outputs, thresholds = self._computed
        rng = np.random.default_rng(seed)
        rows = np.sort(rng.choice(len(cohort), PATIENTS["gaps"], replace=False))
        spec = cohort.spec
        race = Attribute(spec.protected, spec.groups, rng.integers(0, len(spec.groups), len(rows)))
        found = evaluate(
            cohort.truth[rows], outputs.probabilities[rows], thresholds, spec.targets, [race],
            PatientBootstrap(np.arange(len(rows)), 1),
        )  # fmt: skip
        read = Scores(
            [*fairness.scores(found, "no_finding"), *chance.scores(found, found.tables[1], "no_finding", seed)], "race"
        )
        values = []
        for key, target in GAPS_SHOWN.items():
            null = read.one(null_of(key), target=target, attribute="race", reference=PERMUTED)
            assert null is not None
            values += [read.value(key, target=target, attribute="race"), null.value or 0.0, null.high or 0.0]
        return {"read": values}

    @cached_property
    def _computed(self) -> tuple[Cohort, Outputs, np.ndarray]:
        dials = dict.fromkeys(type(self._planned.chosen.options.bias).model_fields, 0.0)  # type: ignore[attr-defined]
        cohort, pixels, _ = self._drawn(PATIENTS["pool"], "gaps", **dials)
        return cohort, self._predict(cohort, pixels), self._network.thresholds


def _of_gaps(found: list[dict[str, list[float]]]) -> str:
    read = np.array([one["read"] for one in found]).reshape(len(found), len(GAPS_SHOWN), 3)
    header = ["gap", "patients", "cohorts", "mean", "printed mean by chance", "printed 95th percentile", "exceeded in"]
    rows = []
    for i, (key, target) in enumerate(GAPS_SHOWN.items()):
        value, mean, high = read[:, i].T
        words = f"{BY_KEY[key].title}, {target}"
        row = [words, str(PATIENTS["gaps"]), str(len(found)), f"{value.mean():.3f}", f"{mean.mean():.3f}"]
        rows.append([*row, f"{high.mean():.3f}", f"{np.mean(value > high):.1%}"])
    return table_of(header, rows)


def _of_latents(seed: int) -> dict[str, list[float]]:
    """D of the latents under each noise, and what the true log odds of the same patients read."""
    config = compose(["task=cxr", f"task.seed={seed}"])
    planned = plan(config)
    drawn, natural = fresh.fresh(planned.chosen, planned.cohort.spec, PATIENTS["everything"], "trial")
    cohort = fresh.randomised(natural, DATASET, seed)
    rows = cohort.table.to_dict("records")
    latents = np.array(
        [ARRANGEMENT.latents(row["race"], 1.0, numbers_of(row, drawn.options.seed)("body")) for row in rows]  # type: ignore[attr-defined]
    )
    rng, measured = np.random.default_rng(seed), []
    for noise in NOISE:
        seen = latents + noise * rng.standard_normal(latents.shape)
        found = decode({"features": seen}, cohort.groups, cohort.patients, suite=SUITE, fast=True)[NETWORK]
        measured += [found.one_vs_one.value or 0.0, _bayes(seen, cohort, noise)]
    return {"read": measured}


def _bayes(seen: np.ndarray, cohort: Cohort, noise: float) -> float:
    """Macro AUROC of the true log odds between two groups: they are normal about their centers, alike in spread."""
    centers = np.array([ARRANGEMENT.centers[group] for group in cohort.spec.groups])
    log_likelihood = -((seen[:, None] - centers) ** 2).sum(axis=2) / (2 * (ARRANGEMENT.scatter**2 + noise**2))
    values = [
        decide(Contest(log_likelihood[:, i] - log_likelihood[:, j], cohort.groups == i, cohort.groups == j))[0]
        for i, j in combinations(range(len(centers)), 2)
    ]
    return float(np.mean(values))


def _of_nothing(found: list[dict[str, list[float]]]) -> str:
    value, low, high = np.array([one["read"] for one in found]).T
    outside = np.mean((low > 0.5) | (high < 0.5))
    header = [
        "race signal",
        "patients",
        "draws of race",
        "mean D",
        "scatter",
        "mean half-width",
        "intervals without .5",
    ]
    row = ["off", f"{PATIENTS['nothing']:,}", str(len(found)), f"{value.mean():.4f}", f"{value.std(ddof=1):.4f}"]
    return table_of(header, [[*row, f"{np.mean(high - low) / 2:.4f}", f"{outside:.1%}"]])


def _of_everything(found: list[dict[str, list[float]]]) -> str:
    read = np.array([one["read"] for one in found]).reshape(len(found), len(NOISE), 2)
    header = [
        "features: the latents and noise of",
        "patients",
        "cohorts",
        "mean D",
        "best possible",
        "D less that",
        "most",
        "least",
    ]
    rows = []
    for i, noise in enumerate(NOISE):
        d, best = read[:, i].T
        gap = d - best
        row = [f"{noise:g}", f"{PATIENTS['everything']:,}", str(len(found)), f"{d.mean():.4f}", f"{best.mean():.4f}"]
        rows.append([*row, f"{gap.mean():+.5f}", f"{gap.max():+.5f}", f"{gap.min():+.5f}"])
    return table_of(header, rows)


if __name__ == "__main__":
    os.environ |= {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    main()
