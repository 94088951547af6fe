"""A pass of one instance, and what is seen of a method before it is trained: shapes, and what its head needs."""

from __future__ import annotations

import pytest
import torch
from bench.builtin.methods.erm import Erm

from bench.errors import BenchError
from bench.method import Method, backbones
from bench.task import TaskSpec
from bench.training import readout
from bench.training.readout import Pass

SPEC = TaskSpec("cxr", ("effusion", "opacity"), "race", ("Asian", "Black", "White"), 16)
IMAGES = torch.randint(0, 256, (4, 1, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
GROUPS = torch.tensor([0, 1, 2, -1])


class Aside(Method):
    """Its head reads what its encoder puts aside."""

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        self.aside = self.backbone(images)
        return torch.ones_like(self.aside)

    def classify(self, features: torch.Tensor) -> torch.Tensor:
        return self.head(self.aside)


class Flat(Method):
    """Features of a wrong shape."""

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        return self.backbone(images).flatten()


class Short(Method):
    """Logits of one target too few."""

    def classify(self, features: torch.Tensor) -> torch.Tensor:
        return self.head(features)[:, 1:]


class ByGroup(Method):
    """Told the group when it predicts."""

    uses_race = "test"

    def classify(self, features: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        return self.head(features) + 100.0 * groups[:, None]


def make(cls: type[Method]) -> Method:
    torch.manual_seed(0)
    return cls(backbones.build("resnet_small", 1, 16), SPEC)


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (Aside, r"Aside\.classify failed in an instance that had not encoded these images \(AttributeError: .*aside"),
        (Flat, r"Flat\.encode returned shape \(512,\); it must return \(4, D\)"),
        (Short, r"Short\.classify returned shape \(4, 1\); it must return \(4, 2\)"),
    ],
)
def test_it_is_named_before_training(cls: type[Method], message: str) -> None:
    with pytest.raises(BenchError, match=message):
        readout.try_out(make(cls), IMAGES, GROUPS)


@pytest.mark.parametrize("cls", [Erm, ByGroup])
def test_trying_out_leaves_everything_as_it_was(cls: type[Method]) -> None:
    method = make(cls).train()
    before = {name: value.clone() for name, value in method.state_dict().items()}
    torch.manual_seed(3)
    wanted = torch.rand(2)
    torch.manual_seed(3)
    readout.try_out(method, IMAGES, GROUPS)
    assert torch.equal(torch.rand(2), wanted)
    assert method.training
    assert all(torch.equal(value, before[name]) for name, value in method.state_dict().items())


def test_groups_are_for_the_head_that_declares_them() -> None:
    batch = {"images": IMAGES.numpy(), "groups": GROUPS.numpy()}
    (found,) = readout.copies(make(ByGroup), "cpu").read(Pass("encode"), [batch])
    (plain,) = readout.copies(make(Erm), "cpu").read(Pass("encode"), [batch])
    moved = 100.0 * GROUPS[:, None].expand(-1, 2).numpy()
    assert found["logits"] - plain["logits"] == pytest.approx(moved, abs=1e-3)
    (again,) = readout.copies(make(ByGroup), "cpu").read(
        Pass("classify"), [{"features": found["features"], "groups": GROUPS.numpy()}]
    )
    assert again["logits"] == pytest.approx(found["logits"], abs=1e-5)


def test_every_pass_is_by_an_instance_of_its_own() -> None:
    made: list[Method] = []

    def fresh() -> Method:
        made.append(make(Aside))
        return made[-1]

    reader = readout.InProcess(fresh, sees_groups=False, accelerator="cpu")
    batch = {"images": IMAGES.numpy(), "groups": GROUPS.numpy()}
    list(reader.read(Pass("encode"), [batch, batch]))
    assert len(made) == 1
    features = {"features": torch.ones(4, 128).numpy(), "groups": GROUPS.numpy()}
    with pytest.raises(AttributeError, match="aside"):
        list(reader.read(Pass("classify"), [features]))
    assert len(made) == 2
