"""A training of several stages: what each has of its own, and that an interruption in any changes nothing."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch
from bench.builtin.methods.erm import Erm
from hypothesis import given
from hypothesis import strategies as st
from lightning.pytorch.loggers import CSVLogger
from safetensors.torch import load_file

from bench import training
from bench.config import compose
from bench.errors import BenchError
from bench.method import Method, TrainingSet
from bench.records import TrainingInfo
from bench.run import plan
from bench.training import selection, stages
from tests.conftest import TINY
from tests.networks import fresh
from tests.training.interruptions import interrupt, kill

PLUGIN = Path(__file__).with_name("retrained_head.py")


def fit(folder: Path, logger: CSVLogger | bool = False) -> tuple[Method, TrainingInfo]:
    """Two epochs of the first stage and two of the second, in this folder."""
    folder.mkdir(exist_ok=True)
    planned = plan(compose([*TINY, f"method={PLUGIN}", "trainer.max_epochs=4", f"runs_dir={folder}"]))
    images = planned.open_images(planned.cohort)
    cohort = images.apply(planned.cohort)
    train, val, config = cohort.part("train"), cohort.part("val"), planned.config
    method = fresh(planned)
    return method, training.fit(method, train, val, images.pixels, config.trainer, config.seed, folder, logger)


def weights(folder: Path) -> bytes:
    return (folder / training.WEIGHTS).read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainingInfo]:
    folder = tmp_path_factory.mktemp("whole")
    return folder, fit(folder)[1]


class TestPlan:
    def test_a_plain_method_has_one_stage_with_the_whole_budget_and_the_seed_of_the_run(self, tmp_path: Path) -> None:
        assert stages.plan(Erm, 8, 3, tmp_path) == [stages.Stage("train", 8, 3, tmp_path / "train")]

    @given(st.lists(st.integers(1, 20), min_size=1, max_size=6), st.integers(0, 60), st.integers(0, 2**32 - 1))
    def test_the_budget_is_divided_by_the_shares_and_none_gets_nothing(
        self, parts: list[int], more: int, seed: int
    ) -> None:
        declared = tuple((f"s{i}", part / sum(parts)) for i, part in enumerate(parts))
        epochs = len(parts) + more
        planned = stages.plan(type("Several", (Erm,), {"stages": declared}), epochs, seed, Path())
        assert sum(stage.epochs for stage in planned) == epochs
        assert min(stage.epochs for stage in planned) >= 1
        assert [stage.name for stage in planned] == [name for name, _ in declared]
        assert planned[0].seed == seed
        if epochs * min(parts) >= 2 * sum(parts):
            # Where nobody has to be given more than its share, rounding is all that moves an end.
            ends = [sum(stage.epochs for stage in planned[: i + 1]) for i in range(len(parts))]
            exact = [epochs * sum(parts[: i + 1]) / sum(parts) for i in range(len(parts))]
            assert max(abs(a - b) for a, b in zip(ends, exact, strict=True)) <= 0.5 + 1e-9

    def test_stages_draw_from_seeds_of_their_own(self) -> None:
        declared = tuple((f"s{i}", 0.25) for i in range(4))
        cls = type("Four", (Erm,), {"stages": declared})
        seeds = [stage.seed for seed in (0, 1) for stage in stages.plan(cls, 4, seed, Path())]
        assert len(set(seeds)) == len(seeds)

    def test_fewer_epochs_than_stages_are_refused(self) -> None:
        cls = type("Two", (Erm,), {"stages": (("first", 0.9), ("second", 0.1))})
        with pytest.raises(BenchError, match=r"2 stages \(first, second\), and trainer.max_epochs=1 .* give it 2"):
            stages.plan(cls, 1, 0, Path())


def test_each_stage_begins_with_the_best_weights_of_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the first stage the first epoch is the best; the second trains the head alone, to the very last epoch."""
    aurocs, after, begun = iter([0.9, 0.8, 0.6, 0.7]), [], {}
    monkeypatch.setattr(selection, "macro_auroc", lambda targets, logits: next(aurocs))
    cls = plan(compose([*TINY, f"method={PLUGIN}", "trainer.max_epochs=4"])).method
    begin, end = cls.begin, selection.Selection.on_train_epoch_end

    def backbone(method: Method) -> dict[str, torch.Tensor]:
        return {name: value.clone() for name, value in method.backbone.state_dict().items()}

    def begins(self, stage: str, train: TrainingSet) -> None:  # type: ignore[no-untyped-def]
        begun[stage] = backbone(self)
        begin(self, stage, train)

    def ends(self, trainer, module):  # type: ignore[no-untyped-def]
        held = sum(len(group["params"]) for group in trainer.optimizers[0].param_groups)
        after.append((module.stage, trainer.global_step, held, backbone(module)))
        end(self, trainer, module)

    monkeypatch.setattr(cls, "begin", begins)
    monkeypatch.setattr(selection.Selection, "on_train_epoch_end", ends)
    method, info = fit(tmp_path)
    assert [stage for stage, *_ in after] == ["features", "features", "head", "head"]
    steps = after[0][1]
    assert [step for _, step, *_ in after] == [steps, 2 * steps, steps, 2 * steps]
    parameters = sum(1 for _ in method.backbone.parameters())
    assert [held for _, _, held, _ in after] == [parameters + 2, parameters + 2, 2, 2]
    for name, value in after[0][3].items():
        assert torch.equal(begun["head"][name], value), name
        # Batch norm's statistics too: the frozen encoder stays in evaluation mode through validation.
        assert torch.equal(after[3][3][name], value), name
        assert torch.equal(method.backbone.state_dict()[name], value), name
    assert (info.epochs, info.best_epoch, info.best_auroc) == (4, 3, 0.7)
    assert [row["epoch"] for row in info.curve] == [0, 1, 2, 3]
    assert method.stage == "head"


@pytest.mark.parametrize("epoch", [1, 2, 3, 4])
def test_interrupted_in_any_epoch_of_any_stage_it_ends_in_the_same_bits(
    whole: tuple[Path, TrainingInfo], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epoch: int
) -> None:
    ended = interrupt(monkeypatch, epoch)
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path)
    _, again = fit(tmp_path)
    # Nothing that was whole is trained twice.
    assert (
        ended
        == ["features", "features", "head", "head"][:epoch] + ["features", "features", "head", "head"][epoch - 1 :]
    )
    assert weights(tmp_path) == weights(whole[0])
    assert again.curve == whole[1].curve
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [training.WEIGHTS, training.INFO]
    assert not list(tmp_path.rglob("*.ckpt"))


@pytest.mark.parametrize(("stage", "there"), [("features", ["features"]), ("head", ["features", "head"])])
def test_killed_in_any_stage_it_ends_in_the_same_bits(
    whole: tuple[Path, TrainingInfo], tmp_path: Path, stage: str, there: list[str]
) -> None:
    folder = kill(__name__, stage, tmp_path)
    assert sorted(path.parent.name for path in folder.rglob("last.ckpt")) == there
    fit(folder)
    assert weights(folder) == weights(whole[0])


def test_the_next_stage_is_begun_again_where_it_was_killed_before_its_first_epoch(
    whole: tuple[Path, TrainingInfo], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = stages.Stage.finish

    def killed(self, curve):  # type: ignore[no-untyped-def]
        finish(self, curve)
        raise SystemExit

    monkeypatch.setattr(stages.Stage, "finish", killed)
    with pytest.raises(SystemExit):
        fit(tmp_path)
    monkeypatch.undo()
    fit(tmp_path)
    assert weights(tmp_path) == weights(whole[0])


def test_curves_are_logged_by_stage_and_lines_name_it(
    whole: tuple[Path, TrainingInfo], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fit(tmp_path, CSVLogger(tmp_path, name="log"))
    assert load_file(tmp_path / training.WEIGHTS).keys() == load_file(whole[0] / training.WEIGHTS).keys()
    rows = list(csv.DictReader(next(tmp_path.rglob("metrics.csv")).open()))
    for name in ("features/loss", "head/loss"):
        assert [row for row in rows if row[name]]
    assert len([row for row in rows if row["val/auroc"]]) == 4
    said = capsys.readouterr().err
    assert "stage features, 2 of 4 epochs:" in said
    assert "head, epoch 2 of 2: loss" in said
