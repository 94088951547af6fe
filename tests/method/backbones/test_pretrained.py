"""Weights of an encoder from a file."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from bench.errors import BenchError
from bench.method import backbones
from bench.method.backbones import pretrained


def _encoder(seed: int, name: str = "resnet_small", channels: int = 1) -> nn.Module:
    torch.manual_seed(seed)
    return backbones.build(name, channels, 32)


def _same(a: nn.Module, b: nn.Module) -> bool:
    return all(torch.equal(a.state_dict()[name], value) for name, value in b.state_dict().items())


@pytest.mark.parametrize("ending", [".safetensors", ".pt", ".pth"])
@pytest.mark.parametrize("prefix", ["", "module.", "model.backbone."])
def test_weights_come_back_whatever_the_file_and_the_prefix(ending: str, prefix: str, tmp_path: Path) -> None:
    given = {prefix + name: value for name, value in _encoder(1).state_dict().items()}
    given[f"{prefix}fc.weight"] = torch.zeros(5, 128)  # a classifier is left out
    path = tmp_path / f"weights{ending}"
    if ending == ".safetensors":
        save_file(given, path)
    else:
        torch.save({"state_dict": given, "epoch": 3}, path)
    torch.manual_seed(2)
    assert _same(backbones.build("resnet_small", 1, 32, weights=path), _encoder(1))
    torch.manual_seed(2)
    assert _same(backbones.build("resnet_small", 1, 32, weights=path, untrained=True), _encoder(2))


def test_densenet_as_torchvision_names_its_layers(tmp_path: Path) -> None:
    given = {name.replace(".layers.", "."): value for name, value in _encoder(1, "densenet121").state_dict().items()}
    assert "features.denseblock1.denselayer1.norm1.weight" in given
    torch.save(given, tmp_path / "a.pth")
    older = {name.replace("norm1.", "norm.1.").replace("conv2.", "conv.2."): value for name, value in given.items()}
    torch.save(older, tmp_path / "b.pth")
    for path in (tmp_path / "a.pth", tmp_path / "b.pth"):
        assert _same(backbones.build("densenet121", 1, 32, weights=path), _encoder(1, "densenet121"))


def test_an_encoder_of_colours_reads_grey_as_three_equal_colours(tmp_path: Path) -> None:
    coloured = _encoder(1, channels=3).eval()
    torch.save(coloured.state_dict(), tmp_path / "w.pt")
    grey = backbones.build("resnet_small", 1, 32, weights=tmp_path / "w.pt").eval()
    images = torch.rand(2, 1, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(grey(images), coloured(images.expand(-1, 3, -1, -1)))


class _Code:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (Path("ran"),))


def _refused(path: Path, match: str) -> None:
    with pytest.raises(BenchError, match=match):
        backbones.build("resnet_small", 1, 32, weights=path)


def test_what_cannot_be_used_is_refused_in_a_paragraph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "w.pt"
    _refused(path, "is no file")
    _refused(tmp_path, "is no file")
    (tmp_path / "w.txt").write_text("x")
    _refused(tmp_path / "w.txt", "ends in '.txt'")
    state = _encoder(1).state_dict()
    torch.save({"state_dict": state, "trainer": _Code()}, path)
    _refused(path, "could run code")
    path.write_bytes(pickle.dumps(_Code()))
    _refused(path, "cannot be read as weights|could run code")
    assert not (tmp_path / "ran").exists()
    torch.save(state, path)
    path.write_bytes(path.read_bytes()[:2000])
    _refused(path, "cannot be read as weights")
    torch.save([1, 2], path)
    _refused(path, "holds no tensors by name")
    torch.save(_encoder(1, "resnet18").state_dict(), path)
    _refused(path, "does not fit this encoder: 35 of its")
    first = next(iter(state))
    torch.save(state | {first: torch.zeros(16, 1, 5, 5)}, path)
    _refused(path, r"has the shape \(16, 1, 5, 5\)")
    torch.save(state | {first: torch.full((16, 1, 3, 3), float("nan"))}, path)
    _refused(path, "not finite")


def test_read_gives_the_tensors_of_a_nested_checkpoint(tmp_path: Path) -> None:
    torch.save({"model": {"state_dict": {"a": torch.ones(2)}}}, tmp_path / "c.ckpt")
    assert list(pretrained.read(tmp_path / "c.ckpt")) == ["a"]
