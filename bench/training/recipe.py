"""How the network of a method is made anew: everything but its weights, and without a patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from bench.method import Method
from bench.method.hyperparameters import Value
from bench.plugins.entry import Entry
from bench.task import TaskSpec
from bench.training import devices, weights
from bench.training.readout import InProcess

#: What of a plugin's entry is needed to import it.
_ENTRY = ("name", "kind", "origin", "module", "base", "attr")


@dataclass(frozen=True)
class Recipe:
    """A method, its hyperparameters and encoder, the seed of its first weights, and what it is computed on."""

    entry: Entry[type[Method]]
    backbone: str
    hyperparameters: Mapping[str, Value]
    seed: int
    spec: TaskSpec
    threads: int
    accelerator: str

    @property
    def sees_groups(self) -> bool:
        """Whether such a network is given the protected attribute when it predicts."""
        return self.entry.load().uses_race == "test"

    def build(self, tensors: Mapping[str, Tensor] | None = None) -> Method:
        """A network freshly initialised, or with these weights and buffers.

        Raises:
            BenchError: as :func:`bench.training.build` does.
        """
        with devices.threads(self.threads):
            method = weights.build(self.entry.load(), self.backbone, self.hyperparameters, self.seed, self.spec)
        if tensors is not None:
            assert weights.restore(method, tensors)
        return method

    def reader(self, tensors: Mapping[str, Tensor] | None) -> InProcess:
        """Reads the network with these weights and buffers, or untrained, in this process."""
        return InProcess(lambda: self.build(tensors), self.sees_groups, self.accelerator, self.threads)

    def plain(self) -> dict[str, Any]:
        """The recipe as JSON has it."""
        entry = {name: getattr(self.entry, name) for name in _ENTRY}
        source = None if self.entry.source is None else str(self.entry.source)
        return {
            "entry": entry | {"source": source},
            "backbone": self.backbone,
            "hyperparameters": dict(self.hyperparameters),
            "seed": self.seed,
            "spec": asdict(self.spec),
            "threads": self.threads,
            "accelerator": self.accelerator,
        }

    @classmethod
    def of_plain(cls, said: Mapping[str, Any]) -> Recipe:
        """The recipe that :meth:`plain` told."""
        entry = dict(said["entry"])
        source = entry.pop("source")
        spec = said["spec"] | {name: tuple(said["spec"][name]) for name in ("targets", "groups")}
        return cls(**{**said, "entry": Entry(**entry, source=source and Path(source)), "spec": TaskSpec(**spec)})
