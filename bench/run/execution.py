"""The walk of a run: cohort → images → training → arenas → files of scores. The same run twice does the work once."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout

from bench import records, training
from bench.config import RunConfig
from bench.data.cohorts import identity
from bench.errors import BenchError, suggest
from bench.files import write_text
from bench.records import Place, Record, ScoreFile
from bench.records.environment import environment
from bench.run import arenas, scoring
from bench.run.arenas import Arena
from bench.run.network import Network, predicting
from bench.run.planning import Run, plan
from bench.scoring.decodability import Suite
from bench.scoring.suites import RETIRED, SUITES
from bench.terminal import say, step, warn
from bench.training import Predictor, loggers

CONFIG = "config.yaml"


@dataclass(frozen=True)
class Outcome:
    """A finished run: its record, the folder it stands in, and whether it had been there already."""

    record: Record
    folder: Path
    existed: bool

    def scores(self, config: RunConfig, place: Place = "test") -> ScoreFile:
        """The scores that the configuration asked for, by the last of its suites."""
        found = self.record.of(place, config.scoring.unit, config.scoring.suites[-1])
        assert found is not None
        return found


def run(config: RunConfig, places: Sequence[Place] = ("val", "test"), train: bool = True) -> Outcome:
    """Do what is still to be done of a run: train unless trained, score every arena by every suite unless scored.

    Args:
        config: what is asked for.
        places: of the set trained on; "test" brings the sets elsewhere that the configuration names.
        train: whether a network that is not there may be trained.

    Raises:
        BenchError: for anything the user can mend.
    """
    return complete(plan(config), places, train)


def done(config: RunConfig, places: Sequence[Place] = ("val", "test")) -> bool:
    """Whether a run is recorded and scored as it would be now, so that :func:`run` would return it without work."""
    return not _lacking(plan(config), places, whole=False)


def complete(planned: Run, places: Sequence[Place], train: bool = True) -> Outcome:
    """What :func:`run` does, of a run that is planned already."""
    if not _lacking(planned, places, whole=not train):
        return Outcome(records.read(planned.folder), planned.folder, existed=True)
    if not train and not training.trained(planned.folder):
        raise BenchError(
            f"There is no trained network in {planned.folder}: `bench run` with the same options makes one."
        )
    make_folder(planned.folder)
    try:
        with FileLock(planned.folder / ".lock", timeout=0):
            # Another process may have done some of it since.
            return Outcome(_execute(planned, places, train), planned.folder, existed=False)
    except Timeout as error:
        raise BenchError(
            f"Another process is at work on this run ({planned.folder}). Wait for it, then give the same command again."
        ) from error


def suites_of(versions: Sequence[int]) -> list[Suite]:
    """The suites of these versions, each once.

    Raises:
        BenchError: for a version that there is no suite of, or no more.
    """
    asked = dict.fromkeys(versions)
    for version in asked:
        if version in RETIRED:
            raise BenchError(
                f"scoring.suites={[*asked]}: suite {version} makes no more scores, since {RETIRED[version]}. Files that"
                f" it has made stay readable, on boards of their own; ask for scoring.suites={[*SUITES]}."
            )
        if version not in SUITES:
            known = suggest(str(version), map(str, SUITES))
            raise BenchError(f"scoring.suites={[*asked]}: no suite has version {version}.{known}")
    return [SUITES[version] for version in asked]


def _lacking(planned: Run, places: Sequence[Place], whole: bool) -> list[tuple[Arena, list[Suite]]]:
    """The arenas that are still to be scored, each with the suites that are to do it.

    ``whole``: also those whose influence values are not there, as of records that were converted.
    """
    folder, asked = planned.folder, planned.config.scoring
    there = records.read(folder).files if (folder / records.RUN).exists() else ()
    if whole:
        there = tuple(file for file in there if records.influence_path(records.path_of(file, folder)).exists())
    suites = suites_of(asked.suites)
    wanted = [
        (arena, [suite for suite in suites if not any(arena.holds(file, suite.version, asked) for file in there)])
        for arena in arenas.of(planned, places)
    ]
    return [(arena, lacking) for arena, lacking in wanted if lacking]


def _execute(planned: Run, places: Sequence[Place], train: bool) -> Record:
    with predicting(planned, places) as predictor:
        network, log = _trained(planned, predictor)
        for arena, suites in _lacking(planned, places, whole=not train):
            with step(f"scoring on {arena.title}", {}):
                scoring.score_arena(planned, network, arena, suites)
            if arena.place in ("test", "trial", "conditions"):
                scoring.draw(planned)
    record = records.read(planned.folder)
    loggers.log_result(log, record.files, planned.folder / scoring.FIGURE, _told(planned))
    return record


def _trained(planned: Run, predictor: Predictor | None) -> tuple[Network, Any]:
    """The network, trained unless it is; and the logger, where one was told of the training."""
    config, folder = planned.config, planned.folder
    method = planned.build()
    if (folder / records.RUN).exists():
        training.load(method, folder / training.WEIGHTS)
        network = Network(planned, method, predictor)
        network.keep_channel()  # of networks that were trained before there was one
        return network, None
    seconds: dict[str, float] = {}
    for read in (planned.cohort, *(other.whole for other in planned.externals)):
        for doubt in identity.spelt(read.table):
            warn(doubt)
    with step("images", seconds):
        cohort = planned.trained_on
    for doubt in identity.duplicates(cohort.table, planned.images.repeated):
        warn(doubt)
    write_config(config, folder)
    name = f"{config.task.name}-{config.task.dataset}-{config.method.name}-{config.seed}"
    log = loggers.logger(config.logger, folder, planned.id, name, _told(planned))
    if info := training.trained(folder):
        training.load(method, folder / training.WEIGHTS)
    else:
        training.require(config.trainer.accelerator)
        with step("training", seconds):
            train, val, pixels = cohort.part("train"), planned.val, planned.images.pixels
            if not len(val.fitting):
                say("Val is too small to be halved: epochs and thresholds are chosen on all of it.")
            learner = planned.build(to_train=True)
            info = training.fit(
                learner,
                train,
                val.choosing,
                pixels,
                config.trainer,
                config.seed,
                folder,
                log,
                held_out=val.fitting,
                twins=planned.twins_to_train(),
            )
            training.load(method, folder / training.WEIGHTS)
    network = Network(planned, method, predictor)
    with step("measuring the features of training images", seconds):
        network.keep_channel()
    run_record = records.RunRecord(
        id=planned.id,
        created=scoring.now(),
        method=planned.method_info(),
        task=planned.task_info(cohort),
        data=planned.data_info(cohort),
        backbone=config.backbone.label,
        seed=config.seed,
        trainer=planned.budget,
        training=info,
        environment=environment(training.device(config.trainer.accelerator)),
        seconds=seconds,
    )
    records.write_run(run_record, folder)
    return network, log


def _told(planned: Run) -> dict[str, Any]:
    return loggers.told(planned.config, planned.dataset.options, planned.id)


def write_config(config: RunConfig, folder: Path) -> None:
    """``config.yaml``: what the run was told, defaults filled in."""
    write_text(folder / CONFIG, yaml.safe_dump(json.loads(config.model_dump_json()), sort_keys=False))


def make_folder(folder: Path) -> None:
    """Make a folder to keep results in.

    Raises:
        BenchError: when that is not possible, or nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BenchError(
            f"No runs can be kept in {folder}: {error.strerror}. Choose another place with runs_dir=…"
        ) from error
    if not os.access(folder, os.W_OK):
        raise BenchError(f"{folder} is not writable. Choose another place for runs with runs_dir=…")
