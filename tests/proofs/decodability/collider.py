"""What D given C says of features whose worth given C is known: severities of the phantom's patients, and C alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.task import Confounder
from tasks.cxr._phantom_patients import FINDINGS, RACES, Bias, draw
from tests.proofs.decodability.linear import Cohort
from tests.proofs.decodability.part import Job, Measured, Part, Result, figure
from tests.proofs.markdown import table_of

_PATIENTS, _BLOCK = 6000, 10
_OFF = Bias(prevalence=0, presentation=0, annotation=0, acquisition=0, habitus=0)
#: What is read, of whom, by C, and what it must be: a value or limits.
_ROWS = {
    "severities, annotation .2": (_OFF.model_copy(update={"annotation": 0.2}), ("severities",)),
    "severities, annotation .5": (_OFF.model_copy(update={"annotation": 0.5}), ("severities",)),
    "severities, default dials": (Bias(), ("severities",)),
    "severities and BMI, default dials": (Bias(), ("severities", "bmi")),
    "severities, BMI and a race signal, default dials": (Bias(), ("severities", "bmi", "race")),
    "what C alone decides, default dials": (Bias(), ("c",)),
}


def _jobs(quick: bool) -> list[Job]:
    def draws(row: str) -> int:
        return 10 if quick else 200 if "annotation" in row else 20

    return [{"row": row, "first": first} for first in range(0, 200, _BLOCK) for row in _ROWS if first < draws(row)]


def confounders(table: pd.DataFrame, labels: str = "true_") -> list[Confounder]:
    """The diagnosis, and BMI and site, from a table of the phantom."""
    names = (*FINDINGS.names, "no_finding")
    found = [Confounder(name, "label", table[f"{labels}{name}"].to_numpy(np.int64)) for name in names]
    found += [_category(table, "view"), _category(table, "sex")]
    found += [Confounder("age", "number", table["age"].to_numpy(np.float64))]
    found += [Confounder("bmi", "number", table["bmi"].to_numpy(np.float64), covariate=True)]
    return [*found, _category(table, "site", covariate=True)]


def _category(table: pd.DataFrame, name: str, covariate: bool = False) -> Confounder:
    coded = pd.Categorical(table[name])
    return Confounder(name, "category", coded.codes.astype(np.int64), tuple(coded.categories), covariate)


def _features(table: pd.DataFrame, what: tuple[str, ...], seed: int) -> np.ndarray:
    """Six features of noise, turned with those of what is asked for."""
    rng = np.random.default_rng((3, seed))
    race = table["race"].map({name: k for k, name in enumerate(RACES)}).to_numpy()
    parts = {
        "severities": table[[f"severity_{name}" for name in FINDINGS.names]].to_numpy(np.float64),
        "bmi": table[["bmi"]].to_numpy(np.float64) / 5,
        "race": 0.5 * np.eye(3)[race] + rng.normal(size=(len(table), 3)),
        "c": table[["age"]].to_numpy(np.float64) / 16 + table[[f"true_{name}" for name in FINDINGS.names]].to_numpy(),
    }
    features = np.concatenate([*(parts[name] for name in what), rng.normal(size=(len(table), 6))], axis=1)
    turn = np.linalg.qr(rng.normal(size=(features.shape[1],) * 2))[0]
    return (features - features.mean(axis=0)) @ turn


def _measure(row: str, first: int) -> Result:
    bias, what = _ROWS[row]
    lines = []
    for seed in range(first, first + _BLOCK):
        table = draw(_PATIENTS, 1000 + seed, bias).groupby("patient", sort=False).head(1)
        groups = table["race"].map({name: k for k, name in enumerate(RACES)}).to_numpy()
        features, known = _features(table, what, seed), confounders(table)
        marginal = Cohort(groups, None, seed).marginal(features).estimate
        line = [marginal.value]
        reported = confounders(table, "")
        for given in ([one for one in known if not one.covariate], known, [o for o in reported if not o.covariate]):
            estimate = Cohort(groups, given, seed).given(features).estimate
            interval = estimate.interval()
            line += [estimate.value, float(not interval.low <= 0.5 <= interval.high)]
        lines.append(line)
    return {"lines": lines}


def _table(measured: Measured) -> str:
    rows = []
    for row in dict.fromkeys(job["row"] for job, _ in measured):
        lines = np.array([line for job, result in measured if job["row"] == row for line in result["lines"]])
        marginal, given, out, known, out_known, reported, out_reported = lines.T
        cells = [row, str(len(lines)), figure(float(marginal.mean()))]
        for values, outside in ((given, out), (known, out_known), (reported, out_reported)):
            cells += [figure(float(values.mean())), f"{outside.mean():.1%}"]
        rows.append(cells)
    header = ["features hold", "draws", "D", "given the diagnosis", "interval excludes .5", "given all that is known"]
    header += ["interval excludes .5", "given the *reported* labels", "interval excludes .5"]
    return table_of(header, rows)


PART = Part(_jobs, _measure, _table)
