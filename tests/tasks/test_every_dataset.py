"""What the reader of every data set says of a table, column, image or word that is not as it should be.

The data sets are found by listing the tasks, and the miniature copy of each stands in its own test.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from bench.config import compose
from bench.data.check import check
from bench.data.cohorts import attrition
from bench.data.pixels import cache
from bench.errors import BenchError
from tests.miniatures import Miniature, miniature_of, read_from_files, refused, refused_without


@pytest.fixture(params=read_from_files(), ids="-".join)
def one(request: pytest.FixtureRequest) -> Miniature:
    """Each data set that lies in files; it fails by name where there is no miniature of it."""
    return miniature_of(*request.param)


def test_every_row_is_kept_or_left_out_for_a_reason(one: Miniature, tmp_path: Path) -> None:
    chosen = one.chosen(one.build(tmp_path))
    reading = chosen.dataset.read(tmp_path, chosen.options)
    assert reading.rows == len(reading.table) + sum(reading.excluded.values())
    table = attrition.of(chosen.cohort(checked=False))
    assert table.rows == reading.rows == table.kept + sum(table.excluded.values())
    assert all(isinstance(why, str) and n > 0 for why, n in {**table.excluded, **table.set_to_unknown}.items())


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


def test_a_column_that_is_missing_is_named(one: Miniature, tmp_path: Path) -> None:
    chosen = one.chosen(one.build(tmp_path))
    for table, columns in one.tables.items():
        refused_without(columns, tmp_path / table, chosen.dataset.read, tmp_path, chosen.options)


def test_a_word_for_race_sex_or_tone_that_is_unknown_is_named(one: Miniature, tmp_path: Path) -> None:
    chosen = one.chosen(one.build(tmp_path))
    for table, column, word in one.words:
        file = tmp_path / table
        content = file.read_bytes()
        cells = pd.read_csv(file, dtype=str, keep_default_na=False)
        cells.loc[0, column] = word
        cells.to_csv(file, index=False)
        message = refused(chosen.dataset.read, tmp_path, chosen.options)
        assert re.search(rf"{word!r} \([12] rows\)", message)  # of both eyes, where a row is a patient
        assert repr(column) in message
        assert file.name in message or "of the tables in" in message
        assert "Did you mean" in message or "Available: " in message
        file.write_bytes(content)


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
