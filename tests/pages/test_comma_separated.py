import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from bench.pages import comma_separated
from bench.pages.document import Column, Name, single
from tests.pages.conftest import grid


def test_numbers_as_they_are() -> None:
    assert comma_separated.render(grid()).splitlines() == [
        "method,auroc,auroc_low,auroc_high,residual,images,front,flags",
        'erm (lr=0.1),0.81234,0.7,0.9,0.5,1234,true,"LEAK, outputs: LEAK"',
        "none,,,,,-3,false,plain",
        "point,0.5,,,,0,false,LEAK",
    ]


@given(st.text().filter(lambda text: "\x00" not in text and "\r" not in text))
def test_text_comes_back_and_is_no_formula(text: str) -> None:
    written = comma_separated.render(single((Column("a"), Column("b", key="b")), [(text, Name(text))]))
    ((a, b),) = list(csv.reader(io.StringIO(written)))[1:]
    assert a == b
    assert a.removeprefix("'") == text.removeprefix("'")
    assert not a.lstrip().startswith(tuple("=+-@"))
