"""What a training costs: image passes, counted as they happen, memory and time."""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import Callback
from torch import Tensor, nn

from bench.method import Batch, Method
from bench.method.hyperparameters import files
from bench.records import Cost
from bench.training.stages import Curve

#: What of an epoch is counted, by the keys of its row in the curve.
FORWARD, BACKWARD, OTHER, IMAGES, SECONDS = "forward", "backward", "other", "images", "seconds"
COUNTED = (FORWARD, BACKWARD, OTHER, IMAGES, SECONDS)


class PassCounter(Callback):
    """Counts, epoch by epoch, the images that go forward and backward through networks while a method is trained.

    The encoder is counted, and as ``other`` passes, both ways, whatever else that has weights takes images in. A
    backward pass is one in which a gradient reaches what the network has put out, be it for the main optimiser or for
    another. Reading the network for validation is the same for all and is not counted.
    """

    def __init__(self) -> None:
        self.counts = dict.fromkeys(COUNTED, 0.0)
        self._hooks: list[Any] = []
        self._began = 0.0
        # Parts of a network are called inside it; only the outermost call is a pass.
        self._depth = 0

    def on_train_epoch_start(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        """Begin the count of an epoch."""
        assert isinstance(module, Method)
        self._stop()
        self.counts, self._began, self._depth = dict.fromkeys(COUNTED, 0.0), time.monotonic(), 0
        inside = {id(part) for part in module.backbone.modules()}
        for part in module.modules():
            if part is not module and next(part.parameters(), None) is not None:
                self._hooks.append(part.register_forward_pre_hook(self._entered))
                self._hooks.append(part.register_forward_hook(self._left(module, id(part) in inside)))

    def on_train_batch_start(self, trainer: L.Trainer, module: L.LightningModule, batch: Batch, number: int) -> None:
        """Count the images that are learnt from."""
        self.counts[IMAGES] += len(batch.images)

    def on_train_epoch_end(self, trainer: L.Trainer, module: L.LightningModule) -> None:
        """End it; this callback stands before the one that validates."""
        self.counts[SECONDS] = time.monotonic() - self._began
        self._stop()

    def on_exception(self, *_: Any) -> None:
        """Leave no hook behind."""
        self._stop()

    def _stop(self) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks = []

    def _entered(self, module: nn.Module, inputs: tuple[Any, ...]) -> None:
        self._depth += 1

    def _left(self, method: Method, main: bool) -> Any:
        def left(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            self._depth -= 1
            if self._depth == 0 and inputs and isinstance(inputs[0], Tensor):
                given = inputs[0]
                # What lies deeper in a network has other channels than an image.
                is_images = given.ndim == 4 and given.shape[1] == method.spec.channels
                if is_images or module is method.backbone:
                    self._count(main, len(given), output)

        return left

    def _count(self, main: bool, images: int, output: Any) -> None:
        self.counts[FORWARD if main else OTHER] += images
        if isinstance(output, Tensor) and output.requires_grad:
            output.register_hook(lambda gradient: self._back(main, images))

    def _back(self, main: bool, images: int) -> None:
        self.counts[BACKWARD if main else OTHER] += images


def of_training(method: Method, curve: Curve, device: torch.device) -> Cost:
    """What the epochs of a training cost, with the size of the networks and the memory that was in use at most."""
    total = {name: sum(row.get(name, 0.0) for row in curve) for name in COUNTED}
    counted = total[FORWARD] + total[BACKWARD] + total[OTHER]
    everything = sum(p.numel() for p in method.parameters())
    network = sum(p.numel() for part in (method.backbone, method.head) for p in part.parameters())
    return Cost(
        images=int(total[IMAGES]),
        forward=int(total[FORWARD]),
        backward=int(total[BACKWARD]),
        other=int(total[OTHER]),
        # Plain training goes forward and backward once with every image.
        relative=counted / (2 * total[IMAGES]) if total[IMAGES] else 1.0,
        parameters=network,
        extra_parameters=everything - network,
        seconds=total[SECONDS],
        peak_memory=peak_memory(device),
        files=[name for name in files(type(method)) if getattr(method, name) is not None],
    )


def forget_peak(device: torch.device) -> None:
    """Count the peak of memory from here, where the system can."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:  # elsewhere the peak is that of the whole process
        return


def peak_memory(device: torch.device) -> int:
    """Bytes in use at most: of the GPU's memory where one is used, else of the process."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
