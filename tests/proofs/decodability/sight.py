"""How weak a signal is seen, by the number of patients and of features: null features, and what is planted in them."""

from __future__ import annotations

import numpy as np

from bench.records import FEATURES
from bench.scoring.decodability.controls.sight import limits
from bench.scoring.decodability.inputs import check
from bench.scoring.decodability.parallel import one_thread_each
from bench.scoring.decodability.splits import patient_splits
from bench.scoring.decodability.whitening import Whitening
from bench.scoring.suites import V2
from tests.proofs.decodability.part import Job, Measured, Part, Result, figure
from tests.proofs.markdown import table_of
from tests.scoring.decodability.plants import spectrum

SIZES, WIDTHS = (1_500, 3_000, 9_000), (32, 64, 128, 256)


def jobs(quick: bool) -> list[Job]:
    if quick:
        return [{"n": 600, "width": 16, "seed": 0}]
    return [{"n": n, "width": width, "seed": 0} for n in SIZES for width in WIDTHS]


def measure(n: int, width: int, seed: int) -> Result:
    """The limits in features of a power-law spectrum, of three groups of equal size with an image a patient."""
    rng = np.random.default_rng((seed, n, width))
    latent = rng.normal(size=(n, width)) * np.sqrt(spectrum(width))
    features = (latent @ np.linalg.qr(rng.normal(size=(width, width)))[0]).astype(np.float32)
    sample = check({FEATURES: features}, np.arange(n) % 3, np.arange(n), None, None)[FEATURES]
    splits = patient_splits(sample.patient_groups, sample.patient_strata, V2.folds, seed)
    with one_thread_each(features.nbytes) as at_once:
        whitenings = [Whitening.fit(sample.features, sample.rows(split.fit)) for split in splits]
        found = limits(sample, whitenings, splits, V2, seed, at_once)
    return {"limits": {limit.name: [limit.auroc, limit.standard_error] for limit in found}}


def table(measured: Measured) -> str:
    names = [f"{kind}, percentile {percentile}" for kind, _ in V2.sight.readers for percentile in V2.sight.percentiles]
    rows = []
    for job, result in measured:
        row = [f"{job['n']:,}", str(job["width"])]
        for value, error in (result["limits"][name] for name in names):
            row.append(f"> {figure(V2.sight.strengths[-1])}" if value is None else f"{figure(value)} ± {figure(error)}")
        rows.append(row)
    return table_of(["patients", "features", *names], rows)


PART = Part(jobs, measure, table)
