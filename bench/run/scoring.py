"""A trained network scored in an arena: predicted once, scored by each suite, and written."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd

from bench import records, training
from bench.files import whole
from bench.records import ScoreFile, outputs
from bench.records.environment import environment
from bench.run.arenas import Arena, Opened
from bench.run.network import Network
from bench.run.planning import Run
from bench.scoring import Computed, Scored, score, score_conditions, score_to_choose, score_trial
from bench.scoring.decodability import Suite
from bench.task import Cohort

FIGURE = "scores.png"


def score_arena(planned: Run, network: Network, arena: Arena, suites: Sequence[Suite]) -> None:
    """Predict an arena's images once, and write a file of scores a suite, behind all else that is kept of them."""
    opened = arena.open()
    found, computed = network.compute(arena, opened)
    if arena.place == "test":
        key = records.patient_key(planned.config.runs_dir)
        outputs.write(network.kept(opened.cohort, found), key, planned.folder)
    for suite in suites:
        started = time.monotonic()
        made = _scored(planned, arena, computed, suite)
        _write(planned, network, arena, opened, computed.cohort, suite, made, time.monotonic() - started)


def _scored(planned: Run, arena: Arena, computed: Computed, suite: Suite) -> Scored:
    """What an arena is scored for."""
    replicates, every_layer = planned.config.scoring.replicates, planned.config.scoring.layers == "all"
    if arena.place == "val":
        return score_to_choose(computed, suite, replicates)
    if arena.place == "trial":
        return score_trial(computed, suite, every_layer=every_layer)
    if arena.place == "conditions":
        return score_conditions(computed, replicates)
    leace = arena.place == "test" and planned.config.method.name == records.BASELINE
    return score(computed, suite, replicates, every_layer=every_layer, leace=leace)


def _write(
    planned: Run,
    network: Network,
    arena: Arena,
    opened: Opened,
    units: Cohort,
    suite: Suite,
    made: Scored,
    seconds: float,
) -> None:
    file = ScoreFile(
        run=planned.id,
        head=arena.head(opened, units, suite.version, planned.config.scoring.layers),
        created=now(),
        replicates=planned.config.scoring.replicates,
        data=arena.info(opened.whole) if arena.info else None,
        flags=made.flags,
        scores=made.scores,
        environment={
            **environment(training.device(planned.config.trainer.accelerator)),
            "isolated": network.predictor is not None,
        },
        seconds=round(seconds, 3),
    )
    key = records.patient_key(planned.config.runs_dir)
    patients = records.keyed_hashes(key, sorted(set(units.table["patient"])))
    influence = pd.DataFrame(dict(made.influence), index=pd.Index(patients, name="patient"))
    records.write_scores(file, influence, planned.folder)


def draw(planned: Run) -> None:
    """Draw the run's figure beside its files."""
    from bench.leaderboard.run_figure import run_figure

    record = records.read(planned.folder)
    test = record.of("test", planned.config.scoring.unit)
    if test is None:  # as when it was asked for other arenas alone
        return
    figure = run_figure(record.run, test, record.beside(test, "trial"), record.beside(test, "conditions"))
    with whole(planned.folder / FIGURE) as partial:
        figure.savefig(partial)


def now() -> str:
    """The time, to the second, as files state it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
