"""Every fault that a method may have is named by the check that is there for it, and a sound one has none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bench.conformance import CHECKS, Check, examine
from bench.errors import BenchError
from bench.method import Method
from tests.conformance import faulty


def check(name: str) -> Check:
    (found,) = [one for one in CHECKS if one.name == name]
    return found


def test_a_sound_method_has_no_fault() -> None:
    report = examine(faulty.Sound)
    assert [(finding.check.name, finding.what) for finding in report.findings if not finding.holds] == []
    assert report.holds
    assert report.cost is not None
    assert report.cost.relative == 1.0
    assert report.cost.extra_parameters == 0


@pytest.mark.parametrize(
    ("cls", "name", "words"),
    [
        (faulty.Unnamed, "declares", "names no source"),
        (faulty.Unexplained, "hyperparameters", "strength is not explained"),
        (faulty.Divides, "hyperparameters", "with power=0.0 the loss is inf"),
        (faulty.Peeks, "withheld", "sex and age and race dealt out"),
        (faulty.PeeksWhenPredicting, "withheld", "predictions hang on race"),
        (faulty.AbsentGroup, "lacking", "a group is absent, the loss is nan"),
        (faulty.UnknownTargets, "lacking", "all targets are unknown, the loss is nan"),
        (faulty.ForgetsABuffer, "reloads", "a fresh instance"),
        (faulty.ForgetsACount, "resumes", "interrupted in stage train"),
        (faulty.DrawsOfItsOwn, "resumes", "ends in other weights"),
        (faulty.HangsOnTheBatch, "predicts", "in another order"),
        (faulty.HangsOnTheOrder, "predicts", "in another order"),
        (faulty.Random, "predicts", "in another order and other batches"),
        (faulty.Stashes, "reloads", "classify makes other logits"),
        (faulty.TwiceTheBudget, "cost", "2.00 × the image passes .* declares cost = 1"),
        (faulty.HiddenBudget, "cost", "3.00 × the image passes"),
        (faulty.Slow, "time", "of CPU time"),
        (faulty.Still, "trains", "no weight has moved"),
        (faulty.Raises, "trains", r"KeyError: 'nothing of that name', line \d+"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_each_fault_is_named(cls: type[Method], name: str, words: str) -> None:
    (finding,) = examine(cls, files=[Path(faulty.__file__)], checks=[check(name)]).findings
    assert not finding.holds
    assert finding.mend
    assert re.search(words, finding.what), finding.what


def test_a_hyperparameter_that_is_not_there_is_refused() -> None:
    with pytest.raises(BenchError, match="no hyperparameter 'strenght'"):
        examine(faulty.Unexplained, {"strenght": 1.0})


def test_findings_are_told_as_they_are_made() -> None:
    told = []
    examine(faulty.Unnamed, checks=[check("declares")], told=told.append)
    assert [finding.check.name for finding in told] == ["declares"]
