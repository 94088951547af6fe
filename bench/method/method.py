"""What a method author implements: a LightningModule whose every step has a plain empirical-risk default."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import lightning as L
import torch
from torch import Tensor, nn

from bench.errors import BenchError
from bench.method.auxiliary import Auxiliary
from bench.method.batch import Augmentation, Batch, Encoded, TrainingSet
from bench.method.checks import check_steps, checked_loss, where
from bench.method.closure import Closure
from bench.method.declared import check_declared
from bench.method.hyperparameters import Value, files, resolve, tunable
from bench.method.losses import masked_bce
from bench.method.stages import Shares
from bench.task import TaskSpec


class Method(L.LightningModule):
    """A way to train a diagnostic network. Override the hooks that your method changes; each has an ERM default.

    In the order of training: :meth:`build`, :meth:`prepare`; for every stage :meth:`begin`, :meth:`augment`,
    :meth:`sampler`; for every epoch :meth:`batches`; for every batch :meth:`step` and in it :meth:`loss`, then
    :meth:`after_step`; after every epoch :meth:`after_epoch`, :meth:`averaged`, :meth:`ready`; in the end
    :meth:`finalize`. A network is :meth:`distort`, :meth:`normalise`, :meth:`encode`, :meth:`classify`.
    Hyperparameters are declared in the class body with :func:`tunable` and :func:`file` and are plain attributes.

    Training goes through :attr:`stages`, for most methods one. Each takes its share of the epochs that all methods have
    alike, has an optimiser and schedule of its own, and ends with the weights of its best epoch on validation patients,
    which the next one starts from.
    """

    #: Where the method looks at the protected attribute. "test" is ranked apart: such a network needs race to diagnose.
    uses_race: ClassVar[Literal["never", "train", "test"]] = "never"
    #: Other attributes that it is told in training: of the task, or ``age_group``.
    uses_attributes: ClassVar[tuple[str, ...]] = ()
    #: A reference row on leaderboards, ranked with nobody: what it shows is a bound, not a way to debias.
    reference: ClassVar[bool] = False
    #: Trained and tested on twins whose pixels do not show the protected attribute: for data sets that can render them.
    race_free: ClassVar[bool] = False
    #: Whether it looks at images as pixels, beside what it does in augment, distort and normalise: no stored vectors.
    needs_pixels: ClassVar[bool] = False
    #: Whether :meth:`finalize` fits on patients that were not trained on.
    uses_held_out: ClassVar[bool] = False
    #: Whether it trains on images of the same patients in another group, :attr:`Batch.twins`.
    needs_twins: ClassVar[bool] = False
    #: What of training it changes, one of :data:`bench.families.FAMILIES`.
    family: ClassVar[str] = ""
    #: The year of the paper or page that defines the method, and where that is.
    year: ClassVar[int] = 0
    source: ClassVar[str] = ""
    #: In what this departs from its source, in sentences; empty where in nothing.
    deviations: ClassVar[str] = ""
    #: Image passes, forward and backward, relative to plain training of as many epochs: what it costs at its defaults.
    cost: ClassVar[float] = 1.0
    #: The stages of training in their order, each by its name and its share of the epochs; the shares sum to 1.
    stages: ClassVar[Shares] = (("train", 1.0),)

    lr: float = tunable(3e-3, low=1e-4, high=1e-2, log=True, help="peak learning rate of AdamW's one-cycle schedule")
    weight_decay: float = tunable(1e-4, low=1e-6, high=1e-2, log=True, help="AdamW's weight decay")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        check_declared(cls)

    def __init__(self, backbone: nn.Module, spec: TaskSpec, hyperparameters: Mapping[str, Value] | None = None) -> None:
        """``backbone`` maps ``(B, C, H, W)`` float images to ``(B, D)`` and names D as ``out_features``."""
        super().__init__()
        for name, value in resolve(type(self), hyperparameters or {}).items():
            setattr(self, name, Path(str(value)) if value is not None and name in files(type(self)) else value)
        self.spec = spec
        #: The stage that training is in; of a network that is not in training, the last.
        self.stage: str = self.stages[-1][0]
        self.backbone = backbone
        self.features_size: int = backbone.out_features  # type: ignore[assignment]
        self.head = nn.Linear(self.features_size, len(spec.targets))
        #: Lightning takes the steps itself unless the method does.
        self.automatic_optimization = type(self).step is Method.step
        self._start: dict[str, Any] | None = None
        self.build()

    # -- the hooks a plugin may override: before training ------------------------------------------------------------

    def build(self) -> None:
        """Add networks and buffers of your own. Default: none."""

    def prepare(self, train: TrainingSet) -> None:
        """See the whole training set's targets and groups, once before the first stage, also before a resumed one."""

    def begin(self, stage: str, train: TrainingSet) -> None:
        """A stage begins, with the weights that the one before ended with: freeze, replace, put back. Default: nothing.

        Its optimiser is made afterwards, of the parameters that then require a gradient. Taken up again after an
        interruption, every stage up to the interrupted one is begun again, each with the weights it had begun with.
        """

    def augment(self) -> Augmentation | Sequence[Augmentation] | None:
        """An albumentations transform of training images ``(H, W, C) uint8``; None for none. Asked in every stage.

        Several are as many views: :attr:`Batch.images` is what the first makes, :attr:`Batch.views` holds all.
        """
        return None

    def sampler(self, train: TrainingSet) -> Tensor | None:
        """Sampling weights ``(N,)`` of the training images, drawn with replacement; None visits each once an epoch.

        Asked in every stage.
        """
        return None

    def batches(self, train: TrainingSet) -> Iterable[Sequence[int] | Tensor] | None:
        """The batches of an epoch, each the positions of its images; None for those that :meth:`sampler` asks for.

        Asked in every epoch. There are ``train.batches`` of them, each of at most ``train.batch_size`` images, as an
        epoch of every method has. :func:`balanced_batches` composes them of so many images of each group.
        """
        return None

    # -- the network, in the order data flows through it -------------------------------------------------------------

    def distort(self, images: Tensor) -> Tensor:
        """Change images ``(B, C, H, W) uint8`` in training and at test alike: a part of the network."""
        return images

    def normalise(self, images: Tensor) -> Tensor:
        """Pixels 0 … 255 as the encoder takes them: ``(B, C, H, W) float``, from -2 to 2, or as it was trained on."""
        if images.ndim == 2:  # vectors, as they are stored
            return images.float()
        if isinstance(pixels := getattr(self.backbone, "pixels", None), nn.Module):
            shown: Tensor = pixels(images)
            return shown
        return images.float().div(255.0).sub_(0.5).div_(0.25)

    def encode(self, images: Tensor) -> Tensor:
        """Features ``(B, D)`` of normalised images ``(B, C, H, W) float``. What they hold of race is what is scored."""
        features: Tensor = self.backbone(images)
        return features

    def classify(self, features: Tensor) -> Tensor:
        """Logits ``(B, T)`` from features ``(B, D)``, and from nothing else.

        A method that declares ``uses_race = "test"`` defines ``classify(self, features, groups)`` instead, with
        ``groups (B,) long`` as in :class:`Batch`: the one place where a network is told race when it predicts.
        """
        logits: Tensor = self.head(features)
        return logits

    # -- training ----------------------------------------------------------------------------------------------------

    def loss(self, batch: Batch) -> Tensor:
        """The scalar to descend on. Default: mean binary cross-entropy over known targets."""
        return masked_bce(self.logits(self.features(batch.images), batch.groups), batch.targets)

    def step(self, closure: Closure) -> None:
        """Learn from one batch: ``closure()`` leaves gradients, and ``self.optimizer.step()`` is called exactly once.

        ``closure()`` gives the loss after its gradients were put into ``parameter.grad``; called again at other weights
        it gives those there. ``closure(loss)`` does so of another function of the batch, which ``closure.batch`` is.
        """
        closure()
        self.optimizer.step()

    def after_step(self) -> None:
        """Weights have moved by one step. Default: nothing."""

    def after_epoch(self) -> None:
        """An epoch is over; it has not been validated yet. Default: nothing."""

    def averaged(self) -> Mapping[str, Tensor] | None:
        """Weights to be used in the place of the trained ones, by the names of parameters; None for the trained ones.

        Asked after every epoch: these are validated, and kept where the epoch is the best. The framework re-estimates
        the statistics of batch norms for them. :class:`WeightAverage` keeps such weights.
        """
        return None

    def ready(self) -> bool:
        """Whether the present epoch may be chosen as the best: False while a warm-up has the method switched off."""
        return True

    def finalize(self, train: Encoded, held_out: Encoded | None) -> None:
        """Change the trained network once, given what it makes of the training images. Default: nothing.

        ``held_out`` are images of patients that nothing was trained or chosen on, half of val; None unless
        :attr:`uses_held_out` is declared. Epochs, thresholds and val scores are made on the other half.
        """

    # -- what hooks may use ------------------------------------------------------------------------------------------

    def features(self, images: Tensor) -> Tensor:
        """Features ``(B, D)`` of images ``(B, C, H, W) uint8``: what :meth:`classify` reads."""
        return self.encode(self.normalise(self.distort(images)))

    def logits(self, features: Tensor, groups: Tensor | None = None) -> Tensor:
        """Logits ``(B, T)`` of features: :meth:`classify`, which is told ``groups`` where race is used at test."""
        if self.uses_race == "test":
            return self.classify(features, groups)  # type: ignore[call-arg]
        return self.classify(features)

    def forward(self, images: Tensor, groups: Tensor | None = None) -> Tensor:
        """Logits ``(B, T)`` of images ``(B, C, H, W) uint8``."""
        return self.logits(self.features(images), groups)

    @property
    def progress(self) -> float:
        """Share of the present stage's steps already made, 0 … 1."""
        return min(1.0, self.trainer.global_step / max(1, float(self.trainer.estimated_stepping_batches)))

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """The main optimiser, in training: its ``param_groups`` and ``state`` are there to be read."""
        return self.optimizers()  # type: ignore[return-value]

    def restart(self, *modules: nn.Module) -> None:
        """Put the weights of these modules, or of all, back to what they were before the first stage.

        Raises:
            BenchError: outside of a training that has several stages.
        """
        if self._start is None:
            raise BenchError(f"{where(self)}.restart can be called in training only, in `begin` of one of its stages.")
        held = {id(module) for module in modules}
        names = [f"{name}." for name, module in self.named_modules() if id(module) in held] if modules else [""]
        state = {key: value for key, value in self._start.items() if key.startswith(tuple(names))}
        self.load_state_dict(copy.deepcopy(state), strict=False)

    # -- the framework's own -----------------------------------------------------------------------------------------

    def keep_start(self) -> None:
        """Keep the present weights for :meth:`restart`."""
        self._start = copy.deepcopy(self.state_dict())

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor | None:
        """One step of :meth:`loss`, or the method's own :meth:`step`."""
        if self.automatic_optimization:
            loss = checked_loss(self, self.loss(batch))
            self.log(f"{self.stage}/loss", loss.item(), prog_bar=True)
            return loss
        before, closure = self.trainer.global_step, Closure(self, batch)
        self.step(closure)
        check_steps(self, closure.calls, self.trainer.global_step - before)
        self.lr_schedulers().step()  # type: ignore[union-attr]
        self.log(f"{self.stage}/loss", closure.loss, prog_bar=True)
        return None

    def on_train_batch_end(self, *given: Any) -> None:
        """Tell the method."""
        self.after_step()

    def configure_optimizers(self) -> Any:
        """AdamW with a one-cycle schedule over the whole stage: the same for every method, baseline included."""
        held = {id(p) for module in self.modules() if isinstance(module, Auxiliary) for p in module.parameters()}
        parameters = [p for p in self.parameters() if p.requires_grad and id(p) not in held]
        optimizer = torch.optim.AdamW(parameters, lr=self.lr, weight_decay=self.weight_decay)
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=self.lr, total_steps=max(steps, 2))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
