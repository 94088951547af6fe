import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.pages import markdown
from bench.pages.document import (
    Bullets,
    Column,
    Document,
    Facts,
    Flags,
    Item,
    Name,
    Paragraph,
    Section,
    code,
    single,
    strong,
)
from tests.pages.conftest import grid

PAGE = r"""# A page

> **Take care.** It is synthetic.

Of `erm`, **bold** and *slanted*, δ

- one
  - beneath
  - it
- two

| | |
| --- | --- |
| Key | 4c |
| Path | a/b_c |

![What it \[shows\]](a%20figure.png)

All of it

| Method | AUROC ↑ | Residual ↓ | Images | Front | Flags |
| :--- | :---: | :---: | ---: | :---: | :--- |
| erm<br><sub>lr=0.1</sub> | **0.812**<br><sub>[0.700, 0.900]</sub> | **0.500** | 1,234 | ★ | LEAK, outputs: LEAK |
| none | – | – | -3 |  | plain |
| **Apart** |  |  |  |  |  |
| point | 0.500 | – | 0 |  | LEAK |

## Last

end
"""


def _one(*blocks: object) -> str:
    return markdown.render(Document((Section(blocks),)))  # type: ignore[arg-type]


def test_everything_a_document_holds(document: Document) -> None:
    assert markdown.render(document) == PAGE


def test_intervals_beside_and_apart() -> None:
    assert "| **0.812** (0.700–0.900) |" in _one(grid())
    assert "| **0.812** | 0.700 – 0.900 |" in _one(grid(intervals="apart"))
    assert "| – | too small |" in _one(grid(intervals="apart"))


@pytest.mark.parametrize("text", ["- a", "+ a", "=====", "---", "1. a", "12) a", "# a", "> a"])
def test_a_paragraph_begins_no_list_heading_or_rule(text: str) -> None:
    assert not re.match(r"[-+=#>]|\d+[.)]", _one(Paragraph(text)))
    assert not re.match(r"- (?:[-+=#>]|\d+[.)])", _one(Bullets((Item(text),))))


def test_code_that_holds_backticks_or_a_bar() -> None:
    assert _one(Paragraph(code("a``b"))) == "``` a``b ```\n"
    assert _one(Paragraph(code("a|b"))) == "a\\|b\n"


@given(st.text())
def test_text_from_others_stays_in_its_cell(text: str) -> None:
    cells = (text, strong(text), code(text), Name(text, text), Flags((text, text)))
    page = _one(single([Column(text)] * len(cells), [cells]), Facts(((text, text),)))
    for line in page.splitlines():
        if line:
            bars = re.sub(r"\\.", "", line).count("|")
            assert bars in (len(cells) + 1, 3)
    assert not re.search(r"<(?!/?sub>|br>)", re.sub(r"`[^`]*`", "", page))
