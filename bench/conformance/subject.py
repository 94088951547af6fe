"""A method that is tried: trained on the small cohort, interrupted, taken up again, and read."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from bench import training
from bench.config import TrainerConfig
from bench.conformance import samples
from bench.data.cohorts import halves
from bench.errors import BenchError
from bench.method import Method, TrainingSet
from bench.method.hyperparameters import Value, files, resolve
from bench.records import TrainingInfo
from bench.records.outputs import Outputs
from bench.task import Cohort
from bench.terminal import quietly
from bench.training import prediction, readout, stages
from bench.training.given import training_set

#: Epochs that every stage has at least.
_EPOCHS = 2


class Interrupted(Exception):
    """Training was interrupted on purpose."""


@dataclass(frozen=True)
class Trained:
    """A training that came to its end: the method, how it went, its folder, and what CPU time it took."""

    method: Method
    info: TrainingInfo
    folder: Path
    seconds: float

    @property
    def weights(self) -> bytes:
        """The file of its weights."""
        return (self.folder / training.WEIGHTS).read_bytes()


@dataclass(frozen=True)
class Subject:
    """A method with the hyperparameters it is tried with, and a folder to train it in."""

    cls: type[Method]
    folder: Path
    values: Mapping[str, Value]

    @cached_property
    def epochs(self) -> int:
        """The smallest budget in which every stage has two epochs."""
        budgets = range(len(self.cls.stages), 200)
        return next(n for n in budgets if min(s.epochs for s in stages.plan(self.cls, n, 0, Path())) >= _EPOCHS)

    @property
    def without_files(self) -> dict[str, Value]:
        """The hyperparameters of a network that is not to be trained: it reads no file."""
        return {**self.values, **dict.fromkeys(files(self.cls))}

    @cached_property
    def _first(self) -> Trained | Exception:
        try:
            return self.train("whole")
        except Exception as error:
            return error

    @property
    def trained(self) -> Trained:
        """The method trained on the small cohort; whatever stopped it is raised again whenever it is asked for."""
        if isinstance(self._first, Exception):
            raise self._first
        return self._first

    def build(self, cls: type[Method] | None = None, to_train: bool = False, **values: Any) -> Method:
        """A fresh instance, always with the same weights; it is told the files it reads only ``to_train``."""
        told = self.values if to_train else self.without_files
        torch.manual_seed(0)
        return (cls or self.cls)(samples.TinyEncoder(samples.SPEC.channels), samples.SPEC, {**told, **values})

    def train(self, name: str, cohort: Cohort | None = None, cls: type[Method] | None = None) -> Trained:
        """Train it in the folder of this name, from where a training there was interrupted.

        Args:
            name: of the folder.
            cohort: another one than the small cohort, of the same images.
            cls: a class to train in the place of the method's.
        """
        made, pixels, twins = samples.cohort()
        whole = cohort or made
        val, folder = halves.of(whole), self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        settings = TrainerConfig(
            max_epochs=self.epochs,
            batch_size=samples.BATCH_SIZE,
            patience=self.epochs,
            precision="32",
            accelerator="cpu",
            threads=1,
        )
        method, began = self.build(cls, to_train=True), time.process_time()
        with quietly():
            info = training.fit(
                method,
                whole.part("train"),
                val.choosing,
                pixels,
                settings,
                0,
                folder,
                held_out=val.fitting,
                twins=twins if method.needs_twins else None,
            )
        return Trained(method, info, folder, time.process_time() - began)

    def interrupted(self, name: str, epoch: int) -> Trained:
        """The same training, interrupted as its ``epoch``, counted from 1 over all stages, ends, and taken up again."""
        ended = 0

        class Stopped(self.cls):  # type: ignore[misc, name-defined]
            def after_epoch(self) -> None:
                nonlocal ended
                super().after_epoch()
                ended += 1
                if ended == epoch:
                    raise Interrupted

        try:
            self.train(name, cls=Stopped)
        except Interrupted:
            return self.train(name)
        raise AssertionError(f"there is no epoch {epoch}")

    @cached_property
    def known(self) -> TrainingSet:
        """The small cohort's training set as the method is told it."""
        return training_set(self.cls, samples.cohort()[0].part("train"), samples.BATCH_SIZE)

    def in_training(self, stage: str, **values: Any) -> Method:
        """An instance in the middle of this stage, all before it begun, on no trainer that would take steps."""
        method = self.build(to_train=True, **values)
        # What hooks may ask of a trainer: how far training has come.
        method._trainer = SimpleNamespace(  # type: ignore[assignment]
            global_step=5, estimated_stepping_batches=10, current_epoch=0, max_epochs=2, optimizers=[]
        )
        torch.manual_seed(1)
        method.prepare(self.known)
        method.keep_start()
        for name, _ in self.cls.stages:
            method.train()
            method.stage = name
            method.begin(name, self.known)
            if name == stage:
                break
        return method

    def reloaded(self) -> Method:
        """A fresh instance with the trained weights and nothing else."""
        fresh = self.build()
        training.load(fresh, self.trained.folder / training.WEIGHTS)
        return fresh.eval()


def read(method: Method, cohort: Cohort) -> Outputs:
    """What a network makes of the images of val patients, as a score of it would be read."""
    _, pixels, _ = samples.cohort()
    method._trainer = None
    return prediction.read_once(method, prediction.withheld(method, cohort.part("val"), pixels))


def outputs(method: Method, cohort: Cohort, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logits and features of these val images in one batch."""
    _, pixels, _ = samples.cohort()
    batch = prediction.withheld(method, cohort.part("val"), pixels)[(0, positions)]
    torch.manual_seed(int(positions[0]))
    with torch.no_grad():
        features, logits = readout.predicted(method.eval(), batch.images, batch.groups)
    return logits.numpy(), features.numpy()


@functools.cache
def plain(folder: Path) -> Trained:
    """Plain training on the small cohort, which others are held against; the second, for the first takes longer."""
    erm = Subject(Method, folder, resolve(Method, {}))
    erm.train("warming_up")
    return erm.train("plain")


def subject(cls: type[Method], folder: Path, values: Mapping[str, Any] | None = None) -> Subject:
    """A method to be tried with these hyperparameters.

    Raises:
        BenchError: for hyperparameters that it does not take, or a method of data that cannot be had here.
    """
    if cls.race_free and cls.uses_race != "never":
        raise BenchError(f"Method {cls.__name__} is race_free and is told race: it can be one of them.")
    return Subject(cls, folder, resolve(cls, values or {}))
