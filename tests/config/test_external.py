from __future__ import annotations

from pathlib import Path

import pytest

from bench.config import ExternalConfig, compose
from bench.errors import BenchError

PHANTOM = ["task=cxr", "task.patients=300"]


def asked(*overrides: str) -> tuple[ExternalConfig, ...]:
    return compose([*PHANTOM, *overrides]).test


def test_none_is_asked_for() -> None:
    assert asked() == ()


def test_lists_go_together_by_position_and_what_is_no_list_holds_for_all() -> None:
    first, second = asked("test.dataset=[phantom,phantom]", "test.patients=[400,500]", "test.bias.prevalence=0.1")
    assert [one.options["patients"] for one in (first, second)] == [400, 500]
    assert [one.options["bias"]["prevalence"] for one in (first, second)] == [0.1, 0.1]


def test_the_options_of_the_set_that_is_trained_on_hold_as_they_are_for_training() -> None:
    (one,) = asked("test.site=A")
    assert (one.dataset, one.site, one.options["patients"]) == ("phantom", "A", 300)


def test_of_another_set_the_defaults_hold() -> None:
    (one,) = asked("test.dataset=csv", "test.root=/somewhere")
    assert (one.dataset, one.root, one.options) == ("csv", Path("/somewhere"), {"mapping": "mapping.yaml"})


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["test.dataset=fantom"], "mean 'phantom'"),
        (["test.dataset=1"], "test.dataset=1 is not a name"),
        (["test.dataset=[]"], "test.dataset of 0"),
        (["test.dataset=[phantom]", "test.site=[a,b]"], "test.dataset of 1, test.site of 2"),
        (["test.rot=/x"], "mean 'test.root'"),
        (["test.patients=many"], "test.patients=many.*int"),
        (["test.split=mine"], "test.*split=mine"),
    ],
)
def test_a_bad_option_is_one_clear_paragraph(overrides: list[str], words: str) -> None:
    with pytest.raises(BenchError, match=words) as caught:
        asked(*overrides)
    assert "\n" not in str(caught.value)
