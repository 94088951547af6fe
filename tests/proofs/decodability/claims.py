"""What may be claimed: of removal, on features with a weak code and without any."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.optimize import brentq

from bench.scoring.decodability import decode
from bench.scoring.decodability.probes.logistic import Logistic
from bench.scoring.decodability.probes.quadratic import Quadratic
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.suites import V2
from tests.proofs.decodability.part import Job, Measured, Part, Result, figure
from tests.proofs.markdown import table_of
from tests.scoring.decodability import codes
from tests.scoring.decodability.codes import Cohort, one_vs_one
from tests.scoring.decodability.plants import embed, rotate, spectrum, upper

CODES = {"linear": codes.linear, "XOR": codes.xor, "variance": codes.variance, "8-D radius": codes.radius}


def jobs(quick: bool) -> list[Job]:
    draws = {60: 1, 285: 1} if quick else {60: 10, 285: 20, 793: 12}
    free = [{"code": None, "minority": size, "seed": seed} for size, number in draws.items() for seed in range(number)]
    names, seeds = list(CODES), range(2 if quick else 200)
    return free + [{"code": names[seed % 4], "minority": 285, "seed": seed} for seed in seeds]


def measure(code: str | None, minority: int, seed: int) -> Result:
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
        found = decode(*arguments, suite=V2, seed=seed)
    else:
        # One probe whose bound is too high refuses the claim, whatever the others read: the quick ones first.
        quick = replace(V2, probes=(Ridge, Logistic, Quadratic))
        found = decode(*arguments, suite=quick, seed=seed, controls=False)
        if found.bound < 0.5 + max(V2.margins):
            found = decode(*arguments, suite=V2, seed=seed, controls=False)
    answers = {str(claim.margin): claim.answer for claim in found.removal}
    if code:  # what the bounds alone would grant: no control and no power keeps the claim back
        answers = {str(margin): "granted" if found.bound < 0.5 + margin else "refused" for margin in V2.margins}
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


def table(measured: Measured) -> str:
    rows = []
    for code in (None, *CODES):
        for minority in sorted({job["minority"] for job, _ in measured if job["code"] == code}):
            results = [result for job, result in measured if job["code"] == code and job["minority"] == minority]
            read = np.mean([result["decodability"] for result in results])
            row = [code or "none", str(minority), str(len(results))]
            row += [figure(float(np.mean([result["oracle"] for result in results]))), figure(float(read))]
            for margin in V2.margins:
                answers = [result["answers"][str(margin)] for result in results]
                kinds = [f"{answers.count(kind)} {kind}" for kind in sorted(set(answers))]
                row.append(", ".join(kinds))
            rows.append(row)
    header = ["code", "minority patients", "data sets", "mean oracle", "mean D"]
    return table_of([*header, *(f"claim at δ = {figure(margin)}" for margin in V2.margins)], rows)


PART = Part(jobs, measure, table)
