"""What the class of a method declares, checked where it is defined, before anything is trained."""

from __future__ import annotations

import inspect
from typing import Any

import lightning as L
from torch import nn

from bench.errors import BenchError, suggest
from bench.families import FAMILIES
from bench.method.hyperparameters import files
from bench.method.stages import check_stages

#: The hooks of a method, and what each is called with beside ``self``.
HOOKS: dict[str, tuple[str, ...]] = {
    "build": (),
    "prepare": ("train",),
    "begin": ("stage", "train"),
    "augment": (),
    "sampler": ("train",),
    "batches": ("train",),
    "distort": ("images",),
    "normalise": ("images",),
    "encode": ("images",),
    "classify": ("features",),
    "loss": ("batch",),
    "step": ("closure",),
    "after_step": (),
    "after_epoch": (),
    "averaged": (),
    "ready": (),
    "finalize": ("train", "held_out"),
}
#: What a method of ``uses_race = "test"`` defines in the place of the hook of that name.
_AT_TEST = {"classify": ("features", "groups")}
#: What belongs to the framework: Lightning's own methods and hooks, and the composition of the steps.
_FRAMEWORK = {name for name in {*dir(L.LightningModule)} - {*dir(nn.Module)} if not name.startswith("_")} | {"forward"}
#: What serves the purpose of those that authors reach for most.
_INSTEAD = {
    "forward": "encode and classify",
    "training_step": "loss, or step",
    "predict_step": 'encode and classify; classify(features, groups) where uses_race = "test"',
    "optimizer_step": "step",
    "configure_optimizers": "an Auxiliary for networks beside the main one, or step",
    "on_train_batch_end": "after_step",
    "on_train_epoch_end": "after_epoch",
    "on_train_epoch_start": "after_epoch, or begin",
    "on_train_start": "begin",
    "on_fit_start": "prepare, or begin",
    "on_train_end": "finalize",
    "setup": "build",
    "configure_model": "build",
}


def check_declared(cls: type[Any]) -> None:
    """See that the class of a method declares what the framework can go by.

    Raises:
        BenchError: naming the class and what it declares: a stage that cannot be, a hook that cannot be called as it
            is going to be, a hook that belongs to the framework, a family that there is none of.
    """
    check_stages(cls.__name__, cls.stages)
    for name in vars(cls):
        if name in _FRAMEWORK:
            instead = f"Define {_INSTEAD[name]}." if name in _INSTEAD else f"A method defines {', '.join(HOOKS)}."
            raise BenchError(f"Method {cls.__name__} defines {name}, which belongs to the framework. {instead}")
        if name in HOOKS:
            _check_hook(cls, name)
    if cls.uses_race == "test" and "classify" not in vars(cls):
        _check_hook(cls, "classify")
    _check_metadata(cls)


def needs(cls: type[Any]) -> list[str]:
    """What a method needs beside images, targets and race, in words."""
    found = [f"attribute {name}" for name in cls.uses_attributes]
    found += ["held-out patients"] if cls.uses_held_out else []
    found += ["twins of training images"] if cls.needs_twins else []
    found += ["twins that show no race"] if cls.race_free else []
    return [*found, *(f"a file ({name})" for name in files(cls))]


def _check_hook(cls: type[Any], name: str) -> None:
    given = HOOKS[name] if cls.uses_race != "test" else _AT_TEST.get(name, HOOKS[name])
    hook = getattr(cls, name)
    wanted = f"def {name}({', '.join(('self', *given))})"
    if not inspect.isfunction(hook):
        raise BenchError(f"Method {cls.__name__} declares {name}, which is no method: write {wanted}.")
    signature = inspect.signature(hook)
    try:
        signature.bind(None, *given)
    except TypeError as error:
        told = ' of a method with uses_race = "test"' if given != HOOKS[name] else ""
        raise BenchError(
            f"Method {cls.__name__} defines {name}{signature}, which cannot be called as it is going to be: {error}. "
            f"Write {wanted}{told}."
        ) from error


def _check_metadata(cls: type[Any]) -> None:
    where = f"Method {cls.__name__} declares"
    if cls.uses_race not in ("never", "train", "test"):
        raise BenchError(f'{where} uses_race = {cls.uses_race!r}; it is "never", "train" or "test".')
    if cls.family and cls.family not in FAMILIES:
        raise BenchError(f"{where} family = {cls.family!r}, and there is none.{suggest(str(cls.family), FAMILIES)}")
    attributes = cls.uses_attributes
    if not isinstance(attributes, tuple) or not all(isinstance(name, str) for name in attributes):
        raise BenchError(
            f'{where} uses_attributes = {attributes!r}; it is a tuple of names of attributes: ("sex", "age_group").'
        )
    if cls.needs_twins and cls.uses_race == "never":
        raise BenchError(f'{where} needs_twins, and twins tell race: it takes uses_race = "train" or "test".')
    if isinstance(cls.cost, bool) or not isinstance(cls.cost, int | float) or not 0 < cls.cost < float("inf"):
        raise BenchError(f"{where} cost = {cls.cost!r}; it is the image passes relative to plain training: 1.0, 2.0, …")
