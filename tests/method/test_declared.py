from __future__ import annotations

import re
from typing import Any

import pytest

from bench.errors import BenchError
from bench.method import Method, file
from bench.method.declared import HOOKS, needs


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {"training_step": lambda self, batch, i: None},
            "defines training_step, which belongs to the framework. Define loss",
        ),
        ({"on_train_batch_start": lambda self, *a: -1}, "defines on_train_batch_start, which belongs to the framework"),
        ({"predict_step": lambda self, batch: None}, "Define encode and classify"),
        ({"forward": lambda self, images: None}, "Define encode and classify"),
        ({"optimizer_step": lambda self, *a: None}, "Define step"),
        ({"loss": lambda self: None}, r"defines loss\(self\), which cannot be called .* Write def loss\(self, batch\)"),
        ({"begin": lambda self, stage: None}, r"Write def begin\(self, stage, train\)"),
        ({"classify": lambda self, features, groups: None}, r"Write def classify\(self, features\)"),
        ({"encode": 3}, r"declares encode, which is no method: write def encode\(self, images\)"),
        ({"uses_race": "test"}, r"Write def classify\(self, features, groups\) of a method with uses_race = .test."),
        ({"uses_race": "sometimes"}, "uses_race = 'sometimes'"),
        ({"family": "erasur"}, "family = 'erasur', and there is none. Did you mean 'erasure'"),
        ({"uses_attributes": ["sex"]}, r"uses_attributes = \['sex'\]; it is a tuple"),
        ({"uses_attributes": "sex"}, "uses_attributes = 'sex'; it is a tuple"),
        ({"needs_twins": True}, "needs_twins, and twins tell race"),
        ({"cost": 0}, "cost = 0; it is the image passes"),
        ({"cost": "2x"}, "cost = '2x'"),
    ],
)
def test_what_the_framework_cannot_go_by_is_refused_where_it_is_declared(body: dict[str, Any], words: str) -> None:
    with pytest.raises(BenchError) as error:
        type("Wrong", (Method,), body)
    assert str(error.value).startswith("Method Wrong ")
    assert re.search(words, str(error.value)), str(error.value)
    assert "\n" not in str(error.value)


def test_a_hook_may_have_more_than_it_is_called_with_where_that_has_defaults() -> None:
    type("Fine", (Method,), {"loss": lambda self, batch, weight=1.0: None})
    type("Told", (Method,), {"uses_race": "test", "classify": lambda self, features, groups: None})


def test_every_hook_has_a_default() -> None:
    assert all(callable(getattr(Method, name)) for name in HOOKS)


def test_needs_are_told_in_words() -> None:
    body = {
        "uses_attributes": ("sex",),
        "uses_held_out": True,
        "needs_twins": True,
        "uses_race": "train",
        "teacher": file(),
    }
    assert needs(type("Needy", (Method,), body)) == [
        "attribute sex",
        "held-out patients",
        "twins of training images",
        "a file (teacher)",
    ]
    assert needs(Method) == []
