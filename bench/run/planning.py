"""A run before it begins: what it is made of, what determines its result, and where that will stand."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from bench import __version__, records, training
from bench.config import RunConfig
from bench.data.cohorts import attrition, external, halves, twins
from bench.data.cohorts.chosen import Chosen, choose
from bench.data.cohorts.external import External
from bench.data.cohorts.halves import Halves
from bench.data.pixels.cache import Images
from bench.errors import BenchError
from bench.files import contents
from bench.method import Method
from bench.method.hyperparameters import Value, files, resolve
from bench.plugins.registry import METHODS, Entry, source_hash
from bench.task import Cohort, Dataset
from bench.training import Recipe

#: Of what determines a run's id; raised only when a network would come out otherwise.
_IDENTITY = 1


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
        return self.dataset.twin is not None and self.cohort.spec.protected == self.chosen.task.protected

    @cached_property
    def images(self) -> Images:
        """The images that the method is shown, of the whole cohort."""
        return self.open_images(self.chosen.seen(self.cohort, self.method.race_free))

    @cached_property
    def trained_on(self) -> Cohort:
        """The cohort without images that cannot be read."""
        return self.images.apply(self.cohort)

    @cached_property
    def val(self) -> Halves:
        """The two halves of the val patients, without images that cannot be read."""
        return halves.of(self.trained_on)

    def build(self, to_train: bool = False) -> Method:
        """The method with a freshly initialised network.

        The files that it is told to read are given to it only where it is built ``to_train``: the untrained reference
        has read none, and a trained network is made of its own weights.
        """
        if to_train:
            return replace(self.recipe, hyperparameters=self.config.method.hyperparameters).build(to_train=True)
        return self.recipe.build()

    @property
    def recipe(self) -> Recipe:
        """How its network is made anew, without the files that it was trained with."""
        config, trainer = self.config, self.config.trainer
        return Recipe(
            entry=self.entry,
            backbone=config.backbone,
            hyperparameters={**config.method.hyperparameters, **dict.fromkeys(files(self.method))},
            seed=config.seed,
            spec=self.cohort.spec,
            threads=trainer.threads,
            accelerator=trainer.accelerator,
        )

    @cached_property
    def hyperparameters(self) -> dict[str, Value]:
        """The method's hyperparameters; of those that are files, the hash of what they contain.

        Raises:
            BenchError: for a file that is not there or cannot be read.
        """
        told, of_files = self.config.method.hyperparameters, files(self.method)
        return {
            name: f"sha256:{contents(Path(str(value)), f'method.{name}')}"
            if name in of_files and value is not None
            else value
            for name, value in told.items()
        }

    def twins_to_train(self) -> np.ndarray | None:
        """The training images of one group after the other, for a method that learns from them; None for others."""
        if not self.method.needs_twins:
            return None
        train = self.trained_on.part("train")
        made = [twins.twin(train, self.dataset, group) for group in train.spec.groups]
        return self.open_images(twins.joined(made)).pixels

    def open_images(self, cohort: Cohort) -> Images:
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
            "precision": training.precision(trainer.precision, trainer.accelerator),
            "threads": trainer.threads,
        }

    @cached_property
    def id(self) -> str:
        """Hash of everything that determines the trained network."""
        seen = self.chosen.seen(self.cohort, self.method.race_free)
        return records.identity(
            {
                "version": __version__,
                "schema": _IDENTITY,
                "method": [self.config.method.name, source_hash(self.entry), self.hyperparameters],
                "cohort": [self.cohort.fingerprint, self.chosen.fingerprint(seen)],
                "backbone": self.config.backbone.label,
                "seed": self.config.seed,
                "trainer": self.budget,
            }
        )

    @property
    def folder(self) -> Path:
        """Where its files stand."""
        task = self.config.task
        return self.config.runs_dir / task.name / task.dataset / self.config.method.name / self.id

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
            fingerprint=self.data_fingerprint,
            split_fingerprint=cohort.split_fingerprint[:16],
            images=_count(cohort, "image"),
            patients=_count(cohort, "patient"),
            attrition=attrition.of(cohort),
            true_labels=list(cohort.true_labels),
            options=self.chosen.stated,
        )

    @cached_property
    def data_fingerprint(self) -> str:
        """Hash of the table and the pixels of the set that is trained on."""
        return records.identity([self.cohort.fingerprint, self.images_fingerprint])

    def method_info(self) -> records.MethodInfo:
        """The method, as a record says it."""
        return records.MethodInfo(
            name=self.config.method.name,
            summary=self.entry.summary,
            origin=_origin(self.entry),
            code=source_hash(self.entry),
            uses_race=self.method.uses_race,
            hyperparameters=self.hyperparameters,
            reference=self.method.reference,
            race_free=self.method.race_free,
            tuning=self._tuning,
        )

    @property
    def _tuning(self) -> str:
        """Where the hyperparameters come from."""
        told = self.config.method
        if told.tuned:
            return f"tuned: {told.tuned} trials"
        return "default" if told.hyperparameters == resolve(self.method, {}) else "set by hand"


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
    _check_kind(planned)
    if planned.method.needs_twins and not planned.has_twins:
        raise BenchError(
            f"Method {config.method.name!r} trains on images of the same patients in another group of "
            f"{cohort.spec.protected}, which data set {chosen.dataset.name!r} cannot render for task.protected="
            f"{cohort.spec.protected}. Only a synthetic data set can, and only of the attribute that its task protects."
        )
    training.check_attributes(planned.method, cohort)
    for other in others:
        if planned.method.race_free and other.chosen.dataset.twin is None:
            raise BenchError(
                f"Method {config.method.name!r} is tested on images that do not show {cohort.spec.protected}, and"
                f" test.dataset={other.chosen.dataset.name} cannot render its patients without it."
            )
    if planned.method.uses_held_out:
        training.check_held_out(planned.method, halves.of(cohort).fitting)
    return planned


def _check_kind(planned: Run) -> None:
    """See that method and test sets take what the data set holds, pixels or vectors."""
    width, method = planned.cohort.spec.vectors, planned.method
    if width is not None:
        changed = [
            hook for hook in ("augment", "distort", "normalise") if getattr(method, hook) is not getattr(Method, hook)
        ]
        if changed or method.needs_pixels:
            where = f" ({changed[0]})" if changed else ""
            raise BenchError(
                f"Method {planned.config.method.name!r} works on pixels{where}, and data set {planned.dataset.name!r}"
                " holds its images as vectors: there are none to change."
            )
    for other in planned.externals:
        there = other.test.spec.vectors
        if there != width:
            held = [f"vectors of {one} numbers" if one is not None else "pixels" for one in (width, there)]
            raise BenchError(
                f"test.dataset={other.chosen.dataset.name} holds {held[1]}, and the network is trained on {held[0]}."
            )


def _count(cohort: Cohort, column: str) -> dict[str, int]:
    return {str(split): int(n) for split, n in cohort.table.groupby("split")[column].nunique().items()}


def _origin(entry: Entry[Any]) -> str:
    """Where a method came from, without the folders of somebody's machine."""
    return Path(entry.origin).name if os.sep in entry.origin else entry.origin
