import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.pages.escaping import comma_separated, latex, markdown, visible


def test_what_steers_a_terminal_or_turns_text_is_named() -> None:
    assert visible("a\x1b[31mb\x07") == "a[U+001B][31mb[U+0007]"
    assert visible("safe\u202eexe.gpj") == "safe[U+202E]exe.gpj"
    assert visible("a\n b\tc") == "a b c"
    assert visible("naïve 漢 σ →") == "naïve 漢 σ →"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r1", "\uff1d1"])
def test_a_formula_is_text_in_a_spreadsheet(text: str) -> None:
    assert comma_separated(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "0.5", "–", "→ ridge", "1-2", "'quoted'"])
def test_other_text_stands_in_a_csv_as_it_is(text: str) -> None:
    assert comma_separated(text) == text


@given(st.text())
def test_nothing_in_markdown_is_markup(text: str) -> None:
    escaped = markdown(text)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*\[\]|#~$]", escaped)
    assert not set("<>\n\r\x1b") & set(escaped)


@given(st.text())
def test_nothing_in_latex_is_a_command(text: str) -> None:
    escaped = latex(text)
    assert escaped.isprintable()
    assert not re.search(r"(?<!\\)[%&#_]", escaped)
    assert escaped.count("{") - escaped.count(r"\{") == escaped.count("}") - escaped.count(r"\}")
