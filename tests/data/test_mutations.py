"""Damaged files end in a reason or a paragraph, and never in wrong pixels; ``python -m tests.mutations`` does more."""

from __future__ import annotations

from pathlib import Path

from tests import mutations


def test_damaged_pictures_are_listed_or_are_what_they_say(tmp_path: Path) -> None:
    counts, wrong = mutations.pictures(11 * 8, 1, tmp_path)
    assert wrong == []
    assert counts["png", "huge", "rejected"] == 2
    assert sum(number for (_, damage, said), number in counts.items() if damage == "empty" and said == "rejected") == 11
    assert sum(counts.values()) == 11 * 8


def test_damaged_tables_and_mappings_are_refused_in_a_paragraph(tmp_path: Path) -> None:
    counts, wrong = mutations.tables(24, 1, tmp_path)
    assert wrong == []
    assert sum(counts.values()) == 24


def test_a_file_that_gives_other_pixels_than_it_may_is_told(tmp_path: Path) -> None:
    made = {case.damage: case for case in mutations.cases(11 * 8, 0) if case.name == "grey.png"}
    wrong = mutations.decode_intact(made["empty"], tmp_path)[::-1]
    for damage in ("cut in the middle", "bits flipped", "huge"):
        assert mutations.verdict(made[damage], wrong, tmp_path).startswith("WRONG")
    assert mutations.verdict(made["empty"], None, tmp_path) == "rejected"
