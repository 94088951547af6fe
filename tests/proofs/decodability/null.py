"""What is not there, and how far the intervals reach."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import norm

from bench.records import FEATURES, NETWORK, OUTPUTS
from bench.scoring.decodability import decode
from bench.scoring.suites import V2
from tests.proofs.decodability.part import Job, Measured, Part, Result, figure
from tests.proofs.markdown import table_of
from tests.scoring.decodability import codes
from tests.scoring.decodability.codes import Cohort
from tests.scoring.decodability.plants import rotate, spectrum

#: Images of a patient resemble each other more than in the plants: that is what the naive interval overlooks.
ALIKE = 0.8
DISTANCE = 0.95


def jobs(quick: bool) -> list[Job]:
    draws = {"null": 2, "planted": 2} if quick else {"null": 200, "planted": 60}
    return [{"kind": kind, "seed": seed} for kind, number in draws.items() for seed in range(number)]


def measure(kind: str, seed: int) -> Result:
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
    # Layers and probes put together as in use: outputs are made of the features.
    layers = {FEATURES: features, OUTPUTS: features @ rng.normal(size=(width, 3)).astype(np.float32)}
    read = decode(layers, cohort.groups, cohort.patients, suite=V2, seed=seed, controls=False, linear_only=[OUTPUTS])
    found = read[NETWORK].one_vs_one
    images = np.bincount(cohort.groups)
    return {"value": found.value, "low": found.low, "high": found.high, "images": images.tolist()}


def table(measured: Measured) -> str:
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
            rows.append([title, str(len(results)), figure(oracle), f"{value.mean():.4f}", figure(float(value.std()))])
            rows[-1] += [figure(float(np.mean(high - low)) / 3.92), _share(covered), _share(naive)]
    header = ["data sets", "number", "oracle", "mean D", "scatter of D", "standard error", "interval holds the truth"]
    return table_of([*header, "image-level one does"], rows)


def _image_level_error(result: Result) -> float:
    """Standard error were all images independent (Hanley & McNeil, 1982)."""
    a, (i, j) = result["value"], result["images"]
    variance = a * (1 - a) + (i - 1) * (a / (2 - a) - a**2) + (j - 1) * (2 * a**2 / (1 + a) - a**2)
    return float(np.sqrt(variance / (i * j)))


def _share(value: float | np.floating[Any]) -> str:
    return f"{100 * value:.1f} %"


PART = Part(jobs, measure, table)
