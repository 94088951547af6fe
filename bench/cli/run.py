"""``bench run`` and ``bench sweep``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bench.cli import failures
from bench.cli.options import Multirun, Overrides, announced
from bench.errors import BenchError, in_a_line

if TYPE_CHECKING:
    from bench.config import RunConfig
    from bench.work import Ended, Job


def run(overrides: Overrides = None, multirun: Multirun = False) -> None:
    """Train one method on one task, and score what came out twice: bench run [config.yaml] option=value …"""
    if not multirun:
        _one_run(announced(overrides or []))
        return
    from bench.config import multirun as product
    from bench.work import local

    configs = _configs(product(overrides or []))
    ended = local.run([_job(text, config) for text, config in configs], survived=Exception)
    _report(ended, configs[0][1].runs_dir)


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


def _one_run(config: RunConfig) -> None:
    from bench.pages import terminal
    from bench.run import document
    from bench.run import run as run_one

    outcome = run_one(config)
    if outcome.existed:
        typer.echo(f"This run is already recorded in {outcome.folder}; its record:", err=True)
    terminal.show(document.document(outcome.record, outcome.scores(config), outcome.folder))


def _configs(asked: Sequence[list[str]]) -> list[tuple[str, RunConfig]]:
    """What is asked of every run, as text and as its configuration, each of which is known to be one that can begin.

    Raises:
        BenchError: naming every run that could not, before any has begun.
    """
    made: list[tuple[str, RunConfig]] = []
    wrong: dict[str, list[str]] = {}
    for overrides in asked:
        text = " ".join(overrides)
        try:
            config = announced(overrides, quietly=bool(made or wrong))
            _refuse_what_cannot_begin(config, [known for _, known in made])
        except BenchError as error:
            wrong.setdefault(in_a_line(error), []).append(text)
        else:
            made.append((text, config))
    if wrong:
        told = " ".join(f"({'; '.join(texts)}) {error}" for error, texts in wrong.items())
        raise BenchError(
            f"{sum(map(len, wrong.values()))} of {len(asked)} runs cannot begin, so none was begun: {told}"
        )
    return made


def _refuse_what_cannot_begin(config: RunConfig, known: Sequence[RunConfig]) -> None:
    """Plan a run of this configuration, unless one is known that differs in nothing that planning could refuse."""
    from bench import training
    from bench.run import plan
    from bench.run.execution import suites_of

    training.require(config.trainer.accelerator)
    suites_of(config.scoring.suites)
    if not any(
        (one.task, one.test, one.method.plugin) == (config.task, config.test, config.method.plugin) for one in known
    ):
        plan(config)


def _job(text: str, config: RunConfig) -> Job[None]:
    from bench.run import done
    from bench.work import Job

    return Job(id=text, label=text, done=lambda: done(config), run=lambda: _one_run(config))


def _report(ended: Sequence[Ended[None]], runs_dir: Path) -> None:
    """Say which runs failed, where any did; of faults that the user cannot mend the tracebacks are kept.

    Raises:
        BenchError: where all that failed can be mended.
        typer.Exit: with another exit code, where something did not do what it should.
    """
    from bench.work import results

    faults = [(one.job.label, one.error) for one in ended if one.error and failures.paragraph(one.error) is None]
    try:
        results(ended, "runs")
    except BenchError as error:
        if not faults:
            raise
        file = failures.keep_tracebacks(faults, runs_dir)
        typer.echo(f"error: {error} {len(faults)} of them by a fault, whose traceback is in {file}.", err=True)
        raise typer.Exit(failures.FAULT) from error
