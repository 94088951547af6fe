"""Loggers by name, what they are told of a run, and what a finished run tells them.

What leaves the machine says what was run and what came out: no path, no host, no command line.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger

from bench.config import RunConfig
from bench.config.overrides import leaves
from bench.config.paths import path_options
from bench.errors import BenchError
from bench.records import ScoreFile
from bench.task import Options
from bench.terminal import say

#: How long the server of Weights & Biases may take to answer before a run is logged offline, in seconds.
_PATIENCE = 30
_COLUMNS = ("arena", "suite", "score", "value", "low", "high", "n", "patients", "note")


def told(config: RunConfig, options: type[Options], record: str) -> dict[str, Any]:
    """What a logger keeps of a configuration, by dotted name, and the id of the record.

    Args:
        config: what the run was told.
        options: the options that its data set has.
        record: the id of its record.
    """
    own = config.model_dump(mode="json")
    own["method"] = {"name": config.method.name, **config.method.hyperparameters}
    own["task"] = {**own["task"].pop("options"), **own["task"]}
    own["test"] = ", ".join(f"{one.dataset}, site {one.site}" if one.site else one.dataset for one in config.test)
    paths = path_options(options, "task.") | path_options(RunConfig, "") | {"task.plugin", "task.name"}
    kept = {name: value for name, value in leaves(own).items() if name not in paths and not _is_path(value)}
    return {"record": record, "task": config.task.name, **kept}


def logger(kind: str, folder: Path, run_id: str, name: str, known: Mapping[str, Any]) -> Logger | bool:
    """The Lightning logger that ``logger=…`` names, writing below a run's folder; False for none.

    Args:
        kind: ``csv``, ``tensorboard``, ``wandb`` or ``none``.
        folder: the run's.
        run_id: under which an interrupted run goes on in the same place of Weights & Biases.
        name: what Weights & Biases calls the run: its task, data set, method and seed.
        known: what is kept of the run's configuration, as :func:`told` gives it.

    Raises:
        BenchError: when a package is lacking.
    """
    if kind == "csv":
        from lightning.pytorch.loggers import CSVLogger

        return CSVLogger(folder, name="log")
    if kind == "tensorboard":
        from lightning.pytorch.loggers import TensorBoardLogger

        try:
            made = TensorBoardLogger(folder, name="log", default_hp_metric=False)
        except ModuleNotFoundError as error:
            raise BenchError("logger=tensorboard needs a package that is not here: pip install tensorboard.") from error
        made.log_hyperparams(_plain(known))
        return made
    if kind == "wandb":
        return _wandb(folder, run_id, name, known)
    return False


def log_result(log: Logger | bool, scores: Sequence[ScoreFile], figure: Path, known: Mapping[str, Any]) -> None:
    """Tell a logger the final scores, each under one stable name; CSV keeps curves alone.

    Weights & Biases also gets a table of them with their intervals, and the run's figure, where that is there.
    """
    from lightning.pytorch.loggers import TensorBoardLogger, WandbLogger

    found = {
        f"{file.head.arena}/suite {file.head.suite}/{score.label}": score.value
        for file in scores
        for score in file.scores
        if score.value is not None
    }
    if isinstance(log, TensorBoardLogger):
        log.log_hyperparams(_plain(known), found)
        log.save()
    if not isinstance(log, WandbLogger):
        return
    import wandb

    run = log.experiment
    run.summary.update(found)
    rows: list[Iterable[Any]] = [
        [file.head.arena, file.head.suite, score.label, *(getattr(score, name) for name in _COLUMNS[3:])]
        for file in scores
        for score in file.scores
    ]
    run.log({"intervals": wandb.Table(columns=list(_COLUMNS), data=rows)})
    if figure.exists():
        run.log({"scores": wandb.Image(str(figure))})
    where, offline = run.dir, run.settings._offline
    run.finish()
    if offline:
        say(f"Weights & Biases is offline: the run lies in {Path(where).parent}; `wandb sync` uploads it.")


def _is_path(value: Any) -> bool:
    """Whether a value is, or holds, what looks like a path."""
    values = value if isinstance(value, list) else [value]
    return any(isinstance(one, str) and (os.sep in one or "\\" in one or one.startswith("~")) for one in values)


def _plain(known: Mapping[str, Any]) -> dict[str, Any]:
    """TensorBoard takes numbers and words."""
    return {name: value if isinstance(value, bool | int | float) else str(value) for name, value in known.items()}


def _wandb(folder: Path, run_id: str, name: str, known: Mapping[str, Any]) -> Logger | bool:
    """The logger with its run begun; offline where nobody is logged in or the server does not answer."""
    import wandb

    mode = wandb.setup().settings.mode
    if mode == "disabled":
        return False
    if mode in ("offline", "dryrun"):
        return _begun(folder, run_id, name, known, offline=True)
    if not wandb.login(prompt=False, verify=False):
        say("Not logged in to Weights & Biases: logging offline (`wandb login` changes that).")
        return _begun(folder, run_id, name, known, offline=True)
    try:
        return _begun(folder, run_id, name, known, offline=False)
    except wandb.errors.Error as error:
        wandb.teardown()
        said = " ".join(str(error).split())
        say(f"Weights & Biases cannot be reached ({said}): logging offline; `wandb sync` uploads it later.")
        return _begun(folder, run_id, name, known, offline=True)


def _begun(folder: Path, run_id: str, name: str, known: Mapping[str, Any], offline: bool) -> Logger:
    import wandb
    from lightning.pytorch.loggers import WandbLogger

    made = WandbLogger(
        project="mitigation-bench",
        name=name,
        id=run_id,
        resume="allow",
        save_dir=folder,
        # Not Lightning's own argument, which says it to the environment, and with that to every later run.
        mode="offline" if offline else None,
        config=dict(known),
        group=name.rpartition("-")[0],
        tags=[str(known[key]) for key in ("task", "task.dataset", "method.name") if key in known],
        # Of the machine, nothing: its name, the command, the folder and what is printed there hold names of people.
        settings=wandb.Settings(
            console="off",
            disable_code=True,
            disable_git=True,
            host="withheld",
            init_timeout=_PATIENCE,
            program="bench",
            save_code=False,
            x_disable_machine_info=True,
            x_disable_meta=True,
            x_disable_stats=True,
            x_save_requirements=False,
        ),
    )
    _ = made.experiment  # begins the run
    return made
