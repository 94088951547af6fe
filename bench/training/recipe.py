"""How the network of a method is made anew: everything but its weights, and without a patient."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from bench.config.schema import BackboneConfig
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
    backbone: BackboneConfig
    hyperparameters: Mapping[str, Value]
    seed: int
    spec: TaskSpec
    threads: int
    accelerator: str

    @property
    def sees_groups(self) -> bool:
        """Whether such a network is given the protected attribute when it predicts."""
        return self.entry.load().uses_race == "test"

    def build(self, tensors: Mapping[str, Tensor] | None = None, to_train: bool = False) -> Method:
        """A network freshly initialised, or with these weights and buffers.

        Its encoder has the weights that it comes with only where it is built ``to_train``.

        Raises:
            BenchError: as :func:`bench.training.build` does.
        """
        with devices.threads(self.threads):
            method = weights.build(
                self.entry.load(), self.backbone, self.hyperparameters, self.seed, self.spec, untrained=not to_train
            )
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
            "backbone": _anywhere(self.backbone).model_dump(mode="json"),
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
        made = {
            "entry": Entry(**entry, source=source and Path(source)),
            "backbone": BackboneConfig.model_validate_json(json.dumps(said["backbone"])),
            "spec": TaskSpec(**spec),
        }
        return cls(**{**said, **made})


def _anywhere(backbone: BackboneConfig) -> BackboneConfig:
    """The same encoder for a process that stands in another folder."""
    kind, colon, folder = backbone.name.partition(":")
    name = f"hf:{Path(folder).expanduser().absolute()}" if (kind, colon) == ("hf", ":") else backbone.name
    own = None if backbone.weights is None else backbone.weights.expanduser().absolute()
    return backbone.model_copy(update={"name": name, "weights": own})
