"""One pass of a network over images, or of its head over features: evaluation mode, float32, seeded."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import torch
from lightning.pytorch.utilities.seed import isolate_rng
from torch import Tensor, nn

from bench.errors import BenchError
from bench.method import Method, backbones
from bench.method.checks import check_shape, where
from bench.training import devices, seeds

#: A batch, and what a network makes of it: arrays by name, a row an image.
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Pass:
    """What is read in a pass.

    ``encode`` makes of ``images (B, C, H, W) uint8``: ``features (B, D)``, the ``logits (B, T)`` that the same network
    makes of them at once, and with ``blocks`` its encoder's pooled blocks by name. ``classify`` makes of ``features``
    the ``logits``. Both batches hold ``groups (B,)``, -1 where they are withheld. ``number`` is what random numbers are
    seeded by.
    """

    step: Literal["encode", "classify"]
    number: int = 0
    blocks: bool = False


class Reader(Protocol):
    """Reads one network, every pass in an instance of its own, made of weights and buffers alone."""

    @property
    def sees_groups(self) -> bool:
        """Whether the network is given the protected attribute when it predicts."""

    def read(self, asked: Pass, batches: Iterable[Arrays]) -> Iterator[Arrays]:
        """What a fresh instance makes of the batches, one by one."""


@dataclass(frozen=True)
class InProcess:
    """Reads in this process; ``fresh`` makes an instance."""

    fresh: Callable[[], Method]
    sees_groups: bool
    accelerator: str = "auto"
    threads: int | None = None

    def read(self, asked: Pass, batches: Iterable[Arrays]) -> Iterator[Arrays]:
        """What a fresh instance makes of the batches, one by one."""
        with devices.threads(self.threads or torch.get_num_threads()), isolate_rng():
            method = self.fresh().to(devices.device(self.accelerator))
            yield from read(method, asked, batches)


def copies(method: Method, accelerator: str = "auto") -> InProcess:
    """Reads a network that is at hand, every pass in a copy of it."""
    return InProcess(lambda: copy.deepcopy(method), method.uses_race == "test", accelerator)


def read(method: Method, asked: Pass, batches: Iterable[Arrays]) -> Iterator[Arrays]:
    """What this instance makes of the batches, one by one; modes, buffers and random numbers are left as they were.

    Raises:
        BenchError: when a step returns a tensor of another shape than it must.
    """
    backbone = method.backbone if asked.blocks else None
    with _evaluated(method), _float32(method), isolate_rng(), _watched(backbone) as watched, torch.no_grad():
        seeds.seed_generators(asked.number)
        for batch in batches:
            watched.clear()
            tensors = {name: torch.from_numpy(array).to(method.device) for name, array in batch.items()}
            if asked.step == "encode":
                features, logits = predicted(method, tensors["images"], tensors["groups"])
                pooled = {name: block for name, block in watched.items() if len(block) == len(logits)}
                found = {"features": features, "logits": logits, **pooled}
            else:
                found = {"logits": _classified(method, tensors["features"], tensors["groups"])}
            yield {name: view.float().cpu().numpy() for name, view in found.items()}


def predicted(method: Method, images: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
    """Features ``(B, D)`` and logits ``(B, T)`` of a batch of images.

    Raises:
        BenchError: when they have another shape.
    """
    features = method.features(images)
    check_shape(method, "encode", features, (len(images), None))
    return features, _classified(method, features, groups)


def try_out(method: Method, images: Tensor, groups: Tensor) -> None:
    """See that both steps return what they must, and that ``classify`` needs nothing but what it is given.

    Raises:
        BenchError: naming the step that does not.
    """
    blank = copy.deepcopy(method)
    with _evaluated(method), _evaluated(blank), torch.no_grad(), isolate_rng():
        features = predicted(method, images, groups)[0]
        try:
            _classified(blank, features, groups)
        except BenchError:
            raise
        except Exception as error:
            raise BenchError(
                f"{where(method)}.classify failed in an instance that had not encoded these images"
                f" ({type(error).__name__}: {error}). It is given features and must need nothing else: what encode puts"
                " aside is not there when a network is scored."
            ) from error


def _classified(method: Method, features: Tensor, groups: Tensor) -> Tensor:
    """Logits ``(B, T)``; the protected attribute is given where it is declared, and nowhere else."""
    classify: Callable[..., Tensor] = method.classify
    logits = classify(features, groups) if method.uses_race == "test" else classify(features)
    check_shape(method, "classify", logits, (len(features), len(method.spec.targets)))
    return logits


@contextlib.contextmanager
def _evaluated(method: Method) -> Iterator[None]:
    """Evaluation mode; afterwards modes as before, and the buffers, which a batch norm left training would move."""
    # Module by module: a frozen encoder may be in evaluation mode while the head is trained.
    modes, before = [(module, module.training) for module in method.modules()], [b.clone() for b in method.buffers()]
    method.eval()
    try:
        yield
    finally:
        for buffer, value in zip(method.buffers(), before, strict=False):
            buffer.copy_(value)
        for module, training in modes:
            module.training = training


@contextlib.contextmanager
def _float32(method: Method) -> Iterator[None]:
    """Float32 throughout: on GPUs convolutions would be in TF32, which keeps 10 bits, or not, by the batch's size."""
    cudnn = torch.backends.cudnn
    convolutions = cudnn.flags(enabled=cudnn.enabled, benchmark=False, deterministic=True, allow_tf32=False)
    with convolutions, torch.autocast(method.device.type, enabled=False):
        yield


@contextlib.contextmanager
def _watched(backbone: nn.Module | None) -> Iterator[dict[str, Tensor]]:
    """What the blocks of a backbone last put out, pooled over positions ``(B, C)``; the hooks go in the end."""
    pooled: dict[str, Tensor] = {}

    def keep(name: str) -> object:
        def hook(module: nn.Module, inputs: object, output: Tensor) -> None:
            # Images (B, C, H, W) or tokens (B, tokens, C).
            pooled[name] = output.mean(1) if output.ndim == 3 else output.flatten(2).mean(2)

        return hook

    modules = backbones.blocks(backbone) if backbone is not None else []
    with contextlib.ExitStack() as hooks:
        for i, module in enumerate(modules, start=1):
            hooks.callback(module.register_forward_hook(keep(f"block {i}")).remove)  # type: ignore[arg-type]
        yield pooled
