"""Which epoch is kept: validation after every epoch, the best one's weights, and when training stops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint
from sklearn.metrics import roc_auc_score

from bench.method import Method
from bench.training import prediction, seeds
from bench.training.batches import CohortImages
from bench.training.stages import BEST, Curve

#: What the best epoch is chosen by, as Lightning's callbacks are told it.
MONITOR = "val/selection"


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

    ``targets (N, T)`` are those of the validation ``images``; ``seed`` is the stage's.
    """

    def __init__(self, targets: np.ndarray, images: CohortImages, seed: int) -> None:
        self.targets, self.images, self.seed = targets, images, seed
        self.curve: Curve = []

    def on_train_epoch_start(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        """Seed what is drawn in this epoch."""
        seeds.seed_generators(seeds.of_epoch(self.seed, trainer.current_epoch))

    def on_train_epoch_end(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        """Validate."""
        assert isinstance(module, Method)
        auroc = macro_auroc(self.targets, prediction.read_once(module, self.images).logits)
        # While a method warms up its network is not yet the method's. Such epochs rank below every other, and each
        # a little above the one before, so that they do not use up the patience of early stopping either.
        selection = auroc if module.ready() else -1.0 + 1e-6 * trainer.current_epoch
        module.log_dict({"val/auroc": auroc, MONITOR: selection}, prog_bar=False)
        self.curve.append({"epoch": trainer.current_epoch, "val_auroc": auroc, "val_selection": selection})

    def state_dict(self) -> dict[str, Any]:
        """The curve, for the checkpoint."""
        return {"curve": self.curve}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the curve."""
        self.curve = list(state_dict["curve"])


class Keep(ModelCheckpoint):
    """Keeps the best epoch and the last one in a stage's folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            dirpath=folder,
            filename=BEST.removesuffix(self.FILE_EXTENSION),
            monitor=MONITOR,
            mode="max",
            save_last=True,
            enable_version_counter=False,
            save_on_train_epoch_end=True,
        )


class Stop(EarlyStopping):
    """Early stopping that, taken up again after it had stopped, stays stopped instead of running another epoch."""

    def __init__(self, patience: int) -> None:
        super().__init__(MONITOR, mode="max", patience=patience, check_on_train_epoch_end=True, check_finite=False)

    def on_train_start(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        """Stop at once where it had stopped."""
        if self.wait_count >= self.patience:
            trainer.should_stop = True
