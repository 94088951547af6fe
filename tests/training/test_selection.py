from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from bench import training
from bench.config import compose
from bench.run import run
from bench.training import selection
from bench.training.stages import best
from tests.conftest import TINY


def test_the_best_epoch_is_kept_and_training_stops_when_it_has_long_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aurocs = iter([0.6, 0.9, 0.7, 0.7, 0.7, 0.7])
    monkeypatch.setattr(selection, "macro_auroc", lambda targets, logits: next(aurocs))
    weights = {}
    end = selection.Selection.on_train_epoch_end

    def remember(self, trainer, module):  # type: ignore[no-untyped-def]
        weights[trainer.current_epoch] = module.head.weight.detach().clone()
        end(self, trainer, module)

    monkeypatch.setattr(selection.Selection, "on_train_epoch_end", remember)
    config = compose([*TINY, "method=erm", "trainer.max_epochs=6", "trainer.patience=2", f"runs_dir={tmp_path}"])
    info = run(config, ["val"]).record.run.training
    assert (info.epochs, info.best_epoch, info.best_auroc) == (4, 1, 0.9)
    kept = load_file(next(tmp_path.rglob(training.WEIGHTS)))
    assert torch.equal(kept["head.weight"], weights[1])


def test_epochs_of_a_warm_up_are_not_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aurocs = iter([0.99, 0.98, 0.7, 0.75])
    monkeypatch.setattr(selection, "macro_auroc", lambda targets, logits: next(aurocs))
    config = compose([*TINY, "method=adversarial", "trainer.max_epochs=4", f"runs_dir={tmp_path}"])
    info = run(config, ["val"]).record.run.training
    assert info.best_epoch == 3
    assert info.best_auroc == 0.75


def test_a_network_trained_for_race_keeps_its_last_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever its diagnosis does: its best epoch comes first here, and patience is short."""
    aurocs = iter([0.9, 0.8, 0.7, 0.6])
    monkeypatch.setattr(selection, "macro_auroc", lambda targets, logits: next(aurocs))
    overrides = [*TINY, "method=race_reader", "trainer.max_epochs=4", "trainer.patience=1", f"runs_dir={tmp_path}"]
    record = run(compose(overrides), ["val"]).record
    info = record.run.training
    assert (info.epochs, info.best_epoch, info.best_auroc) == (4, 3, 0.6)
    assert record.run.method.reference


def test_the_best_epoch_stays_the_best_where_the_runs_folder_is_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted after the third epoch, moved, gone on with: the first is the best, and patience is not renewed."""
    figures, values = [0.9, 0.6, 0.7, 0.8, 0.8, 0.8], []

    def auroc(targets: object, logits: object) -> float:
        if len(values) == 3 and not (tmp_path / "moved").exists():
            raise KeyboardInterrupt
        values.append(figures[len(values)])
        return values[-1]

    monkeypatch.setattr(selection, "macro_auroc", auroc)
    overrides = [*TINY, "method=erm", "trainer.max_epochs=6", "trainer.patience=4"]
    with pytest.raises(KeyboardInterrupt):
        run(compose([*overrides, f"runs_dir={tmp_path / 'runs'}"]), ["val"])
    (best,) = (tmp_path / "runs").rglob("best-*.ckpt")
    weights = torch.load(best, weights_only=True)["head.weight"]
    (tmp_path / "runs").rename(tmp_path / "moved")
    outcome = run(compose([*overrides, f"runs_dir={tmp_path / 'moved'}"]), ["val"])
    info = outcome.record.run.training
    assert (info.epochs, info.best_epoch, info.best_auroc) == (5, 0, 0.9)
    assert torch.equal(load_file(outcome.folder / training.WEIGHTS)["head.weight"], weights)


def test_of_figures_that_are_no_number_none_is_best() -> None:
    nan = float("nan")
    for figures, wanted in (([nan, 0.5, nan, 0.5], 1), ([nan, nan], 0), ([0.2, nan], 0), ([0.2, nan, 0.3], 2)):
        assert best([{"epoch": i, "val_selection": x} for i, x in enumerate(figures)])["epoch"] == wanted
