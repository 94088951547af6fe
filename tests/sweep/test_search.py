from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from optuna.trial import FrozenTrial

from bench.config import compose
from bench.records import read_all
from bench.sweep import sweep
from tests.conftest import TINY, scored

OVERRIDES = [*TINY, "method=reweighting", "trainer.max_epochs=1", "sweep.trials=3", "sweep.tolerance=0.5"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("whole")
    return folder, sweep(compose([*OVERRIDES, f"runs_dir={folder}"]))


def told(trials: list[FrozenTrial]) -> list[object]:
    return [(t.params, t.values, t.user_attrs) for t in trials]


def test_every_trial_is_a_record_and_the_choice_is_scored_on_test(whole) -> None:  # type: ignore[no-untyped-def]
    folder, done = whole
    records = {record.run.id: record for record in read_all(folder)}
    assert len(done.trials) == 3
    for t in done.trials:
        record = records[t.user_attrs["record"]]
        val = record.of("val")
        assert val is not None
        assert val.find.value("auroc", target="macro") == t.values[0]
        assert (record.of("test") is not None) == (record.run.id == done.outcome.record.run.id)
    assert done.outcome.record.run.id == done.chosen.user_attrs["record"]
    # Three trials and the baseline, nothing else.
    assert len(records) == 4


def test_the_first_trial_is_the_method_as_its_author_set_it(whole) -> None:  # type: ignore[no-untyped-def]
    defaults = compose(["method=reweighting"]).method.hyperparameters
    assert whole[1].trials[0].params == defaults


def test_again_it_returns_without_training(whole, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    from bench import training

    folder, done = whole
    monkeypatch.setattr(training, "fit", None)
    again = sweep(compose([*OVERRIDES, f"runs_dir={folder}"]))
    assert told(again.trials) == told(done.trials)
    assert again.outcome.existed


def test_a_hyperparameter_that_was_set_is_held(tmp_path: Path) -> None:
    overrides = [o for o in OVERRIDES if not o.startswith("sweep.trials")]
    done = sweep(compose([*overrides, "sweep.trials=1", "method.by=race", f"runs_dir={tmp_path}"]))
    assert "by" not in done.trials[0].params
    assert done.outcome.record.run.method.hyperparameters["by"] == "race"


def test_killed_in_the_middle_it_goes_on_and_ends_the_same(whole, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    _, done = whole
    command = [sys.executable, "-m", "bench", "sweep", *OVERRIDES, f"runs_dir={tmp_path}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    trained = "cxr/phantom/reweighting/*/training.json"
    while len(list(tmp_path.glob(trained))) < 2 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(list(tmp_path.glob(trained))) == 2, "it was to be killed in the second trial"
    resumed = sweep(compose([*OVERRIDES, f"runs_dir={tmp_path}"]))
    assert told(resumed.trials) == told(done.trials)
    assert scored(resumed.outcome.record) == scored(done.outcome.record)
    assert len(read_all(tmp_path)) == 4
