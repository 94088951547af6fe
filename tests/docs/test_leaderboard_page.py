"""docs/leaderboard.md has every column of the code, and speaks by hand of nothing that is not there."""

from __future__ import annotations

import re

from bench.leaderboard.columns import COLUMNS, MEASURED
from bench.leaderboard.ranks import EDITION, TOLERANCE
from bench.leaderboard.standing import SECTIONS
from tests.places import ROOT
from tests.proofs import leaderboard_page

PAGE = (ROOT / "docs" / "leaderboard.md").read_text(encoding="utf-8")
WORDS = re.sub(r"\s+", " ", PAGE)


def test_the_table_is_what_the_code_says() -> None:
    assert leaderboard_page.written(PAGE) == PAGE, "docs/leaderboard.md is not what the code declares: run `make docs`"


def test_every_column_and_section_is_named() -> None:
    for column in COLUMNS:
        assert re.search(rf"^\| `{column.key}`", PAGE, flags=re.MULTILINE), column.key
    for section in SECTIONS:
        assert re.search(rf"^\| `{section}` \|", PAGE, flags=re.MULTILINE), section


def test_the_numbers_it_speaks_of_are_those_of_the_code() -> None:
    assert f"seeds {EDITION[0]} to {EDITION[-1]}" in WORDS
    assert f"does not lie above −{TOLERANCE:g}." in WORDS
    assert f"dashed line at −{TOLERANCE:g} " in WORDS


def test_columns_of_other_sets_are_those_it_names() -> None:
    named = set(re.findall(r"`(\w+)_on_…`", PAGE))
    shown = {column.key for column in MEASURED if getattr(getattr(column.produce, "shown", None), "elsewhere", "")}
    assert named == shown
