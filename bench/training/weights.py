"""The weights of a network: fresh, kept as a file, and read back."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import lightning as L
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from bench.config.schema import BackboneConfig
from bench.errors import BenchError
from bench.files import whole
from bench.method import Method, backbones
from bench.method.hyperparameters import Value
from bench.records import TrainingInfo
from bench.task import TaskSpec
from bench.training.channel import Channel
from bench.training.stages import CHECKPOINTS

#: In a run's folder: the network, and how its training went.
WEIGHTS, INFO = "model.safetensors", "training.json"
#: Beside the network's tensors in that file: its channel. No module can have a tensor of such a name.
_MEAN, _DEVIATION = "channel//mean", "channel//deviation"


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
        spec.vectors,
    )
    # Convolutions run faster in this layout, in bf16 most of all; it changes no tensor's shape.
    return cls(encoder, spec, hyperparameters).to(memory_format=torch.channels_last)


def tensors(method: Method) -> dict[str, torch.Tensor]:
    """All that a network is made of, weights and buffers, on the CPU."""
    state = method.state_dict().items()
    return {name: value.detach().cpu().contiguous() for name, value in state if isinstance(value, torch.Tensor)}


def save(method: Method, path: Path) -> None:
    """Write the network's tensors as safetensors, whole or not at all."""
    _write(tensors(method), path)


def load(method: Method, path: Path) -> None:
    """Read the tensors back into a method of the same architecture.

    Raises:
        BenchError: when the file holds other tensors than the method.
    """
    found = {name: value for name, value in load_file(path).items() if name not in (_MEAN, _DEVIATION)}
    if not restore(method, found):
        raise BenchError(f"{path} does not hold the weights of {type(method).__name__}: delete it to train anew.")


def restore(method: Method, found: Mapping[str, torch.Tensor]) -> bool:
    """Put tensors into a method of the same architecture; False, and nothing done, when they are those of another."""
    if {name for name, value in method.state_dict().items() if isinstance(value, torch.Tensor)} != set(found):
        return False
    method.load_state_dict(dict(found), strict=False)
    return True


def save_channel(channel: Channel, path: Path) -> None:
    """Add its channel to the tensors of a network, whole or not at all."""
    own = {_MEAN: torch.from_numpy(channel.mean), _DEVIATION: torch.from_numpy(channel.deviation)}
    _write(load_file(path) | own, path)


def load_channel(path: Path) -> Channel | None:
    """The channel that stands beside a network's tensors; None where it has not been measured yet."""
    if not path.exists():
        return None
    with safe_open(path, framework="numpy") as file:
        if _MEAN not in file.keys():  # noqa: SIM118 - the file is no mapping
            return None
        return Channel(file.get_tensor(_MEAN), file.get_tensor(_DEVIATION))


def _write(found: Mapping[str, torch.Tensor], path: Path) -> None:
    with whole(path) as partial:
        save_file(dict(found), partial)


def trained(folder: Path) -> TrainingInfo | None:
    """How the training in this folder went, where it came to its end."""
    if not (folder / INFO).exists():
        return None
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    return TrainingInfo.model_validate_json((folder / INFO).read_bytes())
