from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import FrozenTrial

from bench.config import compose
from bench.records import read_all
from bench.sweep import choose, sweep
from tests.conftest import TINY

OVERRIDES = [*TINY, "method=reweighting", "trainer.max_epochs=1", "sweep.trials=3", "sweep.tolerance=0.5"]


def trial(number: int, auroc: float, decodability: float) -> FrozenTrial:
    return optuna.trial.create_trial(values=[auroc, decodability]).__class__(
        number=number,
        state=optuna.trial.TrialState.COMPLETE,
        value=None,
        values=[auroc, decodability],
        datetime_start=None,
        datetime_complete=None,
        params={},
        distributions={},
        user_attrs={},
        system_attrs={},
        intermediate_values={},
        trial_id=number,
    )


def test_the_rule_takes_the_lowest_decodability_within_the_tolerance() -> None:
    trials = [trial(0, 0.80, 0.90), trial(1, 0.79, 0.70), trial(2, 0.70, 0.51), trial(3, 0.79, 0.70)]
    chosen, within = choose(trials, limit=0.78)
    assert (chosen.number, within) == (1, True)


def test_where_no_trial_is_within_the_best_diagnosis_is_taken_and_said_so() -> None:
    chosen, within = choose([trial(0, 0.60, 0.6), trial(1, 0.65, 0.7)], limit=0.78)
    assert (chosen.number, within) == (1, False)


@given(st.lists(st.tuples(st.floats(0.5, 1), st.floats(0.5, 1)), min_size=1, max_size=20), st.floats(0.5, 1))
def test_the_choice_is_never_dominated_among_the_admitted(values: list[tuple[float, float]], limit: float) -> None:
    trials = [trial(i, *value) for i, value in enumerate(values)]
    chosen, within = choose(trials, limit)
    admitted = [t for t in trials if t.values[0] >= limit]
    assert within == bool(admitted)
    if within:
        assert chosen in admitted
        assert all(chosen.values[1] <= t.values[1] for t in admitted)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("whole")
    return folder, sweep(compose([*OVERRIDES, f"runs_dir={folder}"]))


def told(trials: list[FrozenTrial]) -> list[object]:
    return [(t.params, t.values, t.user_attrs) for t in trials]


def test_every_trial_is_a_record_and_the_choice_is_scored_on_test(whole) -> None:  # type: ignore[no-untyped-def]
    folder, done = whole
    records = {record.id: record for record in read_all(folder)}
    assert len(done.trials) == 3
    for t in done.trials:
        record = records[t.user_attrs["record"]]
        assert record.score("auroc", target="macro", split="val").value == t.values[0]
        assert ("test" in record.scored) == (record.id == done.outcome.record.id)
    assert done.outcome.record.id == done.chosen.user_attrs["record"]
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
    assert done.outcome.record.method.hyperparameters["by"] == "race"


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
    assert resumed.outcome.record.scores == done.outcome.record.scores
    assert len(read_all(tmp_path)) == 4
