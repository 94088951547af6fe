"""docs/methods.md says of every method what its class declares."""

from __future__ import annotations

from bench.plugins.registry import METHODS
from tests.proofs import methods_page

PAGE = methods_page.PAGE.read_text(encoding="utf-8")


def test_the_page_is_what_the_classes_declare() -> None:
    assert methods_page.written(PAGE) == PAGE, "docs/methods.md is not what the code declares: run `make docs`"


def test_every_method_has_a_row_and_a_paragraph() -> None:
    for entry in METHODS.entries():
        assert f"| `{entry.name}` |" in PAGE
        assert PAGE.count(f"**`{entry.name}`** ") == 1
