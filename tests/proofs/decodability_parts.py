"""The proof of the decodability suite in four parts, each a list of jobs, a measurement and its tables."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from bench.errors import BenchError
from bench.files import whole
from bench.scoring.decodability import decoding
from bench.scoring.decodability.probes.logistic import Logistic
from bench.scoring.decodability.probes.quadratic import Quadratic
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.suites import V1
from tests import codes, decodability_cheats
from tests.codes import Cohort, one_vs_one
from tests.plants import ROWS, embed, rotate, spectrum, upper
from tests.speed.test_decodability import side_by_side

#: What is measured, and what came of it: both go to JSON.
Job = dict[str, Any]
Result = dict[str, Any]
Measured = list[tuple[Job, Result]]
TOLERANCE = 0.04


@dataclass(frozen=True)
class Part:
    """``jobs(quick)`` lists what ``measure(**job)`` measures; ``table`` is Markdown from all of it."""

    jobs: Callable[[bool], list[Job]]
    measure: Callable[..., Result]
    table: Callable[[Measured], str]
    #: Measured one after another, with the machine to themselves.
    timed: bool = False
    figure: Callable[[Measured, Path], None] | None = None


def markdown(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    header = list(header)
    lines = [header, ["---"] * len(header), *map(list, rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


# What is planted.


#: Of every kind one is read on more images or more features too; controls where one has to say that it was missed.
LARGER = ("linear", "xor", "hidden")
HIDDEN = ("hidden",)


def plant_jobs(quick: bool) -> list[Job]:
    """Every row on 3,000 images of 256 features; on more of either, one of every kind."""
    if quick:
        return [_plant_job(row, 600, 32, True) for row in ROWS]
    jobs = [_plant_job(row, 3_000, 256, True) for row in ROWS]
    sizes = ((3_000, 1_024), (10_000, 256), (10_000, 1_024))
    return jobs + [_plant_job(row, n, width, row in HIDDEN) for n, width in sizes for row in LARGER]


def _plant_job(row: str, n: int, width: int, controls: bool) -> Job:
    return {"row": row, "n": n, "width": width, "controls": controls}


def measure_plant(row: str, n: int, width: int, controls: bool) -> Result:
    made = ROWS[row](n, width, 0)
    about = {"name": made.name, "oracle": made.oracle, "beyond_reach": made.beyond_reach}
    started = time.perf_counter()
    try:
        found = decode(made.features, made.groups, made.patients, made.strata, controls=controls)
    except BenchError as refusal:
        return about | {"refused": str(refusal)}
    return about | {
        "decodability": found.one_vs_one.value,
        "given": found.given.one_vs_one.value if found.given and made.strata is not None else None,
        "probes": {probe.name: probe.one_vs_one.value for probe in found.probes},
        "flags": list(found.flags),
        "controls": controls,
        "seconds": time.perf_counter() - started,
    }


def plant_table(measured: Measured) -> str:
    names = [probe.name for probe in V1.probes]
    header = ["race is", "n", "features", "oracle", "D", "off by", *names, "D given C", "flags", "verdict"]
    return markdown(header, [_plant_row(job, result, names) for job, result in measured])


def _plant_row(job: Job, result: Result, names: list[str]) -> list[str]:
    row = [result["name"], f"{job['n']:,}", f"{job['width']:,}"]
    if "refused" in result:
        return [*row, *["–"] * (len(names) + 5), f"refused: “{result['refused'].split('. ')[0]}.”"]
    gap = abs(result["decodability"] - result["oracle"])
    row += [_figure(result["oracle"]), f"**{_figure(result['decodability'])}**", _figure(gap)]
    row += [_figure(result["probes"].get(name)) for name in names]
    flags = ", ".join(result["flags"]) or ("none" if result["controls"] else "–")
    return [*row, _figure(result["given"]), flags, _verdict(result, gap)]


def _verdict(result: Result, gap: float) -> str:
    if gap <= TOLERANCE:
        return f"within {_figure(TOLERANCE)}"
    if result["controls"] and "PLANT_MISSED" not in result["flags"]:
        return "**missed unawares**"
    if not result["controls"]:
        return "**missed**"
    return "beyond reach, and flagged" if result["beyond_reach"] else "**missed**, and flagged"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}".replace("0.", ".", 1)


# What is not there, and how far the intervals reach.

#: Images of a patient resemble each other more than in the plants: that is what the naive interval overlooks.
ALIKE = 0.8
DISTANCE = 0.95


def null_jobs(quick: bool) -> list[Job]:
    draws = {"null": 2, "planted": 2} if quick else {"null": 200, "planted": 60}
    return [{"kind": kind, "seed": seed} for kind, number in draws.items() for seed in range(number)]


def measure_null(kind: str, seed: int) -> Result:
    """Two groups; none of the features says anything, or of four features one does."""
    rng = np.random.default_rng((seed, 7))
    if kind == "null":
        n, width, minority = 1_500, 32, rng.uniform(0.05, 0.30)
    else:
        n, width, minority = 2_000, 4, rng.uniform(0.15, 0.50)
    cohort = Cohort(n, seed, (minority, 1 - minority), within_patient=ALIKE)
    latent = cohort.noise(width)
    if kind == "planted":
        latent[:, :1] = codes.linear(cohort, DISTANCE)[0]
    features = rotate(cohort, latent * np.sqrt(spectrum(width)))
    found = decode(features, cohort.groups, cohort.patients, seed=seed, controls=False).one_vs_one
    images = np.bincount(cohort.groups)
    return {"value": found.value, "low": found.low, "high": found.high, "images": images.tolist()}


def null_table(measured: Measured) -> str:
    rows = []
    for kind, title in (("null", "nothing planted"), ("planted", "one linear feature of four")):
        results = [result for job, result in measured if job["kind"] == kind]
        if results:
            value, low, high = (np.array([result[key] for result in results]) for key in ("value", "low", "high"))
            # Probes fitted to so many images fall short of the oracle: what is estimated is what they read on average.
            truth = 0.5 if kind == "null" else float(value.mean())
            error = np.array([_image_level_error(result) for result in results])
            covered, naive = np.mean((low <= truth) & (truth <= high)), np.mean(np.abs(value - truth) <= 1.96 * error)
            oracle = 0.5 if kind == "null" else float(norm.cdf(DISTANCE / np.sqrt(2)))
            rows.append([title, str(len(results)), _figure(oracle), f"{value.mean():.4f}", _figure(float(value.std()))])
            rows[-1] += [_figure(float(np.mean(high - low)) / 3.92), _share(covered), _share(naive)]
    header = ["data sets", "number", "oracle", "mean D", "scatter of D", "standard error", "interval holds the truth"]
    return markdown([*header, "image-level one does"], rows)


def _image_level_error(result: Result) -> float:
    """Standard error were all images independent (Hanley & McNeil, 1982)."""
    a, (i, j) = result["value"], result["images"]
    variance = a * (1 - a) + (i - 1) * (a / (2 - a) - a**2) + (j - 1) * (2 * a**2 / (1 + a) - a**2)
    return float(np.sqrt(variance / (i * j)))


def _share(value: float | np.floating[Any]) -> str:
    return f"{100 * value:.1f} %"


# What may be claimed.

CODES = {"linear": codes.linear, "XOR": codes.xor, "variance": codes.variance, "8-D radius": codes.radius}


def claim_jobs(quick: bool) -> list[Job]:
    draws = {60: 1, 285: 1} if quick else {60: 10, 285: 20, 793: 12}
    free = [{"code": None, "minority": size, "seed": seed} for size, number in draws.items() for seed in range(number)]
    names, seeds = list(CODES), range(2 if quick else 200)
    return free + [{"code": names[seed % 4], "minority": 285, "seed": seed} for seed in seeds]


def measure_claim(code: str | None, minority: int, seed: int) -> Result:
    """Two groups, 30 and 70 %, three images a patient on average, 32 features; codes are worth .60 to .75."""
    cohort, width = Cohort(round(minority / 0.3 * 3), seed, (0.3, 0.7)), 32
    oracle, values, places = 0.5, np.empty((len(cohort.groups), 0)), np.empty(0, dtype=int)
    if code:
        worth = np.random.default_rng((seed, 7)).uniform(0.60, 0.75)
        values, log_likelihoods = CODES[code](cohort, _strength(code, worth))
        places, oracle = upper(cohort, values), one_vs_one(log_likelihoods, cohort.groups)
    features = rotate(cohort, embed(cohort, values, places, spectrum(width)))
    arguments = (features, cohort.groups, cohort.patients)
    if code is None:
        found = decode(*arguments, seed=seed)
    else:
        # One probe whose bound is too high refuses the claim, whatever the others read: the quick ones first.
        with mock.patch.object(decoding, "SUITE", (Ridge, Logistic, Quadratic)):
            found = decode(*arguments, seed=seed, controls=False)
        if found.bound < 0.5 + max(MARGINS):
            found = decode(*arguments, seed=seed, controls=False)
    answers = {str(claim.margin): claim.answer for claim in found.removal}
    if code:  # what the bounds alone would grant: no control and no power keeps the claim back
        answers = {str(margin): "granted" if found.bound < 0.5 + margin else "refused" for margin in MARGINS}
    return {
        "oracle": oracle,
        "decodability": found.one_vs_one.value,
        "answers": answers,
        "flags": list(found.flags),
    }


def _strength(code: str, worth: float) -> float:
    """The strength at which the code's oracle is worth so much: by bisection on one large cohort."""

    def surplus(strength: float) -> float:
        cohort = Cohort(20_000, 0, (0.3, 0.7))
        return one_vs_one(CODES[code](cohort, strength)[1], cohort.groups) - worth

    weakest = {"linear": 0.05, "XOR": 0.2, "variance": 1.05, "8-D radius": 1.02}[code]
    return float(brentq(surplus, weakest, 4.0, xtol=1e-3))


def claim_table(measured: Measured) -> str:
    rows = []
    for code in (None, *CODES):
        for minority in sorted({job["minority"] for job, _ in measured if job["code"] == code}):
            results = [result for job, result in measured if job["code"] == code and job["minority"] == minority]
            read = np.mean([result["decodability"] for result in results])
            row = [code or "none", str(minority), str(len(results))]
            row += [_figure(float(np.mean([result["oracle"] for result in results]))), _figure(float(read))]
            for margin in MARGINS:
                answers = [result["answers"][str(margin)] for result in results]
                kinds = [f"{answers.count(kind)} {kind}" for kind in sorted(set(answers))]
                row.append(", ".join(kinds))
            rows.append(row)
    header = ["code", "minority patients", "data sets", "mean oracle", "mean D"]
    return markdown([*header, *(f"claim at δ = {_figure(margin)}" for margin in MARGINS)], rows)


# What it costs.

GROWTH_WIDTH = 32


def speed_jobs(quick: bool) -> list[Job]:
    growth = (500, 1_000, 2_000) if quick else (10_000, 30_000, 100_000)
    width = 64 if quick else GROWTH_WIDTH
    sides: Job = {"kind": "sides", "n": 1_000 if quick else 10_000, "width": 64 if quick else 1_024}
    return [sides, *({"kind": "growth", "n": n, "width": width} for n in growth)]


def measure_speed(kind: str, n: int, width: int) -> Result:
    if kind == "sides":
        return dict(side_by_side(n, width))
    made = ROWS["linear"](n, width, 0)
    wall, processor = time.perf_counter(), time.process_time()
    decode(made.features, made.groups, made.patients)
    return {"seconds": time.perf_counter() - wall, "processor": time.process_time() - processor}


def speed_table(measured: Measured) -> str:
    sides = [(job, result) for job, result in measured if job["kind"] == "sides"]
    growth = [(job, result) for job, result in measured if job["kind"] == "growth"]
    tables = []
    for job, result in sides:
        rows = [[name, f"{value:.4f}"] for name, value in result.items()]
        tables.append(markdown([f"linear paths at n = {job['n']:,}, {job['width']:,} features", ""], rows))
    if growth:
        first, start = growth[0]
        rows = []
        for job, result in growth:
            ratio, n = result["processor"] / start["processor"], job["n"]
            allowed = n * np.log(n) / (first["n"] * np.log(first["n"]))
            rows.append([f"{n:,}", f"{job['width']:,}", f"{result['processor']:.1f}", f"{result['seconds']:.1f}"])
            rows[-1] += [f"{ratio:.2f} ×", f"{allowed:.2f} ×"]
        header = ["n", "features", "processor seconds", "seconds", "growth", "growth of n log n"]
        tables.append(markdown(header, rows))
    return "\n\n".join(tables)


def growth_figure(measured: Measured, path: Path) -> None:
    """Processor time of the whole suite against n, beside n log n from its first point."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    points = [(job["n"], result["processor"]) for job, result in measured if job["kind"] == "growth"]
    n, seconds = np.array(points).T
    figure, axes = plt.subplots(figsize=(5, 3.5), layout="constrained")
    axes.loglog(n, seconds, "o-", label="whole suite, one thread")
    axes.loglog(n, seconds[0] * n * np.log(n) / (n[0] * np.log(n[0])), "--", color="grey", label="n log n")
    axes.set(xlabel="images", ylabel="processor seconds")
    axes.legend()
    with whole(path) as partial:
        figure.savefig(partial, dpi=150)
    plt.close(figure)


PARTS = {
    "plants": Part(plant_jobs, measure_plant, plant_table),
    "null": Part(null_jobs, measure_null, null_table),
    "claim": Part(claim_jobs, measure_claim, claim_table),
    "cheats": Part(decodability_cheats.jobs, decodability_cheats.measure, decodability_cheats.table),
    "speed": Part(speed_jobs, measure_speed, speed_table, timed=True, figure=growth_figure),
}
