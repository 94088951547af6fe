"""What a run may be told, typed: the models of a configuration, their defaults and their limits."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bench.files import contents
from bench.task import MAX_UNREADABLE


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class TrainerConfig(_Strict):
    """The training budget, the same for every method that is to be compared."""

    max_epochs: int = Field(8, ge=1)
    batch_size: int = Field(128, ge=2)
    patience: int = Field(5, ge=1, description="epochs without a better validation AUROC before training stops")
    precision: Literal["auto", "32", "bf16"] = "auto"
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    threads: int = Field(2, ge=1, description="of torch on the CPU; weights hang on it in their last bits")
    workers: int = Field(0, ge=0, description="loader processes; 0 reads the cache in the training process")


class ScoringConfig(_Strict):
    """How scores are made: they can be made anew from a trained network."""

    replicates: int = Field(1000, ge=100, description="patient bootstrap replicates")
    unit: Literal["image", "study"] = Field(
        "image", description="what is scored: each image, or each study by the mean over its images"
    )
    isolated: bool = Field(True, description="whether test images are predicted by a process that holds no answers")
    suites: tuple[int, ...] = Field((2,), min_length=1, description="versions of the suites that read race")
    layers: Literal["features", "all"] = Field(
        "features", description="those that the whole suite reads; the others are read by linear probes"
    )
    trial: int = Field(
        1500,
        ge=0,
        le=1_000_000,
        description="patients rendered with a group drawn at random, to read it on; 0: none. Phantoms with twins only",
    )
    conditions: int = Field(
        0,
        ge=0,
        le=1_000_000,
        description="patients rendered in each of three test conditions (as trained, balanced, inverted); 0: none. Of"
        " sets that are not rendered the test patients are weighted, whatever the number",
    )


#: What ``scoring=<name>`` stands for; single options of it are overridden as ever.
SCORING: Mapping[str, Mapping[str, Any]] = {
    "default": {},
    "board": {"trial": 9000, "conditions": 9000, "layers": "all"},
}


class SweepConfig(_Strict):
    """The search for a method's hyperparameters."""

    trials: int = Field(8, ge=1)
    seed: int = Field(0, ge=0)
    baseline: str = Field("erm", description="the method that trials are held against")
    tolerance: float = Field(0.02, ge=0, le=0.5, description="validation AUROC a trial may lose against the baseline")


class TaskConfig(_Strict):
    """The task, its data set, and how the cohort is made of it. ``options`` are the data set's own."""

    name: str
    #: What was asked for: the name, or the path of a plugin's folder.
    plugin: str
    dataset: str
    root: Path | None = None
    protected: str
    groups: tuple[str, ...] | None = Field(None, description="only patients of these groups of the protected attribute")
    targets: tuple[str, ...] | None = None
    split: Literal["hash", "official"] = "hash"
    image_size: int = Field(ge=16, le=1024)
    max_unreadable: float = Field(MAX_UNREADABLE, ge=0, lt=1, description="share of the images that may be unreadable")
    options: dict[str, Any] = {}


class ExternalConfig(_Strict):
    """Where a trained network is scored beside its own test patients. ``options`` are the data set's own.

    A ``site`` of the data set that is trained on is left out of training.
    """

    dataset: str
    root: Path | None = None
    split: Literal["hash", "official"] = "hash"
    site: str | None = Field(None, description="only this site; of the training data set, it is left out of training")
    options: dict[str, Any] = {}


class BackboneConfig(_Strict):
    """The encoder. A name alone stands for an encoder that is trained from scratch, or as its library gives it."""

    name: str
    weights: Path | None = Field(
        None, description="file of weights to begin with: safetensors, or tensors saved by torch"
    )
    freeze: bool = Field(False, description="keep its weights as they are and train what stands on it alone")
    normalise: Literal["auto", "imagenet", "half", "scratch"] = Field(
        "auto", description="mean and deviation of pixels; auto: its own, or ImageNet's for weights of a file"
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        return {"name": given} if isinstance(given, str) else given

    @cached_property
    def label(self) -> str:
        """What determines the encoder, in words: its name, the contents of its weights, and what is done with it.

        Raises:
            BenchError: for weights that are not there.
        """
        parts = [self.name]
        kind, _, folder = self.name.partition(":")
        source = Path(folder).expanduser() if kind == "hf" else self.weights
        if kind == "hf":
            parts[0] = f"hf:{Path(folder).name}"
        if source is not None:
            parts.append(f"weights {contents(source, 'backbone')[:16]}")
        if self.normalise != "auto":
            parts.append(f"pixels as {self.normalise}")
        if self.freeze:
            parts.append("frozen")
        return ", ".join(parts)


class MethodConfig(_Strict):
    """The method and all its hyperparameters, defaults filled in."""

    name: str
    #: What was asked for: the name, or the path of a plugin's file.
    plugin: str
    #: Trials of the sweep that proposed the hyperparameters; 0: no sweep did.
    tuned: int = Field(0, ge=0)
    hyperparameters: dict[str, bool | int | float | str | tuple[bool | int | float | str, ...] | None] = {}


class RunConfig(_Strict):
    """Everything that a run is told. ``runs_dir`` and below do not change its result."""

    method: MethodConfig
    task: TaskConfig
    test: tuple[ExternalConfig, ...] = ()
    backbone: BackboneConfig
    seed: int = Field(0, ge=0, le=2**32 - 1)
    trainer: TrainerConfig = TrainerConfig()
    scoring: ScoringConfig = ScoringConfig()
    sweep: SweepConfig = SweepConfig()
    logger: Literal["none", "csv", "tensorboard", "wandb"] = "csv"
    runs_dir: Path = Path("runs")
    cache_dir: Path | None = None
