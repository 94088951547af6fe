"""Which epoch is kept: validation after every epoch, the best one's weights, and when training stops."""

from __future__ import annotations

import copy
from typing import Any

import lightning as L
import numpy as np
from lightning.pytorch.callbacks import Callback, Checkpoint
from sklearn.metrics import roc_auc_score

from bench.method import Method
from bench.training import averages, prediction, seeds
from bench.training.batches import CohortImages
from bench.training.cost import FORWARD, PassCounter
from bench.training.stages import Curve, Stage, best


def macro_auroc(targets: np.ndarray, scores: np.ndarray) -> float:
    """Mean over targets of the AUROC among images whose target is known; targets with one class only are left out."""
    values = []
    for y, s in zip(targets.T, scores.T, strict=True):
        known = ~np.isnan(y)
        if len(np.unique(y[known])) == 2:
            values.append(roc_auc_score(y[known], s[known]))
    return float(np.mean(values)) if values else float("nan")


class Selection(Callback):
    """Validates in float32 after every epoch, and seeds every epoch by its number so that resuming changes nothing.

    ``targets (N, T)`` are those of the validation ``images``; ``seed`` is the stage's; ``train`` are the training
    images without augmentation, on which averaged weights get their batch norms' statistics; ``counter`` has counted
    what the epoch cost.
    """

    def __init__(
        self, targets: np.ndarray, images: CohortImages, seed: int, train: CohortImages, counter: PassCounter
    ) -> None:
        self.targets, self.images, self.seed, self.train, self.counter = targets, images, seed, train, counter
        self.curve: Curve = []
        #: What is to be kept of the epoch that was validated last, where that is not the method as it stands.
        self.averaged: dict[str, Any] | None = None

    def on_train_epoch_start(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        """Seed what is drawn in this epoch."""
        seeds.seed_generators(seeds.of_epoch(self.seed, trainer.current_epoch))

    def on_train_epoch_end(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        """Tell the method, and validate it, with averaged weights where it has some."""
        assert isinstance(module, Method)
        module.after_epoch()
        with averages.in_place(module, self.train, seeds.of_epoch_end(self.seed, trainer.current_epoch)) as read:
            auroc = macro_auroc(self.targets, prediction.read_once(module, self.images).logits)
            self.averaged = None if read is None else copy.deepcopy(module.state_dict())
        self.counter.counts[FORWARD] += read or 0
        # While a method warms up its network is not yet the method's. Such epochs rank below every other, and each
        # a little above the one before, so that they do not use up the patience of early stopping either.
        selection = auroc if module.ready() else -1.0 + 1e-6 * trainer.current_epoch
        module.log_dict({"val/auroc": auroc, "val/selection": selection}, prog_bar=False)
        row = {"epoch": trainer.current_epoch, "val_auroc": auroc, "val_selection": selection}
        self.curve.append(row | self.counter.counts)

    def state_dict(self) -> dict[str, Any]:
        """The curve, for the checkpoint."""
        return {"curve": self.curve}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the curve."""
        self.curve = list(state_dict["curve"])


class Keep(Checkpoint):
    """Keeps the best epoch's weights and the last one's state in a stage's folder, and stops when patience is spent.

    Which epoch is best, and how long ago it was, is read from the curve alone, which is part of the state: an
    interruption, or a folder that is moved meanwhile, changes nothing.
    """

    def __init__(self, stage: Stage, selection: Selection, patience: int) -> None:
        self.stage, self.selection, self.patience = stage, selection, patience

    def on_train_start(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        """Stay stopped where it had stopped."""
        trainer.should_stop = trainer.should_stop or self._is_spent()

    def on_train_epoch_end(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        """Keep this epoch; the weights first, so that whatever the last state names as the best is there."""
        curve = self.selection.curve
        self.stage.keep(self.selection.averaged or module.state_dict(), curve)
        trainer.save_checkpoint(self.stage.last)
        self.stage.drop(curve)
        trainer.should_stop = trainer.should_stop or self._is_spent()

    def _is_spent(self) -> bool:
        curve = self.selection.curve
        return bool(curve) and curve[-1]["epoch"] - best(curve)["epoch"] >= self.patience
