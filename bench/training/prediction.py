"""Read a trained network out: logits, features and blocks in evaluation mode, and whether it is deterministic."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
import torch
from lightning.pytorch.utilities.seed import isolate_rng
from torch import Tensor, nn

from bench.method import Method, backbones
from bench.records.outputs import Outputs
from bench.task import Cohort
from bench.training import seeds
from bench.training.batches import CohortImages, InOrder, loader
from bench.training.devices import device

#: Passes that the outputs of a randomised network are the average of.
DRAWS = 10
#: Images a batch: fixed, so that rounding does not depend on the training batch size.
_BATCH = 256
#: How far two passes may lie apart: shares of a column's spread, of the widest column's, and of the largest mean.
_NOISE, _ROUNDING, _OFFSET_ROUNDING = 5e-4, 1e-5, 2e-6
#: Share of images in which a deterministic network may differ all the same: a decision that hangs on the last bit.
_SHARE = 0.01


def predict(
    method: Method,
    cohort: Cohort,
    pixels: np.ndarray,
    accelerator: str = "auto",
    blocks: bool = False,
    once: bool = False,
) -> Outputs:
    """Logits and features of a cohort's images: evaluation mode, float32, no augmentation, targets withheld.

    The protected attribute is withheld too unless the method declares ``uses_race = "test"``. Everything is read twice
    (:func:`read`), and a network that then says something else is randomised: its outputs are averages. With ``blocks``
    the encoder's blocks are read as well, where its backbone is known to have some. ``once`` is for a network that has
    been found deterministic: it is read in one pass.
    """
    images = withheld(method, cohort, pixels)
    method.to(device(accelerator))
    return read_once(method, images, blocks=blocks) if once else read(method, images, blocks)


def withheld(method: Method, cohort: Cohort, pixels: np.ndarray) -> CohortImages:
    """A cohort's images as a method may see them when it predicts: targets, and as a rule groups, are withheld."""
    return CohortImages(cohort, pixels, hide_targets=True, hide_groups=method.uses_race != "test")


def read(method: Method, images: CohortImages, blocks: bool = False) -> Outputs:
    """Outputs of a network in two passes, or the average of ten where the two disagree: then it is randomised.

    Every pass starts from the same buffers and a seed of its own number, so that the same weights read again give the
    same averages. Pass 0 goes in the cohort's order, every other in a random one of its number, in other batches.
    """
    first, second = (read_once(method, images, number, blocks) for number in (0, 1))
    if not (disagree(first.logits, second.logits) or disagree(first.features, second.features)):
        return first
    sums = {name: view.astype(np.float64) for name, view in _views(first).items()}
    for number in range(1, DRAWS):
        views = _views(second if number == 1 else read_once(method, images, number, blocks))
        # A block that some pass does not give has no average.
        sums = {name: total + views[name] for name, total in sums.items() if name in views}
    means = {name: (total / DRAWS).astype(np.float32) for name, total in sums.items()}
    return Outputs(means.pop("logits"), means.pop("features"), blocks=means, randomised=True)


def disagree(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two readings ``(N, D) float32`` of one view differ by more than rounding: in over 1 % of the images.

    An image differs when any of its columns j does, by more than 5e-4 s_j + 1e-5 max s + 2e-6 max |m|, with m the
    columns' means and s the root mean squares about them. The first term is the noise that is looked for, column by
    column, so that a wide column hides no other. The others are rounding, some ten to a hundred units in the last
    place: a column made of differences of others inherits theirs (noise below 1e-5 of the widest column would only
    hide directions that whitening drops anyhow), and a mean far from zero is not known more finely than its last bits.
    """
    if len(a) == 0:
        return False
    with np.errstate(invalid="ignore"):
        means = a.mean(axis=0, dtype=np.float64)
        spreads = np.sqrt(np.square(a - means).mean(axis=0))
        tolerance = _NOISE * spreads + _ROUNDING * spreads.max() + _OFFSET_ROUNDING * np.abs(means).max()
        same = (np.abs(a - b) <= tolerance) | (a == b) | (np.isnan(a) & np.isnan(b))
    return bool((~same).any(axis=1).mean() > _SHARE)


@torch.no_grad()
def read_once(method: Method, images: CohortImages, number: int = 0, blocks: bool = False) -> Outputs:
    """One pass over the images: evaluation mode, float32; the rows come back in the cohort's order.

    Random numbers are seeded by the pass's ``number``; their states and the network are left as they were.
    """
    batches = _batches(len(images), number)
    read: dict[str, list[Tensor]] = {"logits": [], "features": []}
    with _evaluated(method), _float32(method), isolate_rng(), _watched(method.backbone if blocks else None) as watched:
        seeds.seed_generators(number)
        for batch in loader(images, batches):
            watched.clear()
            logits, features = method.outputs(batch.images.to(method.device), batch.groups.to(method.device))
            pooled = {name: block for name, block in watched.items() if len(block) == len(logits)}
            for name, view in {"logits": logits, "features": features, **pooled}.items():
                read.setdefault(name, []).append(view.float().cpu())
    back = np.argsort(batches.order)
    # A block that not every batch passed through, image by image, cannot be laid beside the images.
    whole = {name: torch.cat(parts).numpy()[back] for name, parts in read.items() if len(parts) == len(batches)}
    return Outputs(whole.pop("logits"), whole.pop("features"), blocks=whole)


def _batches(n: int, number: int) -> InOrder:
    """The batches of a pass: after the first in another order, and never all images in one batch again."""
    if number == 0:
        return InOrder(n, _BATCH)
    return InOrder(n, min(_BATCH, -(-n // 2)), np.random.default_rng(number).permutation(n))


def _views(outputs: Outputs) -> dict[str, np.ndarray]:
    return {"logits": outputs.logits, "features": outputs.features, **outputs.blocks}


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
