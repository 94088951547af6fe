"""What it costs: the linear paths against scikit-learn's, and the whole suite against the number of images."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from bench.files import whole
from tests.proofs.decodability.part import Job, Measured, Part, Result
from tests.proofs.markdown import table_of
from tests.scoring.decodability.plants import ROWS
from tests.scoring.decodability.samples import decode
from tests.speed.test_decodability import side_by_side

GROWTH_WIDTH = 32


def jobs(quick: bool) -> list[Job]:
    growth = (500, 1_000, 2_000) if quick else (10_000, 30_000, 100_000)
    width = 64 if quick else GROWTH_WIDTH
    sides: Job = {"kind": "sides", "n": 1_000 if quick else 10_000, "width": 64 if quick else 1_024}
    return [sides, *({"kind": "growth", "n": n, "width": width} for n in growth)]


def measure(kind: str, n: int, width: int) -> Result:
    if kind == "sides":
        return dict(side_by_side(n, width))
    made = ROWS["linear"](n, width, 0)
    wall, processor = time.perf_counter(), time.process_time()
    decode(made.features, made.groups, made.patients)
    return {"seconds": time.perf_counter() - wall, "processor": time.process_time() - processor}


def table(measured: Measured) -> str:
    sides = [(job, result) for job, result in measured if job["kind"] == "sides"]
    growth = [(job, result) for job, result in measured if job["kind"] == "growth"]
    tables = []
    for job, result in sides:
        rows = [[name, f"{value:.4f}"] for name, value in result.items()]
        tables.append(table_of([f"linear paths at n = {job['n']:,}, {job['width']:,} features", ""], rows))
    if growth:
        first, start = growth[0]
        rows = []
        for job, result in growth:
            ratio, n = result["processor"] / start["processor"], job["n"]
            allowed = n * np.log(n) / (first["n"] * np.log(first["n"]))
            rows.append([f"{n:,}", f"{job['width']:,}", f"{result['processor']:.1f}", f"{result['seconds']:.1f}"])
            rows[-1] += [f"{ratio:.2f} ×", f"{allowed:.2f} ×"]
        header = ["n", "features", "processor seconds", "seconds", "growth", "growth of n log n"]
        tables.append(table_of(header, rows))
    return "\n\n".join(tables)


def draw_growth(measured: Measured, path: Path) -> None:
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


PART = Part(jobs, measure, table, timed=True, draw=draw_growth)
