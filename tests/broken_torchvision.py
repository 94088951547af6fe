"""torchvision where its wheel breaks beside torch: its operators are declared, so that what only imports it can.

Even torchmetrics imports torchvision where it finds it; of the encoders that need it none calls an operator of its own.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

_KEPT: list[Any] = []


def declare() -> None:
    """Declare the operators that torchvision's ``_meta_registrations.py`` names, before it is imported."""
    found = importlib.util.find_spec("torchvision")
    if found is None or found.origin is None or _KEPT:
        return
    import torch

    text = (Path(found.origin).parent / "_meta_registrations.py").read_text(encoding="utf-8")
    names = re.findall(r'(?:register_meta|register_fake)\("(?:torchvision::)?(\w+)"', text)
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in dict.fromkeys(names):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor a) -> Tensor")
    _KEPT.append(library)
