"""docs/contract.md names every hook and everything that can be declared, and its examples are the templates."""

from __future__ import annotations

import re

from bench.method import Batch, Encoded, TrainingSet
from bench.method.declared import HOOKS
from bench.plugins.scaffold import KINDS
from tests.proofs import contract_page

PAGE = contract_page.PAGE.read_text(encoding="utf-8")


def test_the_examples_are_what_bench_new_writes() -> None:
    assert contract_page.written(PAGE) == PAGE, "docs/contract.md is not what the templates are: run `make docs`"
    assert len(re.findall(r"```python\n\"\"\"", PAGE)) == len(KINDS) == 10


def test_every_hook_and_every_field_is_named() -> None:
    text = PAGE[: PAGE.index("<!-- examples -->")]
    for name, given in HOOKS.items():
        assert f"`{name}({', '.join(given)})`" in text, name
    for kind in (Batch, TrainingSet, Encoded):
        for field in kind._fields:
            assert re.search(rf"`{field}\b", text), (kind.__name__, field)
