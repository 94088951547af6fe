"""The stages of one training: each has its epochs, its seed, and the checkpoints that it can be taken up from."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from bench.errors import BenchError
from bench.files import whole, write_text
from bench.method import Method
from bench.training import seeds

#: In a run's folder, while it is trained: a folder a stage.
CHECKPOINTS = "checkpoints"
#: In such a folder: the weights of the best epoch, by its number; the state of the last one; a finished stage's epochs.
_BEST, _LAST, _CURVE = "best-{}.ckpt", "last.ckpt", "curve.json"

#: A row an epoch: its number, validation AUROC, and what the best epoch is chosen by.
Curve = list[dict[str, float]]


def best(curve: Curve) -> dict[str, float]:
    """The row of the best epoch: the first of those that none surpasses. A figure that is no number surpasses none."""
    return max(curve, key=lambda row: -math.inf if math.isnan(row["val_selection"]) else row["val_selection"])


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
    def last(self) -> Path:
        """Where the state of its last whole epoch stands."""
        return self.folder / _LAST

    @property
    def curve(self) -> Curve | None:
        """Its epochs, where it came to its end."""
        path = self.folder / _CURVE
        if not path.exists():
            return None
        curve: Curve = json.loads(path.read_bytes())
        return curve

    def keep(self, state: dict[str, Any], curve: Curve) -> None:
        """Keep the weights of the epoch that ``curve`` ends in, where it is the best."""
        if best(curve) is curve[-1]:
            self.folder.mkdir(parents=True, exist_ok=True)
            with whole(self._weights(curve)) as partial:
                torch.save(state, partial)

    def drop(self, curve: Curve) -> None:
        """Let go of the weights of former best epochs, once the last epoch's state is whole."""
        for path in self.folder.glob(_BEST.format("*")):
            if path != self._weights(curve):
                path.unlink()

    def finish(self, curve: Curve) -> None:
        """Mark it as finished: its best weights are whole."""
        write_text(self.folder / _CURVE, json.dumps(curve))

    def best(self) -> dict[str, Any]:
        """The weights of the method in the best epoch of the finished stage."""
        assert self.curve is not None
        state: dict[str, Any] = torch.load(self._weights(self.curve), map_location="cpu", weights_only=True)
        return state

    def _weights(self, curve: Curve) -> Path:
        return self.folder / _BEST.format(int(best(curve)["epoch"]))


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
