"""Encoders by name: a module that maps images (B, C, H, W) to features (B, D) and names D as ``out_features``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Self

from torch import nn

from bench.errors import BenchError, suggest
from bench.method.backbones import external, monai, pixels, pretrained
from bench.method.backbones.lite import EfficientNetLite0
from bench.method.backbones.small import SmallResNet
from bench.method.backbones.vectors import Identity, Perceptron

#: What makes an encoder for images of so many channels and pixels a side.
BACKBONES: dict[str, Callable[[int, int], nn.Module]] = {
    "resnet_small": lambda channels, size: SmallResNet(channels),
    "densenet121": monai.densenet121,
    "resnet18": monai.resnet18,
    "resnet50": monai.resnet50,
    "efficientnet-b0": monai.efficientnet_b0,
    "efficientnet-lite0": lambda channels, size: EfficientNetLite0(3),
    "vit": monai.vit,
}

#: What makes an encoder of images that are stored as vectors of so many numbers.
OF_VECTORS: dict[str, Callable[[int], nn.Module]] = {"identity": Identity, "mlp": Perceptron}


def check(name: str) -> str:
    """The name itself.

    Raises:
        BenchError: when there is no such backbone, with the nearest name.
    """
    kind, colon, model = name.partition(":")
    if colon and kind not in external.LIBRARIES:
        kinds = ", ".join(f"{one}:…" for one in external.LIBRARIES)
        raise BenchError(f"There is no backbone {name!r}: of other libraries there are {kinds}.")
    if colon and not model:
        raise BenchError(f"backbone={name} names a library and no model of it: {kind}:<model>.")
    if not colon and name not in (there := {*BACKBONES, *OF_VECTORS}):
        raise BenchError(f"There is no backbone {name!r}.{suggest(name, sorted(there))}")
    return name


def input_size(name: str) -> int | None:
    """The side of the images, in pixels, that an encoder of this name was trained on; None where any will do."""
    return external.input_size(check(name))


def build(
    name: str,
    channels: int,
    size: int,
    weights: Path | None = None,
    freeze: bool = False,
    normalise: pixels.Normalisation = "auto",
    untrained: bool = False,
    vectors: int | None = None,
) -> nn.Module:
    """An encoder for images of ``channels`` channels and ``size`` px, freshly initialised with torch's global RNG.

    Encoders that were trained elsewhere state of themselves what they are to be shown; such an encoder has a module
    ``pixels`` that makes it of images of 0 … 255.

    Args:
        name: of :data:`BACKBONES`, or of another library: ``timm:…``, ``xrv:…``, ``hf:…``.
        channels: of the task's images.
        size: their side in pixels.
        weights: a file to take the weights from.
        freeze: whether its weights and its statistics stay as they are, in training too.
        normalise: whose mean and deviation pixels are normalised by.
        untrained: without any weights that it comes with: the reference that training is held against.
        vectors: how many numbers an image is, where images are stored as vectors; None: pixels.

    Raises:
        BenchError: for an unknown name, a size the architecture cannot take, a library that is not there, or weights
            that cannot be read or do not fit.
    """
    kind, colon, model = check(name).partition(":")
    if (vectors is not None) != (name in OF_VECTORS):
        fitting = ", ".join(OF_VECTORS if vectors is not None else BACKBONES)
        held = "vectors" if vectors is not None else "pixels"
        raise BenchError(f"backbone={name} cannot be used: the data set holds {held}, which are encoded by {fitting}.")
    if vectors is not None:
        encoder = OF_VECTORS[name](vectors)
    elif colon:
        encoder = external.LIBRARIES[kind](model, channels, size, not untrained)
    else:
        encoder = BACKBONES[name](channels, size)
    own = getattr(encoder, "own", {})
    if vectors is None and (shown := pixels.of(own, normalise, channels, from_file=weights is not None)):
        encoder.pixels = shown
    if weights is not None and not untrained:
        pretrained.load(encoder, weights)
    return frozen(encoder) if freeze else encoder


def frozen(encoder: nn.Module) -> nn.Module:
    """The encoder, whose parameters need no gradient from now on and which stays in evaluation mode."""
    encoder.requires_grad_(False)
    # By its class, and not by a method put on the instance, so that copies are frozen like it.
    encoder.__class__ = type(f"Frozen{type(encoder).__name__}", (_Frozen, type(encoder)), {})
    return encoder.eval()


class _Frozen(nn.Module):
    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation mode: batch norm would else go on to move its statistics."""
        return super().train(False)


def blocks(backbone: nn.Module) -> list[nn.Module]:
    """The modules whose outputs, (B, C, H, W) or tokens (B, tokens, C), are the encoder's blocks, in order.

    The backbones here name them as ``block_names``; of one that does not, no block is known.
    """
    return [backbone.get_submodule(name) for name in getattr(backbone, "block_names", ())]
