"""Loggers by name, and what a finished run tells Weights & Biases."""

from __future__ import annotations

import json
import netrc
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from bench.config import RunConfig
from bench.errors import BenchError
from bench.records import ScoreFile
from bench.terminal import say

_DEFAULT_HOST = "https://api.wandb.ai"


def logger(config: RunConfig, run_id: str, folder: Path) -> Any:
    """The Lightning logger that ``logger=…`` names, writing below the run's folder; False for none."""
    if config.logger == "csv":
        from lightning.pytorch.loggers import CSVLogger

        return CSVLogger(folder, name="log")
    if config.logger == "tensorboard":
        from lightning.pytorch.loggers import TensorBoardLogger

        try:
            return TensorBoardLogger(folder, name="log")
        except ModuleNotFoundError as error:
            raise BenchError("logger=tensorboard needs a package that is not here: pip install tensorboard.") from error
    if config.logger == "wandb":
        return _wandb(config, run_id, folder)
    return False


def finish(log: Any, scores: Iterable[ScoreFile], figure: Path) -> None:
    """Tell Weights & Biases of a run's final scores and its figure; other loggers hold curves alone."""
    if type(log).__name__ != "WandbLogger":
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


def _wandb(config: RunConfig, run_id: str, folder: Path) -> Any:
    from lightning.pytorch.loggers import WandbLogger

    offline = os.environ.get("WANDB_MODE") == "offline" or not _logged_in()
    if offline:
        say("Not logged in to Weights & Biases: logging offline (`wandb login` changes that).")
    # The id makes a run that was interrupted go on in the same place.
    return WandbLogger(
        project="mitigation-bench",
        name=f"{config.task.name}-{config.task.dataset}-{config.method.name}-{config.seed}",
        id=run_id,
        resume="allow",
        save_dir=folder,
        offline=offline,
        config=json.loads(config.model_dump_json(exclude={"runs_dir": True, "cache_dir": True, "task": {"root"}})),
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
