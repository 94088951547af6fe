import dataclasses

import pytest

from bench.pages.document import Column, Formula, Number, code, joined, plain, single, strong


def test_a_row_has_a_cell_for_every_column() -> None:
    with pytest.raises(ValueError, match="a row of 1 cells under 2 columns"):
        single((Column("a"), Column("b")), [("one",)])


def test_a_document_is_not_changed_once_it_is_made() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Number(1).value = 2  # type: ignore[misc]


def test_texts_in_plain_characters_and_one_after_another() -> None:
    text = ("a ", strong("b"), Formula("δ", r"\delta"))
    assert plain(text) == "a bδ"
    assert plain("a") == "a"
    assert joined([code("a"), ("b", "c")]) == (code("a"), ", ", "b", "c")
    assert joined([]) == ()
