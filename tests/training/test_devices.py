from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from bench import training
from bench.config import compose
from bench.errors import BenchError
from bench.run import plan
from bench.training import devices
from tests.conftest import TINY
from tests.networks import fitted, fresh


def test_precision_auto_is_bf16_only_where_the_device_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(devices, "_cpu_computes_in_bf16", lambda: False)
    assert devices.precision("auto") == "32"
    monkeypatch.setattr(devices, "_cpu_computes_in_bf16", lambda: True)
    assert devices.precision("auto") == "bf16"
    assert devices.precision("32") == "32"


@pytest.mark.parametrize("amx", [True, False])
def test_a_cpu_takes_bf16_with_amx_alone(monkeypatch: pytest.MonkeyPatch, amx: bool) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert devices.precision("auto") == ("bf16" if amx else "32")


def test_the_device_that_is_used_is_asked_and_for_no_emulation(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def supported(including_emulation: bool = True) -> bool:
        asked.append(including_emulation)
        return including_emulation  # as of a T4 or V100

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    monkeypatch.setattr(devices, "_cpu_computes_in_bf16", lambda: True)
    assert devices.precision("auto") == "32"
    assert asked == [False]
    # Beside a GPU, too.
    assert devices.precision("auto", "cpu") == "bf16"
    assert asked == [False]


def _fails() -> None:
    raise KeyError


def test_threads_are_as_many_as_asked_and_then_as_before() -> None:
    before = torch.get_num_threads()
    with devices.threads(before + 1):
        assert torch.get_num_threads() == before + 1
        with pytest.raises(KeyError), devices.threads(before + 2):
            _fails()
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def settings() -> tuple[object, ...]:
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        torch.utils.deterministic.fill_uninitialized_memory,  # type: ignore[attr-defined]
        torch.backends.cudnn.benchmark,
        torch.get_num_threads(),
        os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
    )


def test_what_training_sets_is_set_for_it_alone_and_memory_that_is_filled_changes_no_weight(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = plan(compose([*TINY, "method=adversarial", f"runs_dir={tmp_path}"]))
    before, during = settings(), []
    loss = planned.method.loss
    fill = False

    def watched(self, batch):  # type: ignore[no-untyped-def]
        torch.utils.deterministic.fill_uninitialized_memory = fill or (  # type: ignore[attr-defined]
            torch.utils.deterministic.fill_uninitialized_memory  # type: ignore[attr-defined]
        )
        during.append(settings())
        return loss(self, batch)

    monkeypatch.setattr(planned.method, "loss", watched)
    weights = []
    for fill in (False, True):
        (tmp_path / str(fill)).mkdir()
        fitted(fresh(planned), planned.config, planned.trained_on, planned.images.pixels, tmp_path / str(fill))
        weights.append((tmp_path / str(fill) / training.WEIGHTS).read_bytes())
        assert settings() == before
    assert weights[0] == weights[1]
    assert {one[:3] for one in during} == {(True, True, False), (True, True, True)}


def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    for accelerator in ("auto", "cpu"):
        devices.require(accelerator)
    with pytest.raises(BenchError, match=r"trainer\.accelerator=gpu cannot be used"):
        devices.require("gpu")


@pytest.mark.parametrize("value", ["TRUE", "true", "1"])
def test_an_environment_in_which_training_stands_still_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_DYNAMIC", value)
    with pytest.raises(BenchError, match="Unset it"):
        devices.require("cpu")
    monkeypatch.setenv("OMP_DYNAMIC", "FALSE")
    devices.require("cpu")
