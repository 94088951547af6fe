"""Tensors from a file that a method is given: never code."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from bench.errors import BenchError, suggest

#: Endings of files that tensors are read from.
_SAFE, _TORCH = (".safetensors",), (".pt", ".pth", ".bin", ".ckpt")


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a ``.safetensors`` file, or of a ``.pt`` one that holds tensors by name and nothing that is code.

    Raises:
        BenchError: when the file is missing, is of another kind, cannot be read, or holds anything else.
    """
    if not path.is_file():
        raise BenchError(f"There is no file {path} to read weights from.")
    if path.suffix not in (*_SAFE, *_TORCH):
        raise BenchError(f"{path} is no file of weights: they are read from {', '.join((*_SAFE, *_TORCH))}.")
    try:
        found = load_file(path) if path.suffix in _SAFE else torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise BenchError(
            f"{path} holds more than tensors, and what else it holds could run code: it is not read. Save the "
            "network's state_dict() alone, or write it as .safetensors."
        ) from error
    except (SafetensorError, OSError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise BenchError(f"{path} cannot be read as weights: {' '.join(str(error).split()[:30])}.") from error
    if isinstance(found, Mapping) and isinstance(found.get("state_dict"), Mapping):
        found = found["state_dict"]
    if not isinstance(found, Mapping) or not all(isinstance(value, Tensor) for value in found.values()):
        raise BenchError(f"{path} holds no tensors by name: what is read is a network's state_dict().")
    return dict(found)


def load_weights(module: nn.Module, path: Path) -> None:
    """Put the tensors of a file into a module that has the same ones, by name and shape.

    Raises:
        BenchError: as :func:`read_tensors`, and when a tensor of the module is missing or has another shape.
    """
    found, wanted = read_tensors(path), module.state_dict()
    for name, tensor in wanted.items():
        if name not in found:
            raise BenchError(f"{path} has no {name!r}, which {type(module).__name__} needs.{suggest(name, found)}")
        if found[name].shape != tensor.shape:
            raise BenchError(
                f"{path} is of another network than {type(module).__name__}: its {name!r} has shape "
                f"{tuple(found[name].shape)}, and {tuple(tensor.shape)} is needed."
            )
    module.load_state_dict({name: found[name] for name in wanted})
