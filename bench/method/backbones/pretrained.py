"""Weights of an encoder from a file: read without running anything that the file holds, and fitted by name."""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from bench.errors import BenchError, listed

#: Files that are read, by their ending.
ENDINGS = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")
#: Where a checkpoint keeps the weights of its network.
_INSIDE = ("state_dict", "model_state_dict", "model", "network", "net", "weights")
#: What names may begin with when the encoder was part of something.
_PREFIXES = ("module.", "model.", "backbone.", "encoder.", "network.", "net.")
#: Classifiers on top of encoders, which are left out.
_HEADS = ("classifier", "fc", "_fc", "head", "class_layers", "heads")
#: DenseNet's layers as torchvision names them, older files with a dot more, and as MONAI does.
_DENSE = re.compile(r"(denselayer\d+)\.(norm|relu|conv)\.?([12])\.")
_NAMED = 4


def load(encoder: nn.Module, path: Path) -> None:
    """Give an encoder the weights of a file; every one of its tensors has to be there, in its shape.

    Names may have a prefix that all share, and a classifier's tensors are left out. Filters of three colours are summed
    where the encoder reads grey, which gives a grey image what three equal colours gave.

    Raises:
        BenchError: for a file that is not there, is none of weights, holds code, or does not fit the encoder.
    """
    found = _fitted(read(path), encoder)
    wanted = {name: value for name, value in encoder.state_dict().items() if not name.endswith("num_batches_tracked")}
    missing = [name for name in wanted if name not in found]
    if missing:
        there = f"it holds {listed(list(found)[:_NAMED])} …" if found else "it holds none of its tensors"
        raise BenchError(
            f"backbone.weights={path} does not fit this encoder: {len(missing)} of its {len(wanted)} tensors are not"
            f" there, {listed(missing[:_NAMED])}{' …' if len(missing) > _NAMED else ''}; {there}. The file has to be of"
            " the same architecture."
        )
    for name, value in wanted.items():
        if found[name].shape != value.shape:
            raise BenchError(
                f"backbone.weights={path} does not fit this encoder: {name} has the shape {tuple(found[name].shape)},"
                f" and the encoder's is {tuple(value.shape)}."
            )
        if not torch.isfinite(found[name]).all():
            raise BenchError(f"backbone.weights={path} cannot be used: {name} holds numbers that are not finite.")
    encoder.load_state_dict({name: found[name] for name in wanted}, strict=False)


def read(path: Path) -> dict[str, Tensor]:
    """The tensors of a file, by name.

    Raises:
        BenchError: as :func:`load`.
    """
    if not path.is_file():
        raise BenchError(f"backbone.weights={path} is no file. It takes a file of weights ({', '.join(ENDINGS)}).")
    if path.suffix not in ENDINGS:
        raise BenchError(
            f"backbone.weights={path} ends in {path.suffix!r}; weights are read from {', '.join(ENDINGS)}."
        )
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        held = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise BenchError(
            f"backbone.weights={path} is not read: it holds more than tensors, and loading it could run code. Save the"
            " state_dict alone, best with safetensors.torch.save_file."
        ) from error
    except Exception as error:  # a truncated or foreign file can fail in any way
        said = " ".join(str(error).split())[:200]
        raise BenchError(
            f"backbone.weights={path} cannot be read as weights: {said or type(error).__name__}."
        ) from error
    return _tensors(held, path)


def _tensors(held: object, path: Path) -> dict[str, Tensor]:
    while isinstance(held, Mapping):
        inside = [name for name in _INSIDE if isinstance(held.get(name), Mapping)]
        if not inside:
            tensors = {str(name): value for name, value in held.items() if isinstance(value, Tensor)}
            if tensors:
                return tensors
            break
        held = held[inside[0]]
    raise BenchError(f"backbone.weights={path} holds no tensors by name: save a network's state_dict.")


def _fitted(tensors: Mapping[str, Tensor], encoder: nn.Module) -> dict[str, Tensor]:
    """The tensors under the encoder's names."""
    wanted = encoder.state_dict()
    found = dict(tensors)
    while found and not any(name in wanted for name in found):
        shorter = _without_prefix(found)
        if shorter is None:
            break
        found = shorter
    found = {_DENSE.sub(r"\1.layers.\2\3.", name): value for name, value in found.items()}
    found = {name: value for name, value in found.items() if name in wanted or name.split(".")[0] not in _HEADS}
    return {name: _in_grey(value, wanted[name]) if name in wanted else value for name, value in found.items()}


def _without_prefix(tensors: Mapping[str, Tensor]) -> dict[str, Tensor] | None:
    """The tensors that begin with the first prefix that some have, without it; None where none does."""
    for prefix in _PREFIXES:
        some = {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}
        if some:
            return some
    return None


def _in_grey(value: Tensor, wanted: Tensor) -> Tensor:
    """The first filters (O, 3, k, k) of an encoder of colours, summed to (O, 1, k, k) where grey is wanted."""
    if value.ndim == wanted.ndim == 4 and value.shape[1] == 3 and wanted.shape[1] == 1:
        return value.sum(dim=1, keepdim=True)
    return value
