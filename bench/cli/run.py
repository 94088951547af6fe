"""``bench run`` and ``bench sweep``."""

from __future__ import annotations

import typer

from bench.cli.options import Multirun, Overrides, announced
from bench.errors import BenchError


def run(overrides: Overrides = None, multirun: Multirun = False) -> None:
    """Train one method on one task, and score what came out twice."""
    from bench.config import multirun as product

    if not multirun:
        _one_run(overrides or [])
        return
    jobs, failed = product(overrides or []), []
    for number, job in enumerate(jobs, start=1):
        typer.echo(f"[{number}/{len(jobs)}] {' '.join(job)}", err=True)
        try:
            _one_run(job)
        except BenchError as error:
            failed.append(job)
            typer.echo(f"error: {error}", err=True)
    if failed:
        names = "; ".join(" ".join(job) for job in failed)
        raise BenchError(f"{len(failed)} of {len(jobs)} runs failed ({names}); the others are recorded.")


def _one_run(overrides: list[str]) -> None:
    from bench.pages import terminal
    from bench.run import document
    from bench.run import run as run_one

    config = announced(overrides)
    outcome = run_one(config)
    if outcome.existed:
        typer.echo(f"This run is already recorded in {outcome.folder}; its record:", err=True)
    terminal.show(document.document(outcome.record, outcome.scores(config), outcome.folder))


def sweep(overrides: Overrides = None) -> None:
    """Tune a method on validation patients, and run the chosen configuration on test patients."""
    from bench.pages import terminal
    from bench.run import document as of_run
    from bench.sweep import document as of_sweep
    from bench.sweep import sweep as tune

    config = announced(overrides or [])
    done = tune(config)
    terminal.show(of_sweep.document(done))
    outcome = done.outcome
    terminal.show(of_run.document(outcome.record, outcome.scores(config), outcome.folder))
