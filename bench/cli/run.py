"""``bench run`` and ``bench sweep``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from bench.cli.options import Multirun, Overrides, announced

if TYPE_CHECKING:
    from bench.work import Job


def run(overrides: Overrides = None, multirun: Multirun = False) -> None:
    """Train one method on one task, and score what came out twice."""
    if not multirun:
        _one_run(overrides or [])
        return
    from bench.config import multirun as product
    from bench.work import local, results

    results(local.run([_job(texts) for texts in product(overrides or [])]), "runs")


def _job(overrides: list[str]) -> Job[None]:
    from bench.work import Job

    def recorded() -> bool:
        from bench.config import compose
        from bench.run import done

        return done(compose(overrides))

    text = " ".join(overrides)
    return Job(id=text, label=text, done=recorded, run=lambda: _one_run(overrides))


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
