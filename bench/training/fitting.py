"""Fit one method on one task with Lightning, and read a trained network out."""

from __future__ import annotations

import contextlib
import logging
import shutil
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint, ProgressBar, TQDMProgressBar
from lightning.pytorch.callbacks.progress.tqdm_progress import Tqdm
from safetensors.torch import load_file, save_file
from sklearn.metrics import roc_auc_score

from bench.config import RunConfig
from bench.errors import BenchError
from bench.files import whole, write_text
from bench.method import Method, TrainingSet, backbones
from bench.records import TrainingInfo
from bench.records.outputs import Outputs
from bench.task import Cohort, TaskSpec
from bench.terminal import say
from bench.training import prediction as readout
from bench.training.batches import CohortImages, EpochBatches, loader

WEIGHTS, INFO = "model.safetensors", "training.json"
_CHECKPOINTS = "checkpoints"


def precision(asked: str) -> str:
    """The precision that ``auto`` stands for here: bf16 where the device computes in it, else float32."""
    if asked != "auto":
        return asked
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported() else "32"
    return "bf16" if _cpu_computes_in_bf16() else "32"


def _cpu_computes_in_bf16() -> bool:
    """Whether this CPU has instructions of its own for bf16: without them it is emulated, slower than float32."""
    # Not torch.ops.mkldnn._is_mkldnn_bf16_supported, which is true of any AVX-512, where bf16 is four times as slow.
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def build(cls: type[Method], config: RunConfig, spec: TaskSpec) -> Method:
    """A method with a freshly initialised network; the same seed gives the same weights."""
    L.seed_everything(config.seed, workers=True, verbose=False)
    backbone = backbones.build(config.backbone, spec.channels, spec.image_size)
    # Convolutions run faster in this layout, in bf16 most of all; it changes no tensor's shape.
    return cls(backbone, spec, config.method.hyperparameters).to(memory_format=torch.channels_last)


def macro_auroc(targets: np.ndarray, scores: np.ndarray) -> float:
    """Mean over targets of the AUROC among images whose target is known; targets with one class only are left out."""
    values = []
    for y, s in zip(targets.T, scores.T, strict=True):
        known = ~np.isnan(y)
        if len(np.unique(y[known])) == 2:
            values.append(roc_auc_score(y[known], s[known]))
    return float(np.mean(values)) if values else float("nan")


class _Selection(Callback):
    """Validates in float32 after every epoch, and seeds every epoch by its number so that resuming changes nothing."""

    def __init__(self, cohort: Cohort, images: CohortImages, seed: int) -> None:
        self.cohort, self.seed = cohort, seed
        self.images = images
        self.curve: list[dict[str, float]] = []

    def on_train_epoch_start(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        torch.manual_seed(int(np.random.SeedSequence([self.seed, trainer.current_epoch]).generate_state(1)[0]))

    def on_train_epoch_end(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        assert isinstance(module, Method)
        auroc = macro_auroc(self.cohort.targets, readout.read_once(module, self.images).logits)
        # While a method warms up its network is not yet the method's. Such epochs rank below every other, and each
        # a little above the one before, so that they do not use up the patience of early stopping either.
        selection = auroc if module.ready() else -1.0 + 1e-6 * trainer.current_epoch
        module.log_dict({"val/auroc": auroc, "val/selection": selection}, prog_bar=False)
        self.curve.append({"epoch": trainer.current_epoch, "val_auroc": auroc, "val_selection": selection})

    def state_dict(self) -> dict[str, Any]:
        return {"curve": self.curve}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.curve = list(state_dict["curve"])


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


class _Lines(ProgressBar):
    """A line an epoch, where no terminal is there to redraw a bar in."""

    def on_train_epoch_start(self, trainer: L.Trainer, *_: Any) -> None:
        self._started = time.monotonic()

    def on_train_epoch_end(self, trainer: L.Trainer, *_: Any) -> None:
        now = f"{time.monotonic() - self._started:.0f} s"
        metrics = {name: f"{float(value):.3f}" for name, value in trainer.callback_metrics.items()}
        say(
            f"epoch {trainer.current_epoch + 1} of {trainer.max_epochs}: loss {metrics.get('train/loss', '–')}, "
            f"validation AUROC {metrics.get('val/auroc', '–')}, {now}"
        )


class _Stop(EarlyStopping):
    """Early stopping that, taken up again after it had stopped, stays stopped instead of running another epoch."""

    def on_train_start(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        if self.wait_count >= self.patience:
            trainer.should_stop = True


def fit(
    method: Method,
    train: Cohort,
    val: Cohort,
    pixels: np.ndarray,
    config: RunConfig,
    folder: Path,
    logger: Any = False,
) -> TrainingInfo:
    """Train until the budget is spent or validation stops improving; leave the best epoch's weights in ``folder``.

    Interrupted, the same call goes on from the last whole epoch and ends in the same weights. Only the finished
    weights (``model.safetensors``) and the way there (``training.json``) stay.

    Raises:
        BenchError: when the loss is not finite, naming the step.
    """
    started = time.monotonic()
    checkpoints = folder / _CHECKPOINTS
    last = checkpoints / "last.ckpt"
    hide = method.uses_race == "never"
    known = TrainingSet(torch.tensor(train.targets), torch.tensor(train.groups))
    if hide:
        known = known._replace(groups=torch.full_like(known.groups, -1))
    method.prepare(known)
    images = CohortImages(train, pixels, hide_groups=hide, transform=method.augment(), seed=config.seed)
    val_images = _to_predict(method, val, pixels)
    # A step of the wrong shape is named before training, not by whatever trips over it in the middle.
    with torch.no_grad():
        method.eval().predict_step(val_images[(0, np.arange(2))])
    method.train()
    batches = EpochBatches(len(train), config.trainer.batch_size, config.seed, method.sampler(known))
    selection = _Selection(val, val_images, config.seed)
    keep = ModelCheckpoint(
        dirpath=checkpoints,
        filename="best",
        monitor="val/selection",
        mode="max",
        save_last=True,
        enable_version_counter=False,
        save_on_train_epoch_end=True,
    )
    stop = _Stop(
        "val/selection", mode="max", patience=config.trainer.patience, check_on_train_epoch_end=True, check_finite=False
    )
    with _quiet():
        trainer = L.Trainer(
            max_epochs=config.trainer.max_epochs,
            accelerator=config.trainer.accelerator,
            devices=1,
            precision="bf16-mixed" if precision(config.trainer.precision) == "bf16" else "32-true",
            callbacks=[selection, stop, keep, _Bar(refresh_rate=5) if sys.stderr.isatty() else _Lines()],
            logger=logger,
            deterministic="warn",
            enable_model_summary=False,
            log_every_n_steps=10,
            num_sanity_val_steps=0,
        )
        try:
            trainer.fit(
                method,
                loader(images, batches, config.trainer.workers),
                ckpt_path=str(last) if last.exists() else None,
                weights_only=True,
            )
        except SystemExit as end:
            # Lightning turns Ctrl-C into an exit of its own, after which a sweep or the next job could not tell it.
            say("Interrupted. The same command goes on from the last finished epoch.")
            raise KeyboardInterrupt from end
    best = torch.load(keep.best_model_path, map_location="cpu", weights_only=True)["state_dict"]
    method.load_state_dict(best)
    method.eval()
    features = torch.from_numpy(readout.read_once(method, val_images).features)
    method.finalize(features, TrainingSet(torch.tensor(val.targets), torch.tensor(val.groups)))
    save(method, folder / WEIGHTS)
    top = max(selection.curve, key=lambda row: row["val_selection"])
    info = TrainingInfo(
        epochs=len(selection.curve),
        best_epoch=int(top["epoch"]),
        best_auroc=top["val_auroc"],
        curve=selection.curve,
        seconds=time.monotonic() - started,
    )
    # Says that the weights are whole; only then are the checkpoints no longer needed.
    write_text(folder / INFO, info.model_dump_json(indent=1))
    shutil.rmtree(checkpoints)
    return info


def trained(folder: Path) -> TrainingInfo | None:
    """How the training in this folder went, where it came to its end."""
    if not (folder / INFO).exists():
        return None
    shutil.rmtree(folder / _CHECKPOINTS, ignore_errors=True)
    return TrainingInfo.model_validate_json((folder / INFO).read_bytes())


def save(method: Method, path: Path) -> None:
    """Write the network's tensors as safetensors, whole or not at all."""
    tensors = {k: v.detach().cpu().contiguous() for k, v in method.state_dict().items() if isinstance(v, torch.Tensor)}
    with whole(path) as partial:
        save_file(tensors, partial)


def load(method: Method, path: Path) -> None:
    """Read the tensors back into a method of the same architecture.

    Raises:
        BenchError: when the file holds other tensors than the method.
    """
    found = load_file(path)
    wanted = {k for k, v in method.state_dict().items() if isinstance(v, torch.Tensor)}
    if wanted != set(found):
        raise BenchError(f"{path} does not hold the weights of {type(method).__name__}: delete it to train anew.")
    method.load_state_dict(found, strict=False)


def predict(
    method: Method,
    cohort: Cohort,
    pixels: np.ndarray,
    accelerator: str = "auto",
    blocks: bool = False,
    once: bool = False,
) -> Outputs:
    """Logits and features of a cohort's images: evaluation mode, float32, no augmentation, targets withheld.

    The protected attribute is withheld too unless the method declares ``uses_race = "test"``. Everything is read twice
    (:func:`.prediction.read`), and a network that then says something else is randomised: its outputs are averages.
    With ``blocks`` the encoder's blocks are read as well, where its backbone is known to have some. ``once`` is for a
    network that has been found deterministic: it is read in one pass.
    """
    images = _to_predict(method, cohort, pixels)
    use_gpu = accelerator != "cpu" and torch.cuda.is_available()
    method.to("cuda" if use_gpu else "cpu")
    return readout.read_once(method, images, blocks=blocks) if once else readout.read(method, images, blocks)


def _to_predict(method: Method, cohort: Cohort, pixels: np.ndarray) -> CohortImages:
    return CohortImages(cohort, pixels, hide_targets=True, hide_groups=method.uses_race != "test")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
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
