"""Encoders of other libraries, which are imported only when one is asked for: timm, torchxrayvision, Hugging Face.

Each states what it is shown (``own``): channels, size where it takes one only, mean and deviation.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from bench.errors import BenchError, suggest


def timm(name: str, channels: int, size: int, pretrained: bool) -> nn.Module:
    """A model of timm, pooled, without its classifier; the weights come with ``backbone.weights``."""
    library = _library("timm", f"timm:{name}")
    if not library.is_model(name):
        known = suggest(name.split(".")[0], library.list_models())
        raise BenchError(f"backbone=timm:{name}: timm {library.__version__} has no such model.{known}")
    config = library.get_pretrained_cfg(name)
    own: dict[str, Any] = {"channels": 3}
    if config is not None:
        own |= {"mean": config.mean, "deviation": config.std}
        if config.fixed_input_size:
            own["size"] = config.input_size[-1]
    net = library.create_model(name, pretrained=False, num_classes=0, in_chans=3)
    net.out_features, net.own = net.num_features, own
    net.block_names = tuple(getattr(getattr(net, "feature_info", None), "module_name", tuple)() or ())
    return net  # type: ignore[no-any-return]


def xrv(name: str, channels: int, size: int, pretrained: bool) -> nn.Module:
    """A DenseNet of torchxrayvision by the name of its weights, which the library fetches or has fetched."""
    library = _library("torchxrayvision", f"xrv:{name}")
    urls = library.models.model_urls
    if name not in urls or not name.startswith("densenet121"):
        dense = [one for one in urls if one.startswith("densenet121")]
        raise BenchError(f"backbone=xrv:{name}: torchxrayvision has no such DenseNet.{suggest(name, dense)}")
    try:
        net = library.models.DenseNet(weights=name if pretrained else None)
    except Exception as error:
        raise BenchError(
            f"backbone=xrv:{name}: its weights are not on this machine and cannot be fetched ({_said(error)})."
            " torchxrayvision keeps them in ~/.torchxrayvision/models_data; bring the file there from a machine that"
            " has them."
        ) from error
    return _Pooled(
        _dense_features,
        net,
        net.classifier.in_features,
        # Pixels of 0 … 255 are shown from -1024 to 1024.
        {"channels": 1, "size": _side(name), "mean": (0.5,), "deviation": (0.5 / 1024,)},
        [f"net.features.denseblock{i}" for i in range(1, 5)],
    )


def hugging_face(folder: str, channels: int, size: int, pretrained: bool) -> nn.Module:
    """A vision model from a folder in the form of Hugging Face's transformers (RAD-DINO and the like).

    Features are its pooled output where it has one, else its first token. Nothing is fetched, and no code of the folder
    is run.
    """
    place = Path(folder).expanduser()
    settings = _settings(place / "config.json", f"hf:{folder}")
    library = _library("transformers", f"hf:{folder}")
    try:
        config = library.AutoConfig.from_pretrained(place, local_files_only=True, trust_remote_code=False)
        if pretrained:
            net = library.AutoModel.from_pretrained(place, config=config, local_files_only=True, use_safetensors=True)
        else:
            net = library.AutoModel.from_config(config)
    except Exception as error:
        raise BenchError(
            f"backbone=hf:{folder} cannot be read as a model of transformers ({_said(error)}). The folder holds"
            " config.json and model.safetensors."
        ) from error
    own: dict[str, Any] = {"channels": int(settings.get("num_channels", 3)), "size": _shown(place, settings)}
    shown = _settings(place / "preprocessor_config.json", f"hf:{folder}") if _has(place) else {}
    if "image_mean" in shown and shown.get("do_normalize", True):
        own |= {"mean": tuple(shown["image_mean"]), "deviation": tuple(shown["image_std"])}
    else:
        own["normalise"] = "imagenet"
    layers = [name for name, _ in net.named_modules() if re.search(r"(^|\.)layers?\.\d+$", name)]
    return _Pooled(_pooled_output, net, int(settings["hidden_size"]), own, [f"net.{name}" for name in layers[2::3]])


def input_size(name: str) -> int | None:
    """The side of the images, in pixels, that an encoder of this name was trained on; None where that is not known."""
    kind, _, model = name.partition(":")
    if kind == "xrv":
        return _side(model)
    if kind == "timm":
        library = _library("timm", name)
        config = library.get_pretrained_cfg(model) if library.is_model(model) else None
        return int(config.input_size[-1]) if config is not None else None
    if kind == "hf":
        place = Path(model).expanduser()
        return _shown(place, _settings(place / "config.json", name))
    return None


#: What makes the encoders of a library, by what stands before the colon of their names.
LIBRARIES: dict[str, Callable[[str, int, int, bool], nn.Module]] = {"timm": timm, "xrv": xrv, "hf": hugging_face}


class _Pooled(nn.Module):
    """A network read by a function that gives its features ``(B, D)`` of images."""

    def __init__(
        self,
        read: Callable[[nn.Module, Tensor], Tensor],
        net: nn.Module,
        out_features: int,
        own: dict[str, Any],
        block_names: Sequence[str],
    ) -> None:
        super().__init__()
        self.net, self.out_features, self.own, self.block_names = net, out_features, own, tuple(block_names)
        self._read = read

    def forward(self, images: Tensor) -> Tensor:
        """Features ``(B, D)``."""
        return self._read(self.net, images)


def _dense_features(net: nn.Module, images: Tensor) -> Tensor:
    features: Tensor = net.features2(images)  # type: ignore[operator]
    return features


def _pooled_output(net: nn.Module, images: Tensor) -> Tensor:
    read = net(pixel_values=images)
    pooled: Tensor | None = getattr(read, "pooler_output", None)
    return (read.last_hidden_state[:, 0] if pooled is None else pooled).flatten(1)


def _library(name: str, backbone: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except Exception as error:  # a library below it may be broken in any way (torchvision beside another torch)
        extra = {"torchxrayvision": "xrv", "transformers": "hf"}.get(name, name)
        raise BenchError(
            f"backbone={backbone} needs {name}, which cannot be imported here ({_said(error)}):"
            f" pip install 'mitigation-bench[{extra}]'."
        ) from error


def _settings(path: Path, backbone: str) -> dict[str, Any]:
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BenchError(f"backbone={backbone}: {path} cannot be read ({_said(error)}).") from error
    if not isinstance(settings, dict):
        raise BenchError(f"backbone={backbone}: {path} holds no settings.")
    return settings


def _has(place: Path) -> bool:
    return (place / "preprocessor_config.json").exists()


def _shown(place: Path, settings: dict[str, Any]) -> int | None:
    """The side that a model of transformers is shown: of the crop, else of its positions."""
    if _has(place):
        shown = _settings(place / "preprocessor_config.json", f"hf:{place}")
        for key in ("crop_size", "size"):
            size = shown.get(key)
            side = size.get("height", size.get("shortest_edge")) if isinstance(size, dict) else size
            if isinstance(side, int):
                return side
    side = settings.get("image_size")
    return side if isinstance(side, int) else None


def _side(name: str) -> int:
    found = re.search(r"res(\d+)", name)
    return int(found[1]) if found else 224


def _said(error: BaseException) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:200]
