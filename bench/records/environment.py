"""The machine a run was made on, as far as it can matter to the result."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess
from pathlib import Path
from typing import Any

import torch

from bench import __version__

_PACKAGES = ("torch", "lightning", "monai", "fairlearn", "optuna", "albumentations", "pydicom", "numpy", "scikit-learn")


def environment(device: torch.device) -> dict[str, Any]:
    """Versions of the software, the commit, and this ``device``: nothing that names the machine or a path on it."""
    return {
        "bench": __version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "device": torch.cuda.get_device_name() if device.type == "cuda" else platform.machine(),
        "threads": torch.get_num_threads(),
        "packages": {name: importlib.metadata.version(name) for name in _PACKAGES},
    }


def _commit() -> str | None:
    """The commit of this framework's checkout, with "+" where files differ from it; None where it is installed."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        # An installed copy may lie inside somebody else's repository.
        subprocess.run([*git, "ls-files", "--error-unmatch", __file__], check=True, capture_output=True, timeout=10)
        describe = [*git, "describe", "--always", "--abbrev=40", "--dirty=+", "--exclude=*"]
        return subprocess.run(describe, check=True, capture_output=True, text=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
