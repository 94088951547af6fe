"""What Lightning shows of a training: a bar on a terminal, a line an epoch elsewhere, and nothing besides."""

from __future__ import annotations

import contextlib
import logging
import sys
import time
import warnings
from collections.abc import Iterator
from typing import Any

import lightning as L
from lightning.pytorch.callbacks import ProgressBar, TQDMProgressBar
from lightning.pytorch.callbacks.progress.tqdm_progress import Tqdm

from bench.method import Method
from bench.terminal import console, say


def bar() -> ProgressBar:
    """The bar or the lines, by whether stderr is a terminal."""
    return _Bar(refresh_rate=5) if sys.stderr.isatty() and not console.quiet else _Lines()


class _Bar(TQDMProgressBar):
    """Lightning's bar, on stderr: stdout is for results."""

    def init_train_tqdm(self) -> Tqdm:
        return Tqdm(
            desc=self.train_description,
            disable=self.is_disabled,
            leave=True,
            dynamic_ncols=True,
            file=sys.stderr,
            smoothing=0,
            bar_format=self.BAR_FORMAT,
        )

    def on_train_epoch_start(self, trainer: L.Trainer, *given: Any) -> None:
        """Count epochs from 1, as everywhere else."""
        super().on_train_epoch_start(trainer, *given)
        self.train_progress_bar.set_description(f"epoch {trainer.current_epoch + 1} of {trainer.max_epochs}")

    def get_metrics(self, trainer: L.Trainer, pl_module: L.LightningModule) -> dict[str, Any]:
        """The loss, and the validation AUROC of the last whole epoch."""
        shown: dict[str, Any] = super().get_metrics(trainer, pl_module)
        shown.pop("v_num", None)
        if (auroc := trainer.callback_metrics.get("val/auroc")) is not None:
            shown["validation AUROC"] = f"{float(auroc):.3f}"
        return shown


class _Lines(ProgressBar):
    """A line an epoch, where no terminal is there to redraw a bar in."""

    def on_train_epoch_start(self, trainer: L.Trainer, *_: Any) -> None:
        self._started = time.monotonic()

    def on_train_epoch_end(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        assert isinstance(module, Method)
        now = f"{time.monotonic() - self._started:.0f} s"
        stage = f"{module.stage}, " if len(module.stages) > 1 else ""
        metrics = {name: f"{float(value):.3f}" for name, value in trainer.callback_metrics.items()}
        say(
            f"{stage}epoch {trainer.current_epoch + 1} of {trainer.max_epochs}: "
            f"loss {metrics.get(f'{module.stage}/loss', '–')}, validation AUROC {metrics.get('val/auroc', '–')}, {now}"
        )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence what Lightning says of devices, tips and loaders that are as they are on purpose."""
    loggers = [
        logging.getLogger(name)
        for name in ("lightning.pytorch", "lightning.fabric", "lightning.pytorch.utilities.rank_zero")
    ]
    levels = [log.level for log in loggers]
    for log in loggers:
        log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="lightning")
            warnings.filterwarnings("ignore", message=".*LeafSpec.*")
            yield
    finally:
        for log, level in zip(loggers, levels, strict=True):
            log.setLevel(level)
