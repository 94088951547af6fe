"""A method that reads a file: its content is in the run's id, and the untrained reference has not read it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from bench.config import compose
from bench.errors import BenchError
from bench.plugins import scaffold
from bench.run import Run, plan, run
from tests.conftest import TINY

PLUGIN = scaffold.KINDS["pretrained"].path


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(77)
    path = tmp_path / "the encoder, of Ann.safetensors"
    save_file({k: v.contiguous() for k, v in plan(compose([*TINY])).build().backbone.state_dict().items()}, path)
    return path


def planned(path: Path | None, *more: str) -> Run:
    told = [] if path is None else [f"method.weights={path}"]
    return plan(compose([*TINY, f"method={PLUGIN}", *told, *more]))


def test_content_and_not_the_name_is_in_the_id(weights: Path, tmp_path: Path) -> None:
    first, none = planned(weights).id, planned(None).id
    moved = tmp_path / "elsewhere.safetensors"
    moved.write_bytes(weights.read_bytes())
    assert planned(moved).id == first != none
    moved.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert planned(moved).id != first
    info = planned(weights).method_info().hyperparameters["weights"]
    assert isinstance(info, str)
    assert info.startswith("sha256:")
    assert str(tmp_path) not in info


def test_the_untrained_reference_has_read_nothing(weights: Path) -> None:
    asked = planned(weights, "seed=3")
    to_train, reference, plain = asked.build(to_train=True), asked.build(), planned(None, "seed=3").build()
    states = [network.backbone.state_dict() for network in (to_train, reference, plain)]
    assert all(torch.equal(states[1][name], states[2][name]) for name in states[2])
    assert any(not torch.equal(states[0][name], states[2][name]) for name in states[2])


def test_a_file_that_is_not_there_is_a_paragraph(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"missing\.pt"):
        planned(tmp_path / "missing.pt").id  # noqa: B018
    with pytest.raises(BenchError, match=r"method\.weights"):
        compose([*TINY, f"method={PLUGIN}", "method.weights="])


def test_the_record_says_that_it_began_with_a_file(weights: Path, tmp_path: Path) -> None:
    told = [*TINY, f"method={PLUGIN}", f"method.weights={weights}", "method.frozen=true", "trainer.max_epochs=1"]
    record = run(compose([*told, f"runs_dir={tmp_path / 'runs'}"]), ["val"]).record
    cost = record.run.training.cost
    assert cost is not None
    assert cost.files == ["weights"]
    assert cost.backward == 0
    assert cost.relative == 0.5
