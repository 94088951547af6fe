"""What holds of the pixels of every phantom: same rows, same pixels; twins that differ by race alone.

The phantoms are found by listing the tasks. What is one's own, its anatomy and its findings, stands in its own test.
"""

from __future__ import annotations

import hashlib
import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from bench.errors import BenchError
from bench.phantom import NO_RACE
from bench.task import identity
from tests.phantoms import TASKS_WITH, Subject

#: By task: the table of 60 patients; the images of its first eight rows at 64 px, and their masks; how two look at 224.
KNOWN: dict[str, tuple[str, str, str, str]] = {
    "ct": ("3e192fd1ed5b1612", "dbbd5f2ec261722a", "759feb2365add2f6", "dff801c3230255ac"),
    "cxr": ("82528afc92214723", "31f06cc2a7eab0f2", "7e683bd93707d218", "96ae9ba064e97923"),
    "hand": ("28a77302620e7ee8", "6390127bcb13e449", "665f0d6fe88f7d5d", "fa3e094d67d02846"),
    "mammo": ("c5e51a4e7a05d672", "b17e3e63dc4a246d", "e580588f2fc69a1c", "d142a104cfb38706"),
}


@pytest.fixture(params=TASKS_WITH, scope="module")
def one(request: pytest.FixtureRequest) -> Subject:
    """The phantom of each task that has one."""
    return Subject(request.param)


@pytest.fixture(scope="module")
def table(one: Subject) -> pd.DataFrame:
    return one.table(60)


def hashed(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def test_pixels_depend_on_the_row_alone(one: Subject, table: pd.DataFrame) -> None:
    rows = table.iloc[:20]
    images = one.render(rows)
    order = np.random.default_rng(0).permutation(20)
    np.testing.assert_array_equal(one.render(rows.iloc[order]), images[order])
    with ThreadPoolExecutor(4) as pool:
        chunks = list(pool.map(lambda at: one.render(rows.iloc[at : at + 3]), range(0, 20, 3)))
    np.testing.assert_array_equal(np.concatenate(chunks), images)
    np.testing.assert_array_equal(one.phantom.render(rows, 64, one.options(5_000)), images)
    assert len(np.unique(images.reshape(20, -1), axis=0)) == 20
    assert (one.phantom.render(rows, 64, one.options(60, seed=1)) != images).mean() > 0.2
    assert one.render(table.iloc[:0]).shape == (0, 64, 64)


def test_labels_do_not_show(one: Subject, table: pd.DataFrame) -> None:
    rows = table.iloc[:6]
    images = one.render(rows)
    labels = {name: 1.0 - rows[name] for name in rows if str(name).removeprefix("true_") in one.task.targets}
    np.testing.assert_array_equal(one.render(rows.assign(**labels)), images)


@pytest.mark.parametrize("size", [16, 63, 224])
def test_any_size_fills_the_grey_range(one: Subject, table: pd.DataFrame, size: int) -> None:
    images = one.render(table.iloc[:6], size)
    assert images.shape == (6, size, size)
    assert images.dtype == np.uint8
    low, high = np.percentile(images, [2, 98], axis=(1, 2))
    assert (low < 90).all()
    assert (high > 100).all()


def test_every_size_shows_the_same_patient(one: Subject, table: pd.DataFrame) -> None:
    rows = table.iloc[:8]
    small = one.render(rows).reshape(8, -1)
    shrunk = one.render(rows, 192).reshape(8, 64, 3, 64, 3).mean(axis=(2, 4)).reshape(8, -1)
    likeness = np.corrcoef(small, shrunk)[:8, 8:]
    assert (np.diag(likeness) > 0.93).all()
    assert (likeness.argmax(axis=1) == np.arange(8)).all()


def test_twins_differ_by_race_alone(one: Subject, table: pd.DataFrame) -> None:
    rows = table.iloc[:4]
    others = [one.twin(rows, race) for race in one.races]
    images = [one.render(other, 32) for other in others]
    own = np.stack(images)[[one.races.index(race) for race in rows["race"]], np.arange(4)]
    np.testing.assert_array_equal(own, one.render(rows, 32))
    assert not any(np.array_equal(a, b) for a, b in itertools.combinations(images, 2))
    nobody = [one.render(one.twin(other, None), 32) for other in others]
    assert all(np.array_equal(nobody[0], image) for image in nobody)
    assert not any(np.array_equal(nobody[0], image) for image in images)
    assert all(other.drop(columns="race").equals(rows.drop(columns="race")) for other in others)


def test_without_race_signal_every_race_has_the_pixels_of_none(one: Subject, table: pd.DataFrame) -> None:
    rows = table.iloc[:6]
    nobody = one.render(one.twin(rows, None))
    for race in one.races:
        np.testing.assert_array_equal(one.render(one.twin(rows, race), race_signal=0.0), nobody)


def test_race_changes_an_arrangement_not_brightness_or_contrast(one: Subject) -> None:
    rows = one.table(60).drop_duplicates("patient").iloc[:48]
    first, second = (one.render(one.twin(rows, race)).astype(float) for race in one.races[:2])
    assert np.abs(first - second).mean() > 0.4
    assert abs((first - second).mean()) < 0.5
    assert abs(first.std(axis=(1, 2)).mean() / second.std(axis=(1, 2)).mean() - 1) < 0.02


def test_masks_are_of_the_same_organ_at_any_size_and_in_twins(one: Subject, table: pd.DataFrame) -> None:
    rows = table.iloc[:12]
    masks = one.organ(rows)
    assert masks.dtype == bool
    assert masks.shape == (12, 64, 64)
    assert masks.any(axis=(1, 2)).all()
    assert (masks.mean(axis=(1, 2)) < 0.8).all()
    assert (one.organ(rows, 192)[:, 1::3, 1::3] == masks).mean() > 0.98
    assert (one.organ(one.twin(rows, None)) == masks).mean() > 0.99


# Bad input


def test_bad_options_and_cells_are_refused(one: Subject, table: pd.DataFrame) -> None:
    for options in (
        {"patients": 0},
        {"seed": -1},
        {"patient": 3},
        {"bias": {"race": 1.0}},
        {"bias": {"prevalence": 2}},
    ):
        with pytest.raises(ValidationError):
            one.phantom.options(**options)
    for cells, message in (
        ({"race": "Blakc"}, "Did you mean 'Black'"),
        ({"scanner": "MR"}, "scanner 'MR'"),
        ({"image": "00000001_000.png"}, "no image of the phantom"),
        ({one.phantom.drawn_from[-1]: np.nan}, f"no {one.phantom.drawn_from[-1]}"),
    ):
        with pytest.raises(BenchError, match=message):
            one.render(table.iloc[:1].assign(**cells))
    for column in one.phantom.drawn_from:
        with pytest.raises(BenchError, match=f"'{column}'"):
            one.render(table.drop(columns=column))


# What it is


def test_it_is_announced_as_synthetic_and_is_the_default_of_its_task(one: Subject) -> None:
    assert one.phantom.synthetic
    assert one.phantom.summary.startswith("synthetic ")
    assert "makes no claim on biology" in one.phantom.summary
    assert (one.task.dataset, one.task.image_size, one.task.backbone) == ("phantom", 64, "resnet_small")
    assert NO_RACE not in one.races


def test_its_identity_rests_on_its_own_files_and_on_what_phantoms_share(one: Subject) -> None:
    files = {line.split()[0] for line in identity.sources(one.phantom.code)}
    own = {name for name in files if name.startswith(f"{one.name}.")}
    assert {f"{one.name}.phantom", f"{one.name}._phantom_patients", f"{one.name}._phantom_anatomy"} <= own
    assert all("phantom" in name for name in own)
    assert {"phantom.streams", "phantom.texture", "phantom.arrangement"} < files
    assert not any(name.startswith("task") for name in files)


def test_known_answers(one: Subject, table: pd.DataFrame) -> None:
    """A change that moves any of them makes another phantom, whose ``version`` is raised."""
    rows = table.iloc[:8]
    cells = hashed(table.to_csv(index=False, float_format="%.9g").encode())
    looks = hashed(identity.coarse(one.render(table.iloc[:2], 224)).encode())
    found = (cells, hashed(one.render(rows).tobytes()), hashed(one.organ(rows).tobytes()), looks)
    assert found == KNOWN[one.name]
