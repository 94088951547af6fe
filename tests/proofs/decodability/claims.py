"""What may be claimed: of removal, on race-free features and on features that hide the group."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.optimize import brentq
from scipy.stats import beta

from bench.records import FEATURES, NETWORK, OUTPUTS
from bench.scoring.decodability import Decodability, decode
from bench.scoring.decodability.probes.logistic import Logistic
from bench.scoring.decodability.probes.quadratic import Quadratic
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.suites import V2
from tests.proofs.decodability.part import Job, Measured, Part, Result, figure
from tests.proofs.decodability.strongest import PLANTS
from tests.proofs.markdown import table_of
from tests.scoring.decodability import codes
from tests.scoring.decodability.codes import Cohort, one_vs_one
from tests.scoring.decodability.plants import ROWS, embed, rotate, spectrum, upper

CODES = {"linear": codes.linear, "XOR": codes.xor, "variance": codes.variance, "8-D radius": codes.radius}
#: The margin that claims are made at, the least worth of a plant that counts, and how many there are of each.
MARGIN, LEAST, OF_EACH = max(V2.margins), 0.60, 8
WIDTH, OUTPUTS_OF_EACH = 128, 5


def jobs(quick: bool) -> list[Job]:
    """Race-free features of 9,000 and of 1,500 patients; plants of the table above, and weak ones, worth .60 to .75."""
    n, few, each = (600, 300, 1) if quick else (9_000, 1_500, OF_EACH)
    plants = [row for row in PLANTS if row not in ("nothing", "disease")]
    weak = [*CODES] * (1 if quick else 26)
    return [
        *({"kind": "plant", "code": row, "n": n, "seed": seed} for seed in range(each) for row in plants),
        *({"kind": "weak", "code": code, "n": n, "seed": seed} for seed, code in enumerate(weak)),
        *({"kind": "free", "code": "", "n": size, "seed": s} for s in range(2 if quick else 20) for size in (n, few)),
    ]


def measure(kind: str, code: str, n: int, seed: int) -> Result:
    """What is claimed of a network whose features, of 128 directions, hide the group so, and what is said of it."""
    if kind == "free":
        return _of_all(*_race_free(n, seed), seed) | {"oracle": 0.5}
    if kind == "plant":
        made = ROWS[code](n, WIDTH, seed)
        features, groups, patients, oracle = made.features, made.groups, made.patients, made.oracle
    else:
        features, groups, patients, oracle = _weak(code, n, seed)
    # One probe whose bound is too high refuses the claim, whatever the others read: the quick ones first.
    quick = replace(V2, probes=(Ridge, Logistic, Quadratic))
    found = decode({FEATURES: features}, groups, patients, suite=quick, seed=seed, controls=False)[NETWORK]
    highest = max(probe.upper for probe in found.probes)
    if highest >= 0.5 + MARGIN:
        return {"oracle": oracle, "decodability": found.one_vs_one.value, "answer": "refused"}
    return _of_all({FEATURES: features}, groups, patients, seed) | {"oracle": oracle}


def _of_all(layers: dict[str, np.ndarray], groups: np.ndarray, patients: np.ndarray, seed: int) -> Result:
    read = decode(layers, groups, patients, suite=V2, seed=seed)
    claim = next(claim for claim in read[NETWORK].removal if claim.margin == MARGIN)
    highest = {kind: _highest(read[FEATURES], kind) for kind, _ in V2.sight.asked}
    value = read[NETWORK].one_vs_one.value
    return {"decodability": value, "answer": claim.answer, "reason": claim.reason, "limits": highest}


def _highest(read: Decodability, kind: str) -> float | None:
    """The detection limit at the worst percentile; None above all that is planted."""
    limits = [limit.auroc for limit in read.limits if limit.kind == kind]
    return None if None in limits else max(limits)  # type: ignore[type-var]


def _race_free(n: int, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """A trial: three groups of equal size, an image each, features and outputs that have nothing to do with them."""
    rng = np.random.default_rng((seed, 11))
    groups = rng.permutation(np.arange(n) % 3)
    latent = rng.normal(size=(n, WIDTH)) * np.sqrt(spectrum(WIDTH))
    features = (latent @ np.linalg.qr(rng.normal(size=(WIDTH, WIDTH)))[0]).astype(np.float32)
    outputs = (features @ rng.normal(size=(WIDTH, OUTPUTS_OF_EACH))).astype(np.float32)
    return {FEATURES: features, OUTPUTS: outputs}, groups, np.arange(n)


def _weak(code: str, n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Two groups, 30 and 70 %, images in clusters as in the table; the code is worth .60 to .75."""
    cohort = Cohort(n, seed, (0.3, 0.7))
    worth = np.random.default_rng((seed, 7)).uniform(LEAST, 0.75)
    values, log_likelihoods = CODES[code](cohort, _strength(code, worth))
    oracle = one_vs_one(log_likelihoods, cohort.groups)
    features = rotate(cohort, embed(cohort, values, upper(cohort, values), spectrum(WIDTH)))
    return features, cohort.groups, cohort.patients, oracle


def _strength(code: str, worth: float) -> float:
    """The strength at which the code's oracle is worth so much: by bisection on one large cohort."""

    def surplus(strength: float) -> float:
        cohort = Cohort(20_000, 0, (0.3, 0.7))
        return one_vs_one(CODES[code](cohort, strength)[1], cohort.groups) - worth

    weakest = {"linear": 0.05, "XOR": 0.2, "variance": 1.05, "8-D radius": 1.02}[code]
    return float(brentq(surplus, weakest, 4.0, xtol=1e-3))


def table(measured: Measured) -> str:
    rows = []
    for kind, code, n in dict.fromkeys((job["kind"], job["code"], job["n"]) for job, _ in measured):
        results = [result for job, result in measured if (job["kind"], job["code"], job["n"]) == (kind, code, n)]
        title = {"free": "nothing", "plant": f"a plant: {code}", "weak": f"a weak code: {code}"}[kind]
        answers = [result["answer"] for result in results]
        oracle, read = (float(np.mean([result[key] for result in results])) for key in ("oracle", "decodability"))
        said = ", ".join(f"{answers.count(answer)} {answer}" for answer in sorted(set(answers)))
        limits = [_mean_of(results, asked) for asked, _ in V2.sight.asked]
        rows.append([title, f"{n:,}", str(len(results)), figure(oracle), figure(read), *limits, said])
    header = [
        "what the features hide",
        "images",
        "data sets",
        "mean oracle",
        "mean D",
        "linear limit",
        "quadratic limit",
    ]
    hiding = [result for job, result in measured if job["kind"] != "free" and result["oracle"] >= LEAST]
    granted = sum(result["answer"] == "granted" for result in hiding)
    bound = float(beta.ppf(0.95, granted + 1, len(hiding) - granted)) if granted < len(hiding) else 1.0
    total = (
        f"Of {len(hiding)} readings of codes worth {figure(LEAST)} or more, {granted} were granted: at most "
        f"{bound:.1%} are (95%, Clopper & Pearson, 1934)."
    )
    return f"{table_of([*header, f'claim at δ = {figure(MARGIN)}'], rows)}\n\n{total}"


def _mean_of(results: list[Result], kind: str) -> str:
    """The mean limit of those data sets that have one; "above" where some have none."""
    limits = [result["limits"][kind] for result in results if "limits" in result]
    if not limits:
        return "–"
    known = [limit for limit in limits if limit is not None]
    if len(known) < len(limits):
        return f"above {figure(V2.sight.strengths[-1])} in {len(limits) - len(known)}"
    return figure(float(np.mean(known)))


PART = Part(jobs, measure, table)
