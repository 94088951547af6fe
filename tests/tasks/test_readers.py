"""What every reader says of a table, column, image or word that is not as it should be."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from bench.config import compose
from bench.data.check import check
from bench.data.pixels import cache
from bench.errors import BenchError
from tests.miniatures import refused, refused_without
from tests.places import ROOT
from tests.readers import MINIATURES, Miniature

every = pytest.mark.parametrize("one", MINIATURES, ids=lambda one: one.name)
with_tables = pytest.mark.parametrize("one", [one for one in MINIATURES if one.tables], ids=lambda one: one.name)
with_words = pytest.mark.parametrize(
    ("one", "table", "column", "word"),
    [(one, *where) for one in MINIATURES for where in one.words],
    ids=lambda value: value.name if isinstance(value, Miniature) else None,
)


def test_no_reader_is_forgotten() -> None:
    tasks = ROOT / "tasks"
    readers = {file.stem for file in tasks.glob("*/[a-z]*.py")} - {"phantom", "csv"}
    assert readers == {one.name for one in MINIATURES}


@with_tables
def test_a_table_that_is_missing_is_named(one: Miniature, tmp_path: Path) -> None:
    chosen = one.chosen(one.build(tmp_path))
    for table in one.tables:
        file = tmp_path / table
        content = file.read_bytes()
        file.unlink()
        message = refused(chosen.dataset.read, tmp_path, chosen.options)
        # Released under a name with a version in it, some are looked for by a pattern.
        assert str(tmp_path) in message
        assert file.name in message or file.name.replace("2.0.0", "2*") in message or "prsn*" in message
        assert any(remedy in message for remedy in ("task.root", "task.mimic_iv", "race_rule", "belongs", "download"))
        file.write_bytes(content)


@with_tables
def test_a_column_that_is_missing_is_named(one: Miniature, tmp_path: Path) -> None:
    chosen = one.chosen(one.build(tmp_path))
    for table, columns in one.tables.items():
        refused_without(columns, tmp_path / table, chosen.dataset.read, tmp_path, chosen.options)


@with_words
def test_a_word_for_race_sex_or_tone_that_is_unknown_is_named(
    one: Miniature, table: str, column: str, word: str, tmp_path: Path
) -> None:
    chosen = one.chosen(one.build(tmp_path))
    cells = pd.read_csv(tmp_path / table, dtype=str, keep_default_na=False)
    cells.loc[0, column] = word
    cells.to_csv(tmp_path / table, index=False)
    message = refused(chosen.dataset.read, tmp_path, chosen.options)
    assert re.search(rf"{word!r} \([12] rows\)", message)  # of both eyes, where a row is a patient
    assert repr(column) in message
    assert Path(table).name in message or "of the tables in" in message
    assert "Did you mean" in message or "Available: " in message


def test_a_folder_of_the_hand_atlas_that_is_no_group_is_named(tmp_path: Path) -> None:
    one = next(one for one in MINIATURES if one.name == "digital_hand_atlas")
    chosen = one.chosen(one.build(tmp_path))
    (tmp_path / "JPEGimages" / "AFRF").mkdir()
    message = refused(chosen.dataset.read, tmp_path, chosen.options)
    assert "AFRF is no group" in message
    assert "BLKF" in message
    (tmp_path / "JPEGimages" / "AFRF").rmdir()
    (tmp_path / "JPEGimages" / "BLKF").rename(tmp_path / "elsewhere")
    assert "lacks the folder JPEGimages/BLKF" in refused(chosen.dataset.read, tmp_path, chosen.options)


@every
def test_images_that_are_missing_or_broken_are_named_and_a_run_goes_on(one: Miniature, tmp_path: Path) -> None:
    root = one.build(tmp_path / "data")
    config = compose([*one.arguments(root), "task.image_size=16"])
    chosen = one.chosen(root)
    whole = chosen.cohort(checked=False)
    assert whole.missing == ()
    gone, broken = whole.table["image"].iloc[[1, 2]]
    if one.listed:
        (root / gone).unlink()
    (root / broken).write_bytes((root / broken).read_bytes()[:100])
    warnings = check(config, sample=10_000).warnings
    assert [text for text in warnings if broken in text and "cannot be read" in text]
    cohort = chosen.cohort(checked=False)
    if one.listed:
        (told,) = [text for text in warnings if "not on disk" in text]
        assert "1 images of the data set's table are not on disk and left out: " in told
        assert f"{Path(gone).name}. Fetch them" in told
        assert cohort.excluded["image file missing"] == whole.excluded.get("image file missing", 0) + 1
    images = cache.open_images(
        cohort, chosen.dataset, chosen.options, root, tmp_path / "cache", 16, 1, config.task.max_unreadable
    )
    assert [image for image, _ in images.rejected] == [broken]
    assert len(images.pixels) == len(whole) - one.listed
    with pytest.raises(
        BenchError, match=r"no more than 0 of them may be unreadable \(task\.max_unreadable\)"
    ) as caught:
        cache.open_images(cohort, chosen.dataset, chosen.options, root, tmp_path / "cache", 16, 1, 0.0)
    assert broken in str(caught.value)
