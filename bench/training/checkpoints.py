"""How the state of a training is written and read: whole or not at all, under whatever name its folder has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from lightning.pytorch.plugins.io import TorchCheckpointIO

from bench.files import whole


class WholeFiles(TorchCheckpointIO):
    """Writes beside the file and puts it in its place.

    Lightning writes to the temporary folder, which may be another file system: killed while the file is copied from
    there, it leaves half of it. And it takes some folders' names for addresses.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None) -> None:
        """Write it to ``path``."""
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with whole(Path(path)) as partial:
            torch.save(checkpoint, partial)

    def load_checkpoint(
        self, path: Any, map_location: Any | None = "cpu", weights_only: bool | None = True
    ) -> dict[str, Any]:
        """Read it from ``path``."""
        checkpoint: dict[str, Any] = torch.load(path, map_location=map_location, weights_only=weights_only)
        return checkpoint
