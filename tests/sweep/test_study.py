from __future__ import annotations

from pathlib import Path

import pytest

from bench.method.hyperparameters import Tunable, tunable
from bench.sweep import describe
from bench.sweep.study import ask, fail, finished, open_study, remaining

SEARCHED: dict[str, Tunable] = {
    "strength": tunable(1.0, low=0.01, high=100.0, log=True),
    "by": tunable("race", choices=("race", "label")),
}


def proposals(storage: Path, trials: int, stop: int | None = None) -> list[dict[str, object]]:
    """Ask and tell until all trials are in, or leave the one of this number running."""
    study, drawn = open_study(storage, "study", SEARCHED), []
    for number in remaining(study, trials):
        trial, params = ask(study, SEARCHED, 0, number)
        if number == stop:
            return drawn
        drawn.append(params)
        study.tell(trial, (0.5 + 0.1 * (params["by"] == "race"), float(params["strength"])))
    return drawn


def test_the_first_trial_is_the_method_as_its_author_set_it(tmp_path: Path) -> None:
    assert proposals(tmp_path / "study.db", 1) == [{"strength": 1.0, "by": "race"}]


@pytest.mark.parametrize("stop", [0, 3, 7])
def test_left_in_the_middle_of_a_trial_it_draws_the_same_again(tmp_path: Path, stop: int) -> None:
    whole = proposals(tmp_path / "whole.db", 9)
    first = proposals(tmp_path / "left.db", 9, stop)
    assert first + proposals(tmp_path / "left.db", 9) == whole


def test_a_trial_that_failed_by_itself_counts_as_run(tmp_path: Path) -> None:
    study = open_study(tmp_path / "study.db", "study", SEARCHED)
    numbers = []
    for number in remaining(study, 3):
        numbers.append(number)
        fail(study, ask(study, SEARCHED, 0, number)[0], "a reason")
    assert numbers == [0, 1, 2]
    assert finished(study) == []
    assert not list(remaining(open_study(tmp_path / "study.db", "study", SEARCHED), 3))


def test_hyperparameters_in_a_line() -> None:
    assert describe({"strength": 0.123456, "steps": 3, "by": "race"}) == "strength=0.123, steps=3, by=race"


@pytest.mark.parametrize("name", ["why?x", "50% x", "x#y", "{b}", "[red] müll & 'q'"])
def test_the_trials_are_kept_where_the_path_says(name: str, tmp_path: Path) -> None:
    storage = tmp_path / name / "study.db"
    storage.parent.mkdir()
    proposals(storage, 1)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert storage.exists()
