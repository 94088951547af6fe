"""What a method author implements: a LightningModule whose every step has a plain empirical-risk default."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import lightning as L
import torch
from torch import Tensor, nn

from bench.errors import BenchError
from bench.method.auxiliary import Auxiliary
from bench.method.batch import Batch, Encoded, TrainingSet
from bench.method.hyperparameters import Value, resolve, tunable
from bench.method.losses import masked_bce
from bench.method.stages import Shares, check_stages
from bench.task import TaskSpec


class Method(L.LightningModule):
    """A way to train a diagnostic network. Override the steps that your method changes; each has an ERM default.

    In the order data flows: :meth:`build`, :meth:`prepare`, :meth:`begin`, :meth:`augment`, :meth:`sampler`,
    :meth:`distort`, :meth:`normalise`, :meth:`encode`, :meth:`classify`, :meth:`loss`, :meth:`finalize`.
    Hyperparameters are declared in the class body with :func:`tunable` and are plain attributes of the instance.

    Training goes through :attr:`stages`, for most methods one. Each takes its share of the epochs that all methods have
    alike, starts with :meth:`begin` and an optimiser and schedule of its own, asks anew for augmentation and sampling
    weights, and ends with the weights of its best epoch on validation patients, which the next one starts from.
    """

    #: Where the method looks at the protected attribute. "test" is ranked apart: such a network needs race to diagnose.
    uses_race: ClassVar[Literal["never", "train", "test"]] = "never"
    #: A reference row on leaderboards, ranked with nobody: what it shows is a bound, not a way to debias.
    reference: ClassVar[bool] = False
    #: Trained and tested on twins whose pixels do not show the protected attribute: for data sets that can render them.
    race_free: ClassVar[bool] = False
    #: Whether :meth:`finalize` fits on patients that were not trained on.
    uses_held_out: ClassVar[bool] = False
    #: Paper or page that defines the method.
    source: ClassVar[str] = ""
    #: The stages of training in their order, each by its name and its share of the epochs; the shares sum to 1.
    stages: ClassVar[Shares] = (("train", 1.0),)

    lr: float = tunable(3e-3, low=1e-4, high=1e-2, log=True, help="peak learning rate of AdamW's one-cycle schedule")
    weight_decay: float = tunable(1e-4, low=1e-6, high=1e-2, log=True, help="AdamW's weight decay")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        check_stages(cls.__name__, cls.stages)

    def __init__(self, backbone: nn.Module, spec: TaskSpec, hyperparameters: Mapping[str, Value] | None = None) -> None:
        """``backbone`` maps ``(B, C, H, W)`` float images to ``(B, D)`` and names D as ``out_features``."""
        super().__init__()
        for name, value in resolve(type(self), hyperparameters or {}).items():
            setattr(self, name, value)
        self.spec = spec
        #: The stage that training is in; of a network that is not in training, the last.
        self.stage: str = self.stages[-1][0]
        self.backbone = backbone
        self.features_size: int = backbone.out_features  # type: ignore[assignment]
        self.head = nn.Linear(self.features_size, len(spec.targets))
        self.build()

    # -- the steps a plugin may override, in the order data flows ---------------------------------------------------

    def build(self) -> None:
        """Add networks and buffers of your own. Default: none."""

    def prepare(self, train: TrainingSet) -> None:
        """See the whole training set's targets and groups, once before the first stage, also before a resumed one."""

    def begin(self, stage: str, train: TrainingSet) -> None:
        """A stage begins, with the weights that the one before ended with: freeze, replace, put back. Default: nothing.

        Its optimiser is made afterwards, of the parameters that then require a gradient. Taken up again after an
        interruption, every stage up to the interrupted one is begun again, each with the weights it had begun with.
        """

    def augment(self) -> Any | None:
        """An albumentations transform of training images ``(H, W, C) uint8``; None for none. Asked in every stage."""
        return None

    def sampler(self, train: TrainingSet) -> Tensor | None:
        """Sampling weights ``(N,)`` of the training images, drawn with replacement; None visits each once an epoch.

        Asked in every stage.
        """
        return None

    def distort(self, images: Tensor) -> Tensor:
        """Change images ``(B, C, H, W) uint8`` in training and at test alike: a part of the network."""
        return images

    def normalise(self, images: Tensor) -> Tensor:
        """Pixels 0 … 255 as the encoder takes them: ``(B, C, H, W) float``, from -2 to 2, or as it was trained on."""
        if isinstance(pixels := getattr(self.backbone, "pixels", None), nn.Module):
            shown: Tensor = pixels(images)
            return shown
        return images.float().div(255.0).sub_(0.5).div_(0.25)

    def encode(self, images: Tensor) -> Tensor:
        """Features ``(B, D)`` of normalised images ``(B, C, H, W) float``. What they hold of race is what is scored."""
        features: Tensor = self.backbone(images)
        return features

    def classify(self, features: Tensor) -> Tensor:
        """Logits ``(B, T)`` from features ``(B, D)``, and from nothing else."""
        logits: Tensor = self.head(features)
        return logits

    def loss(self, batch: Batch) -> Tensor:
        """The scalar to descend on. Default: mean binary cross-entropy over known targets."""
        return masked_bce(self(batch.images), batch.targets)

    def finalize(self, train: Encoded, held_out: Encoded | None) -> None:
        """Change the trained network once, given what it makes of the training images. Default: nothing.

        ``held_out`` are images of patients that nothing was trained or chosen on, half of val; None unless
        :attr:`uses_held_out` is declared. Epochs, thresholds and val scores are made on the other half.
        """

    def ready(self) -> bool:
        """Whether the present epoch may be chosen as the best: False while a warm-up has the method switched off."""
        return True

    # -- what the steps are made into --------------------------------------------------------------------------------

    def features(self, images: Tensor) -> Tensor:
        """Features ``(B, D)`` of images ``(B, C, H, W) uint8``: what :meth:`classify` reads."""
        return self.encode(self.normalise(self.distort(images)))

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
        """Share of the present stage's steps already made, 0 … 1."""
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
        self.log(f"{self.stage}/loss", value, prog_bar=True)
        return loss

    def configure_optimizers(self) -> Any:
        """AdamW with a one-cycle schedule over the whole stage: the same for every method, baseline included."""
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
