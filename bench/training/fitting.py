"""Fit a method on a task with Lightning, stage by stage."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import lightning as L
import numpy as np
import torch
from lightning.pytorch.loggers import Logger
from torch.utils.data import DataLoader

from bench.config import TrainerConfig
from bench.files import write_text
from bench.method import Batch, Encoded, Method, TrainingSet
from bench.records import Cost, TrainingInfo
from bench.task import Cohort
from bench.terminal import say
from bench.training import bars, composing, cost, devices, prediction, readout, seeds, stages
from bench.training.batches import CohortImages, EpochBatches, loader
from bench.training.checkpoints import WholeFiles
from bench.training.cost import PassCounter
from bench.training.given import Given, training_set
from bench.training.selection import Keep, Selection
from bench.training.stages import CHECKPOINTS, Curve, Stage
from bench.training.weights import INFO, WEIGHTS, save


def fit(
    method: Method,
    train: Cohort,
    val: Cohort,
    pixels: np.ndarray,
    trainer: TrainerConfig,
    seed: int,
    folder: Path,
    logger: Logger | bool = False,
    held_out: Cohort | None = None,
    twins: np.ndarray | None = None,
) -> TrainingInfo:
    """Train until the budget is spent or validation stops improving; leave the best epoch's weights in ``folder``.

    A method of several stages goes through them one by one, each from the best weights of the one before, and the last
    one's are kept. Interrupted, the same call goes on from the last whole epoch of the stage it was in and ends in the
    same weights. Only the finished weights (``model.safetensors``) and the way there (``training.json``) stay.

    Args:
        method: the method, as :func:`build` makes it.
        train: the training images.
        val: the images that epochs are chosen on.
        pixels: the image cache that the rows of all cohorts point into, ``(rows, H, W[, C]) uint8``.
        trainer: the training budget.
        seed: what everything random comes from.
        folder: the run's folder.
        logger: Lightning's logger of the curves; False for none.
        held_out: images of other patients, that a method which declares it is finished on.
        twins: the training images of one group after the other, ``(G N, H, W[, C])``, for a method that needs them.

    Raises:
        BenchError: when the loss is not finite, naming the step; when there are fewer epochs than stages, or not what
            the method declares to need; when a hook gives what cannot be used.
    """
    started = time.monotonic()
    cost.forget_peak(devices.device(trainer.accelerator))
    given = Given(train, val, pixels, held_out, twins)
    given.check(type(method))
    planned = stages.plan(type(method), trainer.max_epochs, seed, folder / CHECKPOINTS)
    with devices.threads(trainer.threads):
        curves = _train(method, planned, given, trainer, seed, logger)
        _finalize(method, given, trainer, seed)
    spent = cost.of_training(method, [row for curve in curves for row in curve], devices.device(trainer.accelerator))
    return _finish(method, curves, time.monotonic() - started, spent, folder)


def _train(
    method: Method, planned: list[Stage], given: Given, trainer: TrainerConfig, seed: int, logger: Logger | bool
) -> list[Curve]:
    """Go through the stages that are not finished; the method ends with the best weights of the last."""
    told = training_set(type(method), given.train, trainer.batch_size)
    seeds.seed_generators(seeds.of_prepare(seed))
    method.prepare(told)
    if len(planned) > 1:
        method.keep_start()
    validation = prediction.withheld(method, given.val, given.pixels)
    # A step of the wrong shape is named before training, not by whatever trips over it in the middle.
    some = validation[(0, np.arange(2))]
    readout.try_out(method, some.images, some.groups)
    plain = CohortImages(given.train, given.pixels, hide_targets=True, hide_groups=True)
    curves: list[Curve] = []
    for stage in planned:
        method.train()
        method.stage = stage.name
        seeds.seed_generators(seeds.of_start(stage.seed))
        method.begin(stage.name, told)
        if stage.curve is None:
            images = _batches(method, given, told, stage, trainer)
            selection = Selection(given.val.targets, validation, stage.seed, plain, PassCounter())
            _run(method, stage, images, selection, trainer, logger)
        method.load_state_dict(stage.best())
        curves.append(stage.curve or [])
    method.eval()
    return curves


def _finalize(method: Method, given: Given, trainer: TrainerConfig, seed: int) -> None:
    """Have a method that wants to finish the trained network: on training images, and held out ones where declared."""
    if type(method).finalize is Method.finalize:
        return

    def encoded(cohort: Cohort) -> Encoded:
        method.to(devices.device(trainer.accelerator))
        found = prediction.read_once(method, prediction.withheld(method, cohort, given.pixels))
        method.to("cpu")  # where the features are
        told = training_set(type(method), cohort, trainer.batch_size)
        return Encoded(torch.from_numpy(found.features), torch.from_numpy(found.logits), *told[:4])

    of_train = encoded(given.train)
    of_others = encoded(given.held_out) if given.held_out is not None and method.uses_held_out else None
    seeds.seed_generators(seeds.of_finalize(seed))
    method.finalize(of_train, of_others)


def _batches(
    method: Method, given: Given, told: TrainingSet, stage: Stage, trainer: TrainerConfig
) -> DataLoader[Batch]:
    """The training images of a stage, augmented and drawn as the method wants them in it."""
    images = CohortImages(
        given.train,
        given.pixels,
        hide_groups=method.uses_race == "never",
        transforms=composing.transforms(method),
        attributes=method.uses_attributes,
        twins=given.twins if method.needs_twins else None,
        seed=stage.seed,
    )
    weights, composed = composing.weights(method, told), composing.composed(method, told, stage.seed)
    return loader(
        images, EpochBatches(len(given.train), trainer.batch_size, stage.seed, weights, composed), trainer.workers
    )


def _run(
    method: Method,
    stage: Stage,
    images: DataLoader[Batch],
    selection: Selection,
    trainer: TrainerConfig,
    logger: Logger | bool,
) -> None:
    """Train through one stage, from its last whole epoch where it was interrupted."""
    if len(method.stages) > 1:
        say(f"stage {stage.name}, {stage.epochs} of {trainer.max_epochs} epochs:")
    with bars.quiet(), devices.deterministic():
        lightning = L.Trainer(
            max_epochs=stage.epochs,
            accelerator=trainer.accelerator,
            devices=1,
            precision="bf16-mixed"
            if devices.precision(trainer.precision, trainer.accelerator) == "bf16"
            else "32-true",
            callbacks=[selection.counter, selection, Keep(stage, selection, trainer.patience), bars.bar()],
            plugins=[WholeFiles()],
            logger=logger,
            deterministic="warn",
            enable_model_summary=False,
            log_every_n_steps=10,
            num_sanity_val_steps=0,
        )
        last = stage.last if stage.last.exists() else None
        try:
            lightning.fit(method, images, ckpt_path=last, weights_only=True)
        except SystemExit as end:
            # Lightning turns Ctrl-C into an exit of its own, after which a sweep or the next job could not tell it.
            say("Interrupted. The same command goes on from the last finished epoch.")
            raise KeyboardInterrupt from end
    stage.finish(selection.curve)


def _finish(method: Method, curves: list[Curve], seconds: float, spent: Cost, folder: Path) -> TrainingInfo:
    """Leave the weights and how training went, and nothing else."""
    save(method, folder / WEIGHTS)
    # Epochs are numbered over all stages; only the last stage's could be kept.
    rows = [row for curve in curves for row in curve]
    curve = [
        {name: value for name, value in row.items() if name not in cost.COUNTED} | {"epoch": number}
        for number, row in enumerate(rows)
    ]
    top = stages.best(curve[-len(curves[-1]) :])
    info = TrainingInfo(
        epochs=len(curve),
        best_epoch=int(top["epoch"]),
        best_auroc=top["val_auroc"],
        curve=curve,
        seconds=seconds,
        cost=spent,
    )
    # Says that the weights are whole; only then are the checkpoints no longer needed.
    write_text(folder / INFO, info.model_dump_json(indent=1))
    shutil.rmtree(folder / CHECKPOINTS)
    return info
