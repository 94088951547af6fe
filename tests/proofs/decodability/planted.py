"""What is planted: every code, and how near the suite comes to its oracle."""

from __future__ import annotations

import time

from bench.errors import BenchError
from bench.scoring.suites import V2
from tests.proofs.decodability.part import Job, Measured, Part, Result, figure
from tests.proofs.markdown import table_of
from tests.scoring.decodability.plants import ROWS
from tests.scoring.decodability.samples import decode

TOLERANCE = 0.04


#: Of every kind one is read on more images or more features too; controls where one has to say that it was missed.
LARGER = ("linear", "xor", "hidden")
HIDDEN = ("hidden",)


def jobs(quick: bool) -> list[Job]:
    """Every row on 3,000 images of 256 features; on more of either, one of every kind."""
    if quick:
        return [_job(row, 600, 32, True) for row in ROWS]
    jobs = [_job(row, 3_000, 256, True) for row in ROWS]
    sizes = ((3_000, 1_024), (10_000, 256), (10_000, 1_024))
    return jobs + [_job(row, n, width, row in HIDDEN) for n, width in sizes for row in LARGER]


def _job(row: str, n: int, width: int, controls: bool) -> Job:
    return {"row": row, "n": n, "width": width, "controls": controls}


def measure(row: str, n: int, width: int, controls: bool) -> Result:
    made = ROWS[row](n, width, 0)
    about = {"name": made.name, "oracle": made.oracle, "beyond_reach": made.beyond_reach}
    started = time.perf_counter()
    try:
        found = decode(made.features, made.groups, made.patients, made.strata, controls=controls)
    except BenchError as refusal:
        return about | {"refused": str(refusal)}
    return about | {
        "decodability": found.one_vs_one.value,
        "given": found.given_diagnosis.one_vs_one.value if found.given_diagnosis else None,
        "probes": {probe.name: probe.one_vs_one.value for probe in found.probes},
        "limits": {limit.name: limit.auroc for limit in found.limits},
        "flags": list(found.flags),
        "controls": controls,
        "seconds": time.perf_counter() - started,
    }


def table(measured: Measured) -> str:
    names = [probe.name for probe in V2.probes]
    header = [
        "race is",
        "n",
        "features",
        "oracle",
        "D",
        "off by",
        *names,
        "D given C",
        "worst limits",
        "flags",
        "verdict",
    ]
    return table_of(header, [_row(job, result, names) for job, result in measured])


def _row(job: Job, result: Result, names: list[str]) -> list[str]:
    row = [result["name"], f"{job['n']:,}", f"{job['width']:,}"]
    if "refused" in result:
        return [*row, *["–"] * (len(names) + 6), f"refused: “{result['refused'].split('. ')[0]}.”"]
    gap = abs(result["decodability"] - result["oracle"])
    row += [figure(result["oracle"]), f"**{figure(result['decodability'])}**", figure(gap)]
    row += [figure(result["probes"].get(name)) for name in names]
    flags = ", ".join(result["flags"]) or ("none" if result["controls"] else "–")
    return [*row, figure(result["given"]), _worst(result["limits"]), flags, _verdict(result, gap)]


def _worst(limits: dict[str, float | None]) -> str:
    """The highest linear and the highest quadratic limit."""
    said = []
    for kind, _ in V2.sight.readers:
        heights = [_height(limit) for name, limit in limits.items() if name.startswith(kind)]
        if heights:
            said.append(figure(max(heights)) if max(heights) < 1 else f"> {figure(V2.sight.strengths[-1])}")
    return ", ".join(said) or "–"


def _verdict(result: Result, gap: float) -> str:
    if gap <= TOLERANCE:
        return f"within {figure(TOLERANCE)}"
    if not result["controls"]:
        return "**missed**"
    if max(_height(limit) for limit in result["limits"].values()) <= result["oracle"] - TOLERANCE:
        return "**missed unawares**"
    return "beyond reach, and said so" if result["beyond_reach"] else "**missed**, and said so"


def _height(limit: float | None) -> float:
    return 1.0 if limit is None else limit


PART = Part(jobs, measure, table)
