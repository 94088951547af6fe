"""Every generator that a method may draw from is seeded by stage and epoch, so that no interruption moves a weight."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from bench import training
from bench.config import compose
from bench.run import plan
from bench.training import seeds
from tests.conftest import TINY
from tests.training.interruptions import interrupt, kill

PLUGIN = Path(__file__).with_name("drawing.py")


def fit(folder: Path, *more: str) -> bytes:
    """Two epochs of each stage in this folder; the weights."""
    folder.mkdir(exist_ok=True)
    asked = [*TINY, f"method={PLUGIN}", "task.patients=700", "trainer.max_epochs=4", f"runs_dir={folder}", *more]
    planned = plan(compose(asked))
    train, val, config = planned.trained_on.part("train"), planned.val, planned.config
    method, pixels = planned.build(), planned.images.pixels
    training.fit(
        method, train, val.choosing, pixels, config.trainer, config.seed, folder, held_out=val.fitting
    )  # fmt: skip
    return (folder / training.WEIGHTS).read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return fit(tmp_path_factory.mktemp("whole"))


def test_another_seed_of_what_ran_before_moves_nothing(whole: bytes, tmp_path: Path) -> None:
    for number, worker in enumerate(("trainer.workers=0", "trainer.workers=1")):
        random.seed(number + 5)
        np.random.seed(number + 5)  # noqa: NPY002
        torch.manual_seed(number + 5)
        assert fit(tmp_path / str(number), worker) == whole


@pytest.mark.parametrize("epoch", [1, 2, 3, 4])
def test_interrupted_in_any_epoch_it_ends_in_the_same_bits(
    whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epoch: int
) -> None:
    interrupt(monkeypatch, epoch)
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path / "run")
    assert fit(tmp_path / "run") == whole


def test_killed_it_ends_in_the_same_bits(whole: bytes, tmp_path: Path) -> None:
    folder = kill(__name__, "second", tmp_path)
    assert sorted(path.parent.name for path in folder.rglob("last.ckpt")) == ["first", "second"]
    assert fit(folder) == whole


def test_streams_are_apart() -> None:
    drawn = []
    for seed in (0, 1):
        drawn += [seeds.of_prepare(seed), seeds.of_finalize(seed)]
        for number in range(3):
            stage = seeds.of_stage(seed, number)
            drawn += [seeds.of_start(stage)]
            for epoch in range(3):
                drawn += [
                    seeds.of_epoch(stage, epoch),
                    seeds.of_batches(stage, epoch),
                    seeds.of_epoch_end(stage, epoch),
                ]
                for image in range(2):
                    drawn += [seeds.of_image(stage, epoch, image, view) for view in range(3)]
                    drawn += [seeds.of_twin(stage, epoch, image)]
    assert len(set(drawn)) == len(drawn)


def test_the_first_stages_epochs_are_seeded_by_the_runs_seed_and_their_number() -> None:
    wanted = int(np.random.SeedSequence([7, 3]).generate_state(1)[0])
    assert seeds.of_epoch(seeds.of_stage(7, 0), 3) == wanted
