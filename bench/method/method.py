"""What a method author implements: a LightningModule whose every step has a plain empirical-risk default."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, NamedTuple

import lightning as L
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.errors import BenchError
from bench.method.hyperparameters import Value, resolve, tunable
from bench.task import TaskSpec

__all__ = ["Auxiliary", "Batch", "Method", "TaskSpec", "TrainingSet", "bce_elements", "masked_bce", "tunable"]


class Batch(NamedTuple):
    """Some images and what is known of them.

    ``images (B, C, H, W) uint8``; ``targets (B, T) float`` with NaN for unknown; ``groups (B,) long`` codes of the
    protected attribute, -1 for unknown. Groups are all -1 for a method that declares ``uses_race = "never"``, and
    when predicting unless it declares ``"test"``; targets are all NaN when predicting.
    """

    images: Tensor
    targets: Tensor
    groups: Tensor


class TrainingSet(NamedTuple):
    """What a method may know of the training images at once: ``targets (N, T) float``, ``groups (N,) long``."""

    targets: Tensor
    groups: Tensor


def bce_elements(logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Binary cross-entropy ``(B, T)`` in nats, 0 where the target is unknown, and the mask ``(B, T)`` of known ones."""
    known = ~torch.isnan(targets)
    losses = F.binary_cross_entropy_with_logits(logits.float(), targets.nan_to_num(0.0), reduction="none")
    return losses * known, known


def masked_bce(logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    """Mean binary cross-entropy over the known targets, each element weighted by ``weights`` broadcast to (B, T)."""
    losses, known = bce_elements(logits, targets)
    if weights is not None:
        losses = losses * weights
    return losses.sum() / known.sum().clamp(min=1)


class Auxiliary(nn.Module):
    """A network trained beside the main one, by an AdamW of its own: an adversary, a second stage's helper.

    The main optimiser never holds its parameters, so neither can undo the other's step. The optimiser's moments are
    kept in the checkpoint, so an interrupted run goes on as if it had not been.
    """

    def __init__(self, network: nn.Module, lr: float) -> None:
        super().__init__()
        self.network = network
        self.lr = lr
        self._optimizer: torch.optim.Optimizer | None = None
        self._restored: dict[str, Any] | None = None

    def forward(self, inputs: Tensor) -> Tensor:
        """The network's output, in float32 whatever the run's precision."""
        with torch.autocast(inputs.device.type, enabled=False):
            return self.network(inputs.float())

    def step(self, loss: Tensor) -> None:
        """One descent of this network's parameters on a loss; no other parameter moves or keeps a gradient of it."""
        parameters = list(self.network.parameters())
        if self._optimizer is None:
            # Made at the first step: only then do the parameters stand on the device they are trained on.
            self._optimizer = torch.optim.AdamW(parameters, lr=self.lr)
            if self._restored:
                self._optimizer.load_state_dict(self._restored)
        for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            parameter.grad = gradient
        self._optimizer.step()
        self._optimizer.zero_grad()

    def get_extra_state(self) -> dict[str, Any]:
        """The optimiser's state, for the checkpoint."""
        return self._optimizer.state_dict() if self._optimizer is not None else {}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Keep a restored state until the optimiser is made."""
        # A copy: an optimiser's state holds the very tensors that its next step changes.
        self._restored, self._optimizer = copy.deepcopy(state), None


class Method(L.LightningModule):
    """A way to train a diagnostic network. Override the steps that your method changes; each has an ERM default.

    In the order data flows: :meth:`build`, :meth:`prepare`, :meth:`sampler`, :meth:`augment`, :meth:`distort`,
    :meth:`encode`, :meth:`classify`, :meth:`loss`, :meth:`finalize`. Hyperparameters are declared in the class body
    with :func:`tunable` and are plain attributes of the instance.
    """

    #: Where the method looks at the protected attribute. "test" is ranked apart: such a network needs race to diagnose.
    uses_race: ClassVar[Literal["never", "train", "test"]] = "never"
    #: A reference row on leaderboards, ranked with nobody: what it shows is a bound, not a way to debias.
    reference: ClassVar[bool] = False
    #: Trained and tested on twins whose pixels do not show the protected attribute: for data sets that can render them.
    race_free: ClassVar[bool] = False
    #: Paper or page that defines the method.
    source: ClassVar[str] = ""

    lr: float = tunable(3e-3, low=1e-4, high=1e-2, log=True, help="peak learning rate of AdamW's one-cycle schedule")
    weight_decay: float = tunable(1e-4, low=1e-6, high=1e-2, log=True, help="AdamW's weight decay")

    def __init__(self, backbone: nn.Module, spec: TaskSpec, hyperparameters: Mapping[str, Value] | None = None) -> None:
        """``backbone`` maps ``(B, C, H, W)`` float images to ``(B, D)`` and names D as ``out_features``."""
        super().__init__()
        for name, value in resolve(type(self), hyperparameters or {}).items():
            setattr(self, name, value)
        self.spec = spec
        self.backbone = backbone
        self.features_size: int = backbone.out_features  # type: ignore[assignment]
        self.head = nn.Linear(self.features_size, len(spec.targets))
        self.build()

    # -- the steps a plugin may override, in the order data flows ---------------------------------------------------

    def build(self) -> None:
        """Add networks and buffers of your own. Default: none."""

    def prepare(self, train: TrainingSet) -> None:
        """See the whole training set's targets and groups before the first step, also before a resumed one."""

    def sampler(self, train: TrainingSet) -> Tensor | None:
        """Sampling weights ``(N,)`` of the training images, drawn with replacement; None visits each once an epoch."""
        return None

    def augment(self) -> Any | None:
        """An albumentations transform of training images ``(H, W, C) uint8``; None for none."""
        return None

    def distort(self, images: Tensor) -> Tensor:
        """Change images ``(B, C, H, W) uint8`` in training and at test alike: a part of the network."""
        return images

    def encode(self, images: Tensor) -> Tensor:
        """Features ``(B, D)`` of normalised images ``(B, C, H, W) float``. What they hold of race is what is scored."""
        return self.backbone(images)

    def classify(self, features: Tensor) -> Tensor:
        """Logits ``(B, T)`` from features ``(B, D)``, and from nothing else."""
        return self.head(features)

    def loss(self, batch: Batch) -> Tensor:
        """The scalar to descend on. Default: mean binary cross-entropy over known targets."""
        return masked_bce(self(batch.images), batch.targets)

    def finalize(self, features: Tensor, val: TrainingSet) -> None:
        """Change the trained network once, given the validation patients' features ``(N, D)``. Default: nothing."""

    def ready(self) -> bool:
        """Whether the present epoch may be chosen as the best: False while a warm-up has the method switched off."""
        return True

    # -- what the steps are made into --------------------------------------------------------------------------------

    def features(self, images: Tensor) -> Tensor:
        """Features ``(B, D)`` of images ``(B, C, H, W) uint8``: what :meth:`classify` reads."""
        pixels = self.distort(images).float().div_(255.0).sub_(0.5).div_(0.25)
        return self.encode(pixels)

    def forward(self, images: Tensor) -> Tensor:
        """Logits ``(B, T)`` of images ``(B, C, H, W) uint8``."""
        return self.classify(self.features(images))

    def predict_step(self, batch: Batch, batch_idx: int = 0) -> tuple[Tensor, Tensor]:
        """Logits ``(B, T)`` and features ``(B, D)`` of a batch."""
        features = self.features(batch.images)
        _check_shape(self, "encode", features, (len(batch.images), None))
        logits = self.classify(features)
        _check_shape(self, "classify", logits, (len(batch.images), len(self.spec.targets)))
        return logits, features

    @property
    def progress(self) -> float:
        """Share of the training budget already used, 0 … 1."""
        return min(1.0, self.trainer.global_step / max(1, float(self.trainer.estimated_stepping_batches)))

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """One step of :meth:`loss`, stopped at once where it is not a finite number."""
        loss = self.loss(batch)
        if loss.ndim != 0:
            raise BenchError(
                f"{_where(self)}.loss returned a tensor of shape {tuple(loss.shape)}; it must be a scalar."
            )
        if not math.isfinite(value := loss.item()):
            raise BenchError(
                f"The loss of method {type(self).__name__} became {value} at step {self.trainer.global_step} (epoch "
                f"{self.current_epoch}). Training was stopped there. A smaller method.lr (now {self.lr:g}) is the "
                "usual cure; trainer.precision=32 tells whether rounding is to blame."
            )
        self.log("train/loss", value, prog_bar=True)
        return loss

    def configure_optimizers(self) -> Any:
        """AdamW with a one-cycle schedule over the whole budget: the same for every method, baseline included."""
        held = {id(p) for module in self.modules() if isinstance(module, Auxiliary) for p in module.parameters()}
        parameters = [p for p in self.parameters() if p.requires_grad and id(p) not in held]
        optimizer = torch.optim.AdamW(parameters, lr=self.lr, weight_decay=self.weight_decay)
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=self.lr, total_steps=max(steps, 2))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def _where(method: Method) -> str:
    return f"{type(method).__module__}.{type(method).__name__}"


def _check_shape(method: Method, step: str, tensor: Tensor, wanted: tuple[int, int | None]) -> None:
    matches = tensor.ndim == 2 and all(w in (None, size) for w, size in zip(wanted, tensor.shape, strict=True))
    if not matches:
        words = ", ".join("D" if size is None else str(size) for size in wanted)
        raise BenchError(f"{_where(method)}.{step} returned shape {tuple(tensor.shape)}; it must return ({words}).")
