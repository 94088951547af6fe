"""Race is withheld in every hook of a method that declares that it never sees it, and told in all of one that does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from bench.conformance.subject import Subject
from bench.method import Batch, Encoded, Method, TrainingSet, balanced_batches
from bench.method.hyperparameters import resolve

SEEN: dict[str, list[torch.Tensor]] = {}


class Looks(Method):
    """Notes the groups that every hook is given."""

    uses_held_out = True
    stages = (("first", 0.5), ("second", 0.5))

    def see(self, hook: str, groups: torch.Tensor) -> None:
        SEEN.setdefault(hook, []).append(groups)

    def prepare(self, train: TrainingSet) -> None:
        self.see("prepare", train.groups)

    def begin(self, stage: str, train: TrainingSet) -> None:
        self.see("begin", train.groups)

    def sampler(self, train: TrainingSet) -> None:
        self.see("sampler", train.groups)

    def batches(self, train: TrainingSet) -> Any:
        self.see("batches", train.groups)
        return balanced_batches(train, torch.arange(train.size) % 2)

    def loss(self, batch: Batch) -> torch.Tensor:
        self.see("loss", batch.groups)
        assert torch.equal(batch.targets.isnan(), KNOWN.targets[batch.index].isnan())
        assert torch.equal(batch.targets.nan_to_num(-1), KNOWN.targets[batch.index].nan_to_num(-1))
        return super().loss(batch)

    def finalize(self, train: Encoded, held_out: Encoded | None) -> None:
        assert held_out is not None
        self.see("finalize", train.groups)
        self.see("finalize, held out", held_out.groups)


KNOWN = Subject(Looks, Path(), resolve(Looks, {})).known
HOOKS = {"prepare", "begin", "sampler", "batches", "loss", "finalize", "finalize, held out"}


@pytest.mark.parametrize("told", [False, True])
def test_in_every_hook(tmp_path: Path, told: bool) -> None:
    SEEN.clear()
    cls = type("Told", (Looks,), {"uses_race": "train"}) if told else Looks
    Subject(cls, tmp_path, resolve(cls, {})).train("run")
    assert set(SEEN) == HOOKS
    assert len(SEEN["begin"]) == 2
    assert len(SEEN["batches"]) == 4
    for hook, seen in SEEN.items():
        assert all(bool((groups >= 0).any()) == told for groups in seen), hook


def test_a_stage_goes_back_to_the_beginning_on_request(tmp_path: Path) -> None:
    heads: dict[str, list[torch.Tensor]] = {}

    class Restarts(Method):
        stages = (("first", 0.5), ("second", 0.25), ("third", 0.25))

        def begin(self, stage: str, train: TrainingSet) -> None:
            if stage == "second":
                self.restart()
            if stage == "third":
                self.restart(self.head)
            heads[stage] = [self.head.weight.detach().clone(), self.backbone.linear.weight.detach().clone()]  # type: ignore[union-attr, operator]

    Subject(Restarts, tmp_path, resolve(Restarts, {})).train("run")
    assert torch.equal(heads["first"][0], heads["second"][0])
    assert torch.equal(heads["first"][1], heads["second"][1])
    assert torch.equal(heads["first"][0], heads["third"][0])
    assert not torch.equal(heads["first"][1], heads["third"][1])
