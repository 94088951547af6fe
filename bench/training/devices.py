"""What a network is computed on, and in which precision."""

from __future__ import annotations

import torch

from bench.errors import BenchError


def device(accelerator: str) -> torch.device:
    """Where a network is read: the GPU where there is one, unless ``accelerator`` is ``"cpu"``."""
    return torch.device("cuda" if accelerator != "cpu" and torch.cuda.is_available() else "cpu")


def precision(asked: str) -> str:
    """The precision that ``auto`` stands for here: bf16 where the device computes in it, else float32."""
    if asked != "auto":
        return asked
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported() else "32"
    return "bf16" if _cpu_computes_in_bf16() else "32"


def _cpu_computes_in_bf16() -> bool:
    """Whether this CPU has instructions of its own for bf16: without them it is emulated, slower than float32."""
    # Not torch.ops.mkldnn._is_mkldnn_bf16_supported, which is true of any AVX-512, where bf16 is four times as slow.
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def require(accelerator: str) -> None:
    """Refuse an accelerator that is not there.

    Raises:
        BenchError: where a GPU is asked for and torch sees none.
    """
    if accelerator == "gpu" and not (torch.cuda.is_available() or torch.backends.mps.is_available()):
        raise BenchError(
            "trainer.accelerator=gpu cannot be used: torch sees no GPU here. trainer.accelerator=auto takes one where"
            " there is one, and the CPU elsewhere."
        )
