from __future__ import annotations

import pandas as pd
import pytest

from bench.errors import count, listed, nearest, suggest


def test_the_nearest_name_and_what_there_is() -> None:
    assert suggest("pantom", ["phantom", "csv"]) == " Did you mean 'phantom'? Available: csv, phantom."
    assert suggest("zzz", []) == " Available: none."


def test_names_in_a_sentence() -> None:
    assert [listed(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]


def test_rows_are_counted_with_their_patients() -> None:
    rows = pd.DataFrame({"patient": [f"p{i // 2}" for i in range(2000)]})
    assert count(rows) == "2,000 images of 1,000 patients"
    assert count(rows.head(3), "rows") == "3 rows of 2 patients"


OPTIONS = (
    *("method", "method.lr", "method.strength", "task", "task.root", "task.dataset", "task.split", "test.root"),
    *("test.split", "trainer.max_epochs", "trainer.precision", "seed", "runs_dir"),
)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("root", "task.root"),
        ("split", "task.split"),
        ("metod", "method"),
        ("Seed", "seed"),
        ("test.rot", "test.root"),
        ("tsk.root", "task.root"),
        ("max_epoch", "trainer.max_epochs"),
        ("trainer.epochs", "trainer.max_epochs"),
        ("runs-dir", "runs_dir"),
        ("colour", None),
    ],
)
def test_the_option_that_was_meant(name: str, meant: str | None) -> None:
    assert nearest(name, OPTIONS) == meant


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("ERM", "erm"),
        ("adverserial", "adversarial"),
        ("fantom", "phantom"),
        ("white ", "White"),
        ("cxrays", "cxr"),
        ("densenet112", "densenet121"),
    ],
)
def test_a_misspelling_is_seen_through(name: str, other: str) -> None:
    assert nearest(name, [other, "something else"]) == other


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Caucasian", "Asian"),
        ("-1", "1"),
        ("-1000", "1000"),
        ("1.0", "10"),
        ("resnet19", "resnet18"),
        ("C11", "C1"),
        ("Male", "Female"),
        ("Female", "Male"),
        ("F", "M"),
        ("PA", "AP"),
        ("abnormal", "normal"),
        ("known", "unknown"),
        ("hypertension", "hypotension"),
        ("not hispanic", "hispanic"),
        ("negative", "positive"),
    ],
)
def test_a_word_that_means_something_else_is_not_suggested(name: str, other: str) -> None:
    assert nearest(name, [other]) is None
    assert "mean" not in suggest(name, [other])
