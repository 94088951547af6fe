"""What ``bench dial`` is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.dial import read
from bench.dial.request import value_of
from bench.errors import BenchError
from tests.conftest import TINY

DIAL = "bias.prevalence=0.15,0,0.075"


def test_networks_are_trained_as_usual_and_tested_at_every_other_strength() -> None:
    request = read([*TINY, "method=erm,group_dro", "seed=0,1", DIAL, "out=~/curves"])
    assert (request.dial, request.strengths, request.usual) == ("bias.prevalence", (0.0, 0.075, 0.15), 0.075)
    assert request.out == Path.home() / "curves"
    assert [(one.label, one.config.seed) for one in request.networks] == [
        ("erm", 0), ("erm", 1), ("group_dro", 0), ("group_dro", 1),
    ]  # fmt: skip
    for one in request.networks:
        assert value_of(one.config, "bias.prevalence") == one.strength == 0.075
        assert [test.options["bias"]["prevalence"] for test in one.config.test] == [0.0, 0.15]
        assert {test.options["seed"] for test in one.config.test} == {one.config.task.options["seed"]}


def test_trained_at_each_strength_they_are_runs_of_their_own() -> None:
    request = read([*TINY, "method=erm", DIAL, "trained=true"])
    assert [one.strength for one in request.networks] == [0.0, 0.075, 0.15]
    assert [value_of(one.config, "bias.prevalence") for one in request.networks] == [0.0, 0.075, 0.15]
    assert all(one.config.test == () for one in request.networks)


def test_any_dial_by_its_whole_name_and_other_lists_are_settings() -> None:
    request = read([*TINY, "method=adversarial", "method.strength=1,2", "task.bias.race_signal=0,1"])
    assert request.dial == "bias.race_signal"
    assert [one.label for one in request.networks] == [
        "adversarial, method.strength=1",
        "adversarial, method.strength=2",
    ]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["method=erm"], "takes one dial of a phantom with the strengths to score at, and none was given"),
        (
            [DIAL, "bias.annotation=0,0.1"],
            r"it was given task\.bias\.prevalence=0.15,0,0.075 and task\.bias\.annotation",
        ),
        (
            ["bias.prevalnce=0,0.1"],
            r"There is no option 'task\.bias\.prevalnce'\. Did you mean 'task\.bias\.prevalence'",
        ),
        (["bias.prevalence=0,0.9"], r"task\.bias\.prevalence=0\.9 cannot be used"),
        (["bias.prevalence=a,b"], "strengths of a dial are numbers"),
        ([DIAL, "trained=maybe"], "trained=maybe is neither true nor false"),
        ([DIAL, "method=nothing"], "nothing"),
    ],
)
def test_bad_input_is_one_paragraph(more: list[str], words: str) -> None:
    with pytest.raises(BenchError, match=words) as caught:
        read([*TINY, *more])
    assert "\n" not in str(caught.value)


def test_a_set_in_files_has_no_dial(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="lies in files, so it has no dial to turn"):
        read(["task=skin", "task.dataset=milk10k", f"task.root={tmp_path}", "task.max_unreadable=0.1,0.2"])
