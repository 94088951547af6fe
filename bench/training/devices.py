"""What a network is computed on: which device, in which precision, by how many threads, and how repeatably."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

import torch

from bench.errors import BenchError

#: Lightning sets it beside deterministic algorithms, which cuBLAS has only with it.
_CUBLAS = "CUBLAS_WORKSPACE_CONFIG"


def device(accelerator: str) -> torch.device:
    """Where a network is read: the GPU where there is one, unless ``accelerator`` is ``"cpu"``."""
    return torch.device("cuda" if accelerator != "cpu" and torch.cuda.is_available() else "cpu")


def precision(asked: str, accelerator: str = "auto") -> str:
    """The precision that ``auto`` stands for on the device that is used: bf16 where it has it, else float32."""
    if asked != "auto":
        return asked
    if device(accelerator).type == "cuda":
        # Emulated it is slower than float32 (T4, V100).
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "32"
    return "bf16" if _cpu_computes_in_bf16() else "32"


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    """So many threads for all that torch computes on the CPU; afterwards as many as before.

    Sums are cut into as many parts as there are threads, so that their last bits, and with them trained weights, hang
    on the number. Torch passes it on to OpenMP, MKL and oneDNN, and has MKL keep to it even where there are fewer
    cores: it overrides ``OMP_NUM_THREADS``, ``MKL_NUM_THREADS`` and ``MKL_DYNAMIC``. It does not override
    ``OMP_DYNAMIC=TRUE``, under which fewer threads may come than are asked for and training may wait for the others.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def deterministic() -> Iterator[None]:
    """Deterministic algorithms where torch has them; afterwards all settings as before.

    Memory that torch has not written yet is left as it is: filling it, which torch does by default in this mode, costs
    a ninth of a step and changes no result of a program that does not read such memory.
    """
    cudnn, filling = torch.backends.cudnn, torch.utils.deterministic
    enabled, warned = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    before = (cudnn.benchmark, filling.fill_uninitialized_memory, os.environ.get(_CUBLAS))  # type: ignore[attr-defined]
    filling.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(enabled, warn_only=warned)
        cudnn.benchmark, filling.fill_uninitialized_memory, workspace = before  # type: ignore[attr-defined]
        os.environ.pop(_CUBLAS, None)
        if workspace is not None:
            os.environ[_CUBLAS] = workspace


def _cpu_computes_in_bf16() -> bool:
    """Whether this CPU multiplies matrices in bf16: with AMX. AVX-512 alone is slower in it than in float32."""
    return torch.cpu._is_amx_tile_supported()


def require(accelerator: str) -> None:
    """Refuse an accelerator that is not there, and an environment in which training would stand still.

    Raises:
        BenchError: where a GPU is asked for and torch sees none, or ``OMP_DYNAMIC`` is set.
    """
    if os.environ.get("OMP_DYNAMIC", "").strip().lower() in ("true", "1"):
        raise BenchError(
            "OMP_DYNAMIC=TRUE is set in the environment: OpenMP may then give fewer threads than torch waits for, and"
            " training stands still. Unset it; trainer.threads says how many are used."
        )
    if accelerator == "gpu" and not (torch.cuda.is_available() or torch.backends.mps.is_available()):
        raise BenchError(
            "trainer.accelerator=gpu cannot be used: torch sees no GPU here. trainer.accelerator=auto takes one where"
            " there is one, and the CPU elsewhere."
        )
