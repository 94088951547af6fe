"""What determines a run, and what cannot be one."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from bench.config import compose
from bench.errors import BenchError
from bench.run import plan, run
from tests.conftest import TINY
from tests.run.conftest import config
from tests.tasks_for_tests import replaced_dataset


@pytest.mark.parametrize(
    "change",
    [
        "seed=1",
        "method.lr=0.001",
        "trainer.max_epochs=3",
        "task.bias.prevalence=0.05",
        "task.targets=[effusion]",
        "method=group_dro",
    ],
)
def test_whatever_determines_the_result_changes_the_id(tiny_runs: Path, change: str) -> None:
    assert plan(config(tiny_runs, change)).id != plan(config(tiny_runs)).id


@pytest.mark.parametrize("change", ["runs_dir=elsewhere", "logger=csv", "cache_dir=elsewhere", "trainer.workers=1"])
def test_what_does_not_determine_it_does_not(tiny_runs: Path, change: str) -> None:
    assert plan(config(tiny_runs, change)).id == plan(config(tiny_runs)).id


def test_race_free_images_make_another_run(tiny_runs: Path) -> None:
    plain = plan(config(tiny_runs))
    free = dataclasses.replace(plain, method=type("Erm", (plain.method,), {"race_free": True}))
    assert free.id != plain.id
    assert free.images_fingerprint == plain.images_fingerprint


def test_the_oracle_needs_a_data_set_that_can_leave_race_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    oracle = [*TINY, "method=oracle", f"runs_dir={tmp_path / 'runs'}"]
    with pytest.raises(BenchError, match="images that do not show sex, and data set 'phantom' cannot"):
        run(compose([*oracle, "task.protected=sex"]))
    replaced_dataset(monkeypatch, lambda dataset: dataclasses.replace(dataset, twin=None))
    with pytest.raises(BenchError, match="images that do not show race, and data set 'phantom' cannot"):
        run(compose(oracle))
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("more", "tuned", "said"),
    [
        ([], 0, "default"),
        (["method.strength=0.3"], 0, "set by hand"),
        (["method.strength=0.3"], 16, "tuned: 16 trials"),
    ],
)
def test_a_record_says_where_hyperparameters_come_from(tmp_path: Path, more: list[str], tuned: int, said: str) -> None:
    config = compose([*TINY, "method=adversarial", *more, f"runs_dir={tmp_path}"])
    planned = plan(config.model_copy(update={"method": config.method.model_copy(update={"tuned": tuned})}))
    assert planned.method_info().tuning == said
    # It is no part of what the network is.
    assert planned.id == plan(config).id
