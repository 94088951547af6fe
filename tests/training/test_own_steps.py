"""Averaged weights and a step of the method's own: what is kept, what is counted, and that a kill changes nothing."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch

from bench import training
from bench.config import compose
from bench.errors import BenchError
from bench.method import Batch, Closure, Method
from bench.plugins import scaffold
from bench.records import TrainingInfo
from bench.run import plan
from bench.training import selection
from tests.conftest import TINY
from tests.training.interruptions import kill

PLUGIN = '''
from bench.method import Method


class {name}(Method):
    """A method of its own step."""

    def step(self, closure):
        {body}
'''


def fit(folder: Path, plugin: str, *more: str) -> tuple[Method, TrainingInfo]:
    """Three epochs of a method in this folder."""
    folder.mkdir(exist_ok=True)
    planned = plan(compose([*TINY, f"method={plugin}", "trainer.max_epochs=3", f"runs_dir={folder}", *more]))
    images = planned.open_images(planned.cohort)
    cohort, config = images.apply(planned.cohort), planned.config
    method = planned.build(to_train=True)
    parts = cohort.part("train"), cohort.part("val")
    return method, training.fit(method, *parts, images.pixels, config.trainer, config.seed, folder)


def weights(folder: Path) -> bytes:
    return (folder / training.WEIGHTS).read_bytes()


@pytest.mark.parametrize("kind", ["averaged", "step"])
def test_killed_it_ends_in_the_same_bits(kind: str, tmp_path: Path) -> None:
    plugin = str(scaffold.KINDS[kind].path)
    _, info = fit(tmp_path / "whole", plugin)
    folder = kill(__name__, "train", tmp_path, plugin)
    assert list(folder.rglob("last.ckpt"))
    _, again = fit(folder, plugin)
    assert weights(folder) == weights(tmp_path / "whole")
    assert again.curve == info.curve
    assert info.cost is not None
    assert again.cost is not None
    assert (again.cost.forward, again.cost.backward) == (info.cost.forward, info.cost.backward)


def test_a_step_that_is_the_default_one_gives_the_same_bits_and_costs_the_same(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(PLUGIN.format(name="Own", body="closure()\n        self.optimizer.step()"))
    _, info = fit(tmp_path / "own", str(tmp_path / "own.py"))
    _, plain = fit(tmp_path / "erm", "erm")
    assert weights(tmp_path / "own") == weights(tmp_path / "erm")
    assert info.curve == plain.curve
    assert info.cost is not None
    assert plain.cost is not None
    assert info.cost.relative == plain.cost.relative == 1.0
    assert info.cost.images == info.cost.forward == info.cost.backward > 0


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("self.optimizer.step()", r"called closure\(\) never and self.optimizer.step\(\) once"),
        ("closure()", r"closure\(\) once and self.optimizer.step\(\) never"),
        ("closure(); self.optimizer.step(); self.optimizer.step()", r"self.optimizer.step\(\) 2 times"),
        ("closure(lambda batch: self(batch.images))", r"loss returned a tensor of shape \(32, 6\)"),
    ],
)
def test_a_step_that_does_not_go_as_far_as_all_others_is_named(tmp_path: Path, body: str, words: str) -> None:
    (tmp_path / "wrong.py").write_text(PLUGIN.format(name="Wrong", body=body))
    with pytest.raises(BenchError, match=words):
        fit(tmp_path / "run", str(tmp_path / "wrong.py"))


def test_gradients_of_other_losses_are_added_by_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call puts its gradients in the place of the former ones."""
    seen: list[torch.Tensor] = []

    def step(self: Method, closure: Closure) -> None:
        def doubled(batch: Batch) -> torch.Tensor:
            return 2.0 * self.loss(batch)

        for loss in (None, doubled, None):
            self.eval()
            closure(loss)
            assert self.head.weight.grad is not None
            seen.append(self.head.weight.grad.clone())
        self.optimizer.step()

    (tmp_path / "own.py").write_text(PLUGIN.format(name="Own", body="closure()"))
    planned = plan(compose([*TINY, f"method={tmp_path / 'own.py'}"]))
    monkeypatch.setattr(planned.method, "step", step)
    fit(tmp_path / "run", str(tmp_path / "own.py"), "trainer.max_epochs=1")
    torch.testing.assert_close(seen[1], 2 * seen[0])
    assert torch.equal(seen[2], seen[0])


def test_the_averaged_network_is_validated_and_kept_and_training_goes_on_from_its_own_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kept head is the mean over the steps; batch norms have the statistics of its own features."""
    heads: list[torch.Tensor] = []
    ended: list[tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]] = []
    plugin = str(scaffold.KINDS["averaged"].path)
    planned = plan(compose([*TINY, f"method={plugin}"]))
    after, end = planned.method.after_step, selection.Selection.on_train_epoch_end

    def remember(self: Method) -> None:
        after(self)
        if self.progress >= self.begins:  # type: ignore[attr-defined]
            heads.append(self.head.weight.detach().clone())

    def ends(self, trainer, module):  # type: ignore[no-untyped-def]
        before = copy.deepcopy(module.state_dict())
        end(self, trainer, module)
        ended.append((before, copy.deepcopy(module.state_dict())))
        if self.averaged is not None and self.curve[-1]["epoch"] == 2:
            torch.testing.assert_close(self.averaged["head.weight"], torch.stack(heads).mean(0))
            assert not torch.equal(
                self.averaged["backbone.layers.1.running_mean"], before["backbone.layers.1.running_mean"]
            )

    monkeypatch.setattr(planned.method, "after_step", remember)
    monkeypatch.setattr(selection.Selection, "on_train_epoch_end", ends)
    method, info = fit(tmp_path, plugin)
    assert len(ended) == 3
    for before, stays in ended:
        assert all(torch.equal(before[name], stays[name]) for name in before)
    assert info.best_epoch > 0
    assert info.cost is not None
    assert 1.0 < info.cost.relative < 1.15
    average = method.average.weights()  # type: ignore[union-attr, operator]
    assert torch.equal(method.head.weight, average["head.weight"])
