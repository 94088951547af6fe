from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from bench.errors import BenchError
from bench.method import load_weights, read_tensors


class Payload:
    """Would run code when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (print, ("this must never be printed",))


def test_both_kinds_are_read_and_loaded(tmp_path: Path) -> None:
    source = nn.Linear(3, 2)
    save_file(source.state_dict(), tmp_path / "a.safetensors")
    torch.save(source.state_dict(), tmp_path / "b.pt")
    torch.save({"state_dict": source.state_dict(), "epoch": 3}, tmp_path / "c.ckpt")
    for name in ("a.safetensors", "b.pt", "c.ckpt"):
        target = nn.Linear(3, 2)
        load_weights(target, tmp_path / name)
        assert torch.equal(target.weight, source.weight)


def test_what_cannot_be_read_is_one_paragraph(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"weight": torch.zeros(2, 3), "extra": Payload()}, tmp_path / "code.pt")
    (tmp_path / "raw.pt").write_bytes(pickle.dumps(Payload()))
    (tmp_path / "torn.safetensors").write_bytes(b"\x10\x00\x00")
    (tmp_path / "list.pt").write_bytes(b"")
    torch.save([torch.zeros(2)], tmp_path / "list.pt")
    (tmp_path / "table.csv").write_text("a,b")
    save_file({"weight": torch.zeros(2, 4), "bias": torch.zeros(2)}, tmp_path / "other.safetensors")
    save_file({"weigth": torch.zeros(2, 3), "bias": torch.zeros(2)}, tmp_path / "named.safetensors")
    for name, words in {
        "code.pt": "could run code",
        "raw.pt": "could run code",
        "torn.safetensors": "cannot be read as weights",
        "list.pt": "no tensors by name",
        "table.csv": "is no file of weights",
        "missing.pt": "There is no file",
        "other.safetensors": r"'weight' has shape \(2, 4\), and \(2, 3\) is needed",
        "named.safetensors": "has no 'weight', which Linear needs. Did you mean 'weigth'",
    }.items():
        with pytest.raises(BenchError, match=words) as error:
            load_weights(nn.Linear(3, 2), tmp_path / name)
        assert "\n" not in str(error.value)
    assert "never" not in capsys.readouterr().out


def test_tensors_come_by_name(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "a.safetensors")
    assert read_tensors(tmp_path / "a.safetensors")["a"].tolist() == [1.0, 1.0]
