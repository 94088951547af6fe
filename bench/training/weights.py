"""The weights of a network: fresh, kept as a file, and read back."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import lightning as L
import torch
from safetensors.torch import load_file, save_file

from bench.config.schema import BackboneConfig
from bench.errors import BenchError
from bench.files import whole
from bench.method import Method, backbones
from bench.method.hyperparameters import Value
from bench.records import TrainingInfo
from bench.task import TaskSpec
from bench.training.stages import CHECKPOINTS

#: In a run's folder: the network, and how its training went.
WEIGHTS, INFO = "model.safetensors", "training.json"


def build(
    cls: type[Method],
    backbone: BackboneConfig,
    hyperparameters: Mapping[str, Value],
    seed: int,
    spec: TaskSpec,
    untrained: bool = False,
) -> Method:
    """A method with a freshly initialised network; the same seed gives the same weights.

    The encoder has the weights that it comes with, unless it is to be ``untrained``: a reference.

    Raises:
        BenchError: for a backbone that is not there or cannot take such images, or a hyperparameter out of its range.
    """
    L.seed_everything(seed, workers=True, verbose=False)
    encoder = backbones.build(
        backbone.name,
        spec.channels,
        spec.image_size,
        backbone.weights,
        backbone.freeze,
        backbone.normalise,
        untrained,
    )
    # Convolutions run faster in this layout, in bf16 most of all; it changes no tensor's shape.
    return cls(encoder, spec, hyperparameters).to(memory_format=torch.channels_last)


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


def trained(folder: Path) -> TrainingInfo | None:
    """How the training in this folder went, where it came to its end."""
    if not (folder / INFO).exists():
        return None
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    return TrainingInfo.model_validate_json((folder / INFO).read_bytes())
