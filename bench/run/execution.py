"""The walk of a run: cohort → images → training → scoring → record. The same run twice does the work once."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml
from filelock import FileLock, Timeout

from bench import __version__, external_scores, records, scoring, training
from bench import terminal as progress
from bench.config import RunConfig
from bench.data.cohorts import attrition, external, twins
from bench.data.cohorts.chosen import Chosen, choose
from bench.data.cohorts.external import External
from bench.data.pixels import cache
from bench.errors import BenchError
from bench.files import whole
from bench.method import Method
from bench.plugins.registry import METHODS, Entry, source_hash
from bench.records import Record, outputs
from bench.records.environment import environment
from bench.records.outputs import Outputs
from bench.scoring import decodability, studies
from bench.task import Cohort, Dataset
from bench.training import loggers as logs

Split = Literal["val", "test"]
_SPLITS: tuple[Split, ...] = ("val", "test")
RECORD = "record.json"
FIGURE = "scores.png"


@dataclass(frozen=True)
class Run:
    """A run before it begins: what it is made of, what determines its result, and where that will stand."""

    config: RunConfig
    entry: Entry[type[Method]]
    method: type[Method]
    chosen: Chosen
    cohort: Cohort
    #: Other sets that the network is scored on, too.
    externals: tuple[External, ...] = ()

    @property
    def dataset(self) -> Dataset:
        """What is trained on."""
        return self.chosen.dataset

    @cached_property
    def images_fingerprint(self) -> str:
        """Hash of everything that the pixels of the data depend on."""
        return self.chosen.fingerprint(self.cohort)

    @property
    def has_twins(self) -> bool:
        """Whether counterfactual twins can be rendered: they are of the attribute that the task itself protects."""
        made = self.dataset.twin is not None and self.dataset.render is not None
        return made and self.cohort.spec.protected == self.chosen.task.protected

    def seen(self, cohort: Cohort) -> Cohort:
        """The cohort whose pixels the method is shown for those of this one, of the data set that is trained on."""
        return self.chosen.seen(cohort, self.method.race_free)

    def open_images(self, cohort: Cohort) -> cache.Images:
        """The images of a cohort of the data set that is trained on, whose rows are numbered from 0."""
        return self.chosen.open_images(cohort, self.config.cache_dir)

    @cached_property
    def budget(self) -> dict[str, int | float | str]:
        """The training budget, with the precision that is really used."""
        trainer = self.config.trainer
        return {
            "max_epochs": trainer.max_epochs,
            "batch_size": trainer.batch_size,
            "patience": trainer.patience,
            "precision": training.precision(trainer.precision),
        }

    @cached_property
    def id(self) -> str:
        """Hash of everything that determines the trained network."""
        return records.identity(
            {
                "version": __version__,
                "schema": records.SCHEMA_VERSION,
                "method": [self.config.method.name, source_hash(self.entry), self.config.method.hyperparameters],
                "cohort": [self.cohort.fingerprint, self.chosen.fingerprint(self.seen(self.cohort))],
                "backbone": self.config.backbone,
                "seed": self.config.seed,
                "trainer": self.budget,
            }
        )

    @property
    def folder(self) -> Path:
        """Where its files stand."""
        task = self.config.task
        return self.config.runs_dir / task.name / task.dataset / self.config.method.name / self.id

    @property
    def scoring(self) -> dict[str, int | str]:
        """What determines the scores of a trained network, beside the suite's version."""
        unit: dict[str, int | str] = {"unit": self.config.scoring.unit} if self.by_study else {}
        return {"replicates": self.config.scoring.replicates, "version": scoring.VERSION, **unit}

    @property
    def by_study(self) -> bool:
        """Whether studies are scored instead of images."""
        return self.config.scoring.unit == "study"

    def task_info(self, cohort: Cohort) -> records.TaskInfo:
        """What is diagnosed, as a record says it."""
        spec = cohort.spec
        return records.TaskInfo(
            name=self.config.task.name,
            targets=list(spec.targets),
            protected=spec.protected,
            groups=list(spec.groups),
            image_size=spec.image_size,
        )

    def data_info(self, cohort: Cohort) -> records.DataInfo:
        """The data that a cohort of this run is made of, as a record says it."""
        return records.DataInfo(
            dataset=self.dataset.name,
            synthetic=self.dataset.synthetic,
            fingerprint=records.identity([cohort.fingerprint, self.images_fingerprint]),
            split_fingerprint=cohort.split_fingerprint[:16],
            images=_count(cohort, "image"),
            patients=_count(cohort, "patient"),
            attrition=attrition.of(cohort),
            true_labels=list(cohort.true_labels),
        )

    def recorded(self) -> Record | None:
        """The record that is there, however it was scored."""
        path = self.folder / RECORD
        return records.read(path) if path.exists() else None

    def is_current(self, record: Record) -> bool:
        """Whether the record's scores were made as they would be now."""
        return record.scoring == self.scoring and record.suite_version == decodability.SUITE_VERSION


@dataclass(frozen=True)
class Outcome:
    """A finished run: its record, the folder it stands in, and whether it had been there already."""

    record: Record
    folder: Path
    existed: bool


def plan(config: RunConfig) -> Run:
    """Read the cohort and gather what a run needs; nothing is decoded, written or trained yet.

    Raises:
        BenchError: for a data set that cannot be read or would make the run wrong, or that a method cannot be run on.
    """
    entry, chosen = METHODS.get(config.method.plugin), choose(config.task)
    cohort = external.without_sites(chosen.cohort(), config.test, config.task)
    others = tuple(external.read(test, config.task, cohort) for test in config.test)
    planned = Run(config, entry, entry.load(), chosen, cohort, others)
    if planned.method.race_free and not planned.has_twins:
        task, dataset, protected = chosen.task, chosen.dataset, cohort.spec.protected
        raise BenchError(
            f"Method {config.method.name!r} is trained and tested on images that do not show {protected}, and data set"
            f" {dataset.name!r} cannot render its patients without {protected}. Only a synthetic data set can, and only"
            f" without the attribute that its task protects: task={task.name} task.dataset={task.dataset}"
            f" task.protected={task.protected}, where it has twins."
        )
    for other in others:
        if planned.method.race_free and other.chosen.dataset.twin is None:
            raise BenchError(
                f"Method {config.method.name!r} is tested on images that do not show {cohort.spec.protected}, and"
                f" test.dataset={other.chosen.dataset.name} cannot render its patients without it."
            )
    return planned


def done(config: RunConfig, splits: Sequence[Split] = ("val", "test")) -> bool:
    """Whether a run is recorded and scored as it would be now, so that :func:`run` would return it without work."""
    planned = plan(config)
    found = planned.recorded()
    if found is None or not planned.is_current(found) or not set(splits) <= set(found.scored):
        return False
    return "test" not in splits or not external_scores.lacking(planned, found)


def run(config: RunConfig, splits: Sequence[Split] = ("val", "test")) -> Outcome:
    """Do what is still to be done of a run: train unless trained, score the splits unless scored, write the record.

    Raises:
        BenchError: for anything the user can mend.
    """
    planned = plan(config)
    found = planned.recorded()
    current = found is not None and planned.is_current(found) and set(splits) <= set(found.scored)
    if found and not current:
        # What had been scored is scored again with the rest: a record never loses a split.
        splits = [split for split in _SPLITS if split in (*splits, *found.scored)]
    lacking = external_scores.lacking(planned, found) if "test" in splits else []
    if found and current and not lacking:
        return Outcome(found, planned.folder, existed=True)
    make_folder(planned.folder)
    try:
        with FileLock(planned.folder / ".lock", timeout=0):
            if found and current and training.trained(planned.folder):
                record = external_scores.add(planned, found, lacking)
            else:
                record = _execute(planned, splits, lacking, found.external if found else [])
            return Outcome(record, planned.folder, existed=False)
    except Timeout as error:
        raise BenchError(
            f"Another process is at work on this run ({planned.folder}). Wait for it, then give the same command again."
        ) from error


def _execute(
    planned: Run, splits: Sequence[Split], lacking: Sequence[External], kept: Sequence[records.External]
) -> Record:
    """Train and score; ``kept`` are the scores on other sets of an earlier record, of which ``lacking`` are made."""
    config, folder = planned.config, planned.folder
    seconds: dict[str, float] = {}
    with progress.step("images", seconds):
        images = planned.open_images(planned.seen(planned.cohort))
        cohort = images.apply(planned.cohort)
    write_config(config, folder)
    network = (config.backbone, config.method.hyperparameters, config.seed, cohort.spec)
    method = training.build(planned.method, *network)
    name = f"{config.task.name}-{config.task.dataset}-{config.method.name}-{config.seed}"
    told = config.model_dump(mode="json", exclude={"runs_dir": True, "cache_dir": True, "task": {"root"}})
    logger = logs.logger(config.logger, folder, planned.id, name, told)
    if info := training.trained(folder):
        training.load(method, folder / training.WEIGHTS)
    else:
        with progress.step("training", seconds):
            train, val = cohort.part("train"), cohort.part("val")
            info = training.fit(method, train, val, images.pixels, config.trainer, config.seed, folder, logger)
    with progress.step("scoring", seconds):
        accelerator = config.trainer.accelerator
        # Thresholds come from val whatever is scored; the untrained network is a reference on test only.
        computed: dict[str, Outputs] = {
            split: training.predict(method, cohort.part(split), images.pixels, accelerator, stages=split == "test")
            for split in dict.fromkeys(["val", *splits])
        }
        reference, counterfactual = None, None
        if "test" in splits:
            if planned.has_twins:
                once = not computed["test"].randomised
                counterfactual = _predict_twins(planned, method, cohort.part("test"), once)
            untrained = training.build(planned.method, *network)
            reference = training.predict(untrained, cohort.part("test"), images.pixels, accelerator)
        units = {split: studies.units(cohort.part(split), planned.by_study) for split in computed}
        judged = twins.joined([made.cohort for made in units.values()])
        found = {split: made.outputs(computed[split]) for split, made in units.items()}
        reference = reference and units["test"].outputs(reference)
        if counterfactual:
            counterfactual = {group: units["test"].outputs(one) for group, one in counterfactual.items()}
        scores, flags = scoring.score(
            found,
            reference,
            judged,
            splits,
            config.scoring.replicates,
            twins=counterfactual,
            leace=config.method.name == records.BASELINE,
        )
    thresholds = scoring.choose_thresholds(judged, found["val"])
    others = external_scores.score(planned, method, thresholds, lacking, seconds)
    outputs.write(computed, cohort, records.patient_key(config.runs_dir), folder)
    record = Record(
        id=planned.id,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        method=records.MethodInfo(
            name=config.method.name,
            summary=planned.entry.summary,
            origin=_origin(planned.entry),
            code=source_hash(planned.entry),
            uses_race=planned.method.uses_race,
            hyperparameters=config.method.hyperparameters,
            reference=planned.method.reference,
            race_free=planned.method.race_free,
        ),
        task=planned.task_info(cohort),
        data=planned.data_info(cohort),
        backbone=config.backbone,
        seed=config.seed,
        trainer=planned.budget,
        training=info,
        scored=list(splits),
        scoring=planned.scoring,
        suite_version=decodability.SUITE_VERSION,
        flags=flags,
        scores=scores,
        external=external_scores.joined(kept, others),
        environment=environment(method.device),
        seconds=seconds,
    )
    _draw(record, folder / FIGURE)
    logs.log_result(logger, record, folder / FIGURE)
    records.write(record, folder)
    return record


def _draw(record: Record, path: Path) -> None:
    """The run's figure, where its test patients are scored."""
    if "test" in record.scored:
        from bench.leaderboard.run_figure import run_figure

        with whole(path) as partial:
            run_figure(record).savefig(partial)


def _predict_twins(planned: Run, method: Method, part: Cohort, once: bool) -> dict[str, Outputs]:
    """What a network computes for the twins of these images, by group; in one pass where it is deterministic."""
    made = [twins.twin(part, planned.dataset, group) for group in part.spec.groups]
    blocks = np.split(planned.open_images(twins.joined([planned.seen(twin) for twin in made])).pixels, len(made))
    accelerator = planned.config.trainer.accelerator
    return {
        group: training.predict(method, twin, pixels, accelerator, once=once)
        for group, twin, pixels in zip(part.spec.groups, made, blocks, strict=True)
    }


def write_config(config: RunConfig, folder: Path) -> None:
    """``config.yaml``: what the run was told, defaults filled in."""
    records.write_text(folder / "config.yaml", yaml.safe_dump(json.loads(config.model_dump_json()), sort_keys=False))


def make_folder(folder: Path) -> None:
    """Make a folder to keep results in.

    Raises:
        BenchError: when that is not possible, or nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (PermissionError, NotADirectoryError, FileExistsError) as error:
        raise BenchError(
            f"No runs can be kept in {folder}: {error.strerror}. Choose another place with runs_dir=…"
        ) from error
    if not os.access(folder, os.W_OK):
        raise BenchError(f"{folder} is not writable. Choose another place for runs with runs_dir=…")


def _count(cohort: Cohort, column: str) -> dict[str, int]:
    return {str(split): int(n) for split, n in cohort.table.groupby("split")[column].nunique().items()}


def _origin(entry: Entry[Any]) -> str:
    """Where a method came from, without the folders of somebody's machine."""
    return Path(entry.origin).name if os.sep in entry.origin else entry.origin
