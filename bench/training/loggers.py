"""Loggers by name, and what a finished run tells Weights & Biases."""

from __future__ import annotations

import netrc
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from lightning.pytorch.loggers import Logger

from bench.errors import BenchError
from bench.records import ScoreFile
from bench.terminal import say

_DEFAULT_HOST = "https://api.wandb.ai"


def logger(kind: str, folder: Path, run_id: str, name: str, told: Mapping[str, Any]) -> Logger | bool:
    """The Lightning logger that ``logger=…`` names, writing below a run's folder; False for none.

    Args:
        kind: ``csv``, ``tensorboard``, ``wandb`` or ``none``.
        folder: the run's.
        run_id: under which an interrupted run goes on in the same place of Weights & Biases.
        name: what Weights & Biases calls the run.
        told: what it keeps of the run's configuration.

    Raises:
        BenchError: when a package is lacking.
    """
    if kind == "csv":
        from lightning.pytorch.loggers import CSVLogger

        return CSVLogger(folder, name="log")
    if kind == "tensorboard":
        from lightning.pytorch.loggers import TensorBoardLogger

        try:
            return TensorBoardLogger(folder, name="log")
        except ModuleNotFoundError as error:
            raise BenchError("logger=tensorboard needs a package that is not here: pip install tensorboard.") from error
    if kind == "wandb":
        return _wandb(folder, run_id, name, told)
    return False


def log_result(log: Logger | bool, scores: Iterable[ScoreFile], figure: Path) -> None:
    """With Weights & Biases, log the final scores and the run's figure, where that is there; else do nothing."""
    from lightning.pytorch.loggers import WandbLogger

    if not isinstance(log, WandbLogger):
        return
    import wandb

    run = log.experiment
    for file in scores:
        prefix = f"{file.head.arena}/suite {file.head.suite}"
        found = {f"{prefix}/{score.label}": score.value for score in file.scores if score.value is not None}
        run.summary.update(found)
    if figure.exists():
        run.log({"scores": wandb.Image(str(figure))})
    where = run.dir
    offline = run.settings._offline
    run.finish()
    if offline:
        say(f"Weights & Biases is offline: the run lies in {Path(where).parent}; `wandb sync` uploads it.")


def _wandb(folder: Path, run_id: str, name: str, told: Mapping[str, Any]) -> Logger:
    from lightning.pytorch.loggers import WandbLogger

    offline = os.environ.get("WANDB_MODE") == "offline" or not _logged_in()
    if offline:
        say("Not logged in to Weights & Biases: logging offline (`wandb login` changes that).")
    return WandbLogger(
        project="mitigation-bench",
        name=name,
        id=run_id,
        resume="allow",
        save_dir=folder,
        offline=offline,
        config=dict(told),
    )


def _logged_in() -> bool:
    """Whether wandb would find a key: asking wandb itself would ask the user."""
    if os.environ.get("WANDB_API_KEY"):
        return True
    host = urlparse(os.environ.get("WANDB_BASE_URL", _DEFAULT_HOST)).hostname or ""
    try:
        return netrc.netrc().authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False
