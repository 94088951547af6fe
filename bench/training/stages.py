"""The stages of one training: each has its epochs, its seed, and the checkpoints that it can be taken up from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from bench.errors import BenchError
from bench.files import write_text
from bench.method import Method
from bench.training import seeds

#: In a run's folder, while it is trained: a folder a stage.
CHECKPOINTS = "checkpoints"
#: In such a folder: the state of the best epoch, that of the last one, and a finished stage's epochs.
BEST, _LAST, _CURVE = "best.ckpt", "last.ckpt", "curve.json"

#: A row an epoch: its number, validation AUROC, and what the best epoch is chosen by.
Curve = list[dict[str, float]]


@dataclass(frozen=True)
class Stage:
    """A stage of training: its name, how many epochs it has, its seed, and where its checkpoints stand.

    Everything random in it comes from its seed and the epoch's number, and its optimiser, schedule, sampling and choice
    of an epoch are its own, so that it depends on nothing before it but the weights it begins with.
    """

    name: str
    epochs: int
    seed: int
    folder: Path

    @property
    def last(self) -> Path | None:
        """The checkpoint of its last whole epoch, None before there is one."""
        path = self.folder / _LAST
        return path if path.exists() else None

    @property
    def curve(self) -> Curve | None:
        """Its epochs, where it came to its end."""
        path = self.folder / _CURVE
        if not path.exists():
            return None
        curve: Curve = json.loads(path.read_bytes())
        return curve

    def finish(self, curve: Curve) -> None:
        """Mark it as finished: its best weights are whole."""
        write_text(self.folder / _CURVE, json.dumps(curve))

    def best(self) -> dict[str, Any]:
        """The state of the method in its best epoch."""
        checkpoint = torch.load(self.folder / BEST, map_location="cpu", weights_only=True)
        state: dict[str, Any] = checkpoint["state_dict"]
        return state


def plan(method: type[Method], epochs: int, seed: int, folder: Path) -> list[Stage]:
    """The stages of a method, with the budget of ``epochs`` divided among them by their shares, at least one to each.

    Raises:
        BenchError: when there are fewer epochs than stages.
    """
    declared = method.stages
    if epochs < len(declared):
        names = ", ".join(name for name, _ in declared)
        raise BenchError(
            f"Method {method.__name__} is trained in {len(declared)} stages ({names}), and trainer.max_epochs={epochs} "
            f"cannot be divided among them: give it {len(declared)} epochs or more."
        )
    stages, share, begun = [], 0.0, 0
    for number, (name, own) in enumerate(declared):
        share += own
        # Ends are rounded, not lengths: so the lengths sum to the budget.
        end = max(begun + 1, min(round(share * epochs), epochs - (len(declared) - number - 1)))
        stages.append(Stage(name, end - begun, seeds.of_stage(seed, number), folder / name))
        begun = end
    return stages
