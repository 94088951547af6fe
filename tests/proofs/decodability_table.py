"""The proof of the decodability suite: ``python -m tests.proofs.decodability_table`` measures it and writes the tables.

Everything by default, into ``docs/decodability.md`` between markers such as ``<!-- plants -->`` and
``<!-- /plants -->``. Whatever was measured is kept, so that the same command goes on where it was stopped; it is
measured anew when the suite or the plants have changed. With ``--quick`` small samples show that all of it works: these
tables are printed, not written.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import sys
import time
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from pathlib import Path

from bench.files import user_cache, whole
from tests.places import ROOT
from tests.proofs.decodability import cheats, claims, collider, coverage, null, planted, sight, speed, strongest
from tests.proofs.decodability.part import Job, Measured, Result
from tests.proofs.markdown import insert
from tests.scoring.decodability.plants import ROWS

DOCUMENT = ROOT / "docs" / "decodability.md"
FIGURE = ROOT / "docs" / "decodability_growth.png"
PARTS = {
    "plants": planted.PART,
    "strongest": strongest.PART,
    "sight": sight.PART,
    "null": null.PART,
    "coverage": coverage.PART,
    "collider": collider.PART,
    "claim": claims.PART,
    "cheats": cheats.PART,
    "speed": speed.PART,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS), help="what to measure")
    parser.add_argument("--rows", nargs="+", choices=ROWS, help="of the plants; the table is printed, not written")
    parser.add_argument("--quick", action="store_true", help="small samples; the tables are printed, not written")
    parser.add_argument("--work", type=Path, default=user_cache() / "decodability", help="where results are kept")
    options = parser.parse_args()
    # One thread a process: workers are spawned, so they read this before they load numpy.
    os.environ |= {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    for name in options.part:
        jobs = PARTS[name].jobs(options.quick)
        if name == "plants" and options.rows:
            jobs = [job for job in jobs if job["row"] in options.rows]
        measured = measure(name, jobs, options.work / fingerprint())
        table = PARTS[name].table(measured)
        if options.quick or (name == "plants" and options.rows):
            print(table, end="\n\n")
            continue
        insert(DOCUMENT, name, table)
        draw = PARTS[name].draw
        if draw:
            draw(measured, FIGURE)


def fingerprint() -> str:
    """Of the code that decides the results: what other code has measured is not taken for this one's."""
    rooms = ("bench/scoring/decodability", "bench/scoring/suites", "bench/statistics")
    sources = [source for room in rooms for source in sorted((ROOT / room).rglob("*.py"))]
    sources += [ROOT / "tests/scoring/decodability" / name for name in ("codes.py", "plants.py")]
    sources += sorted((ROOT / "tests/proofs/decodability").glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]


def measure(name: str, jobs: list[Job], work: Path) -> Measured:
    """All results in the order of the jobs, those kept in ``work`` and the rest made now by two processes."""
    work.mkdir(parents=True, exist_ok=True)
    path = work / f"{name}.jsonl"
    kept = _read(path)
    missing = [job for job in jobs if _key(job) not in kept]
    started, done = time.monotonic(), 0
    # Spawned: a process that has run BLAS or OpenMP must not be forked.
    context = multiprocessing.get_context("spawn")
    workers = 1 if PARTS[name].timed else 2
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_on_one_core) as pool:
        waiting = {pool.submit(_measure, name, job): job for job in missing}
        try:
            while waiting:
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    kept[_key(waiting.pop(future))] = future.result()
                    done += 1
                _write(path, kept)
                left = (time.monotonic() - started) / done * len(waiting)
                print(f"{name}: {done} of {len(missing)}, {left / 60:.0f} min left", file=sys.stderr, flush=True)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [(job, kept[_key(job)]) for job in jobs]


def _on_one_core() -> None:
    """Each worker on a core of its own, so that it does not read several splits at a time."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        number = multiprocessing.current_process()._identity[0]  # type: ignore[attr-defined]
        os.sched_setaffinity(0, {cores[number % len(cores)]})


def _measure(name: str, job: Job) -> Result:
    return PARTS[name].measure(**job)


def _key(job: Job) -> str:
    return json.dumps(job, sort_keys=True)


def _read(path: Path) -> dict[str, Result]:
    if not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return {_key(line["job"]): line["result"] for line in lines}


def _write(path: Path, kept: dict[str, Result]) -> None:
    lines = [json.dumps({"job": json.loads(key), "result": result}) for key, result in kept.items()]
    with whole(path) as partial:
        partial.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
