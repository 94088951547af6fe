from __future__ import annotations

import pytest
import torch

from bench.errors import BenchError
from bench.training import devices


def test_precision_auto_is_bf16_only_where_the_device_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(devices, "_cpu_computes_in_bf16", lambda: False)
    assert devices.precision("auto") == "32"
    monkeypatch.setattr(devices, "_cpu_computes_in_bf16", lambda: True)
    assert devices.precision("auto") == "bf16"
    assert devices.precision("32") == "32"


def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    for accelerator in ("auto", "cpu"):
        devices.require(accelerator)
    with pytest.raises(BenchError, match=r"trainer\.accelerator=gpu cannot be used"):
        devices.require("gpu")
