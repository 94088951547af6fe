"""Patients written in several ways, and images that stand in a set more than once."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data import cohorts
from bench.data.cohorts import identity, splits
from bench.errors import BenchError
from bench.task import Dataset, Reading, Task

IDS = st.text(alphabet="aAbPp019-_ ./é", min_size=1, max_size=6).filter(str.strip)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12", "00012"), ("12", "12.0"), ("12", "00012.0"), ("P1", "p1"), ("P1", "p001"), ("P-1", "P1"),
        ("P 1", "p_01"), ("1-2", "1_02"), ("Müller", "MÜLLER"), ("Mu\u0308ller", "müller"), ("１２", "12"),
        ("0", "000"), ("A  B", "a b"),
    ],
)  # fmt: skip
def test_what_may_be_one_person(one, other):
    assert identity.form(one) == identity.form(other)
    assert identity.alike([one, other, "else"]).keys() == {one, other}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("12", "120"),
        ("12", "1-2"),
        ("P1", "Q1"),
        ("P10", "P1"),
        ("1.5", "15"),
        ("a1b", "a-b"),
        ("1-12", "11-2"),
        ("10", "1"),
    ],
)
def test_what_are_two_persons(one, other):
    assert identity.form(one) != identity.form(other)
    assert identity.alike([one, other, one]) == {}


@settings(max_examples=50, deadline=None)
@given(st.lists(IDS, min_size=1, max_size=30))
def test_alike_ids_are_in_one_split_and_all_others_where_they_always_were(ids):
    patients = pd.Series(ids)
    assigned = splits.assign(identity.together(patients))
    forms = patients.map(identity.form)
    assert assigned.groupby(forms).nunique().eq(1).all()
    alone = ~patients.isin(identity.alike(ids).keys())
    each = [splits.assign(pd.Series([patient])).iloc[0] for patient in patients[alone]]
    assert assigned[alone].tolist() == each


@settings(max_examples=50, deadline=None)
@given(st.lists(IDS, min_size=1, max_size=30))
def test_ids_become_one_only_where_another_is_the_same(ids):
    patients = pd.Series(ids)
    made, otherwise = identity.unified(patients)
    assert (made[~otherwise] == patients[~otherwise]).all()
    assert made.map(identity.form).tolist() == patients.map(identity.form).tolist()
    assert identity.unified(made)[0].tolist() == made.tolist()


def test_a_set_in_one_form_is_split_as_ever():
    # A change here would put patients of everyone's records into other splits.
    ids = pd.Series([f"P{n:05d}" for n in range(5)] + [str(n) for n in range(1, 6)] + ["00000012", "7.0"])
    assert identity.together(ids).tolist() == ids.tolist()
    made, otherwise = identity.unified(ids)
    assert made.tolist() == ids.tolist()
    assert not otherwise.any()


def test_numbers_in_one_form():
    given_ids = pd.Series(["00000001", "1", "1.0", "0", "000", "10", "P01", np.nan, "1.5"])
    assert identity.plain_numbers(given_ids).fillna("?").tolist() == ["1", "1", "1", "0", "0", "10", "P01", "?", "1.5"]


class Small(Task):
    """A task for these tests."""

    name = "small"
    summary = "small"
    targets = ("ill",)
    attributes = {"sex": ("F", "M")}  # noqa: RUF012
    protected = "sex"


def cohort(patients, dataset=None, **columns):
    n = len(patients)
    table = pd.DataFrame(
        {
            "image": [f"{k:04d}.png" for k in range(n)], "patient": patients, "ill": np.arange(n) // 2 % 2,
            "sex": [*np.where(np.arange(n) // 4 % 2, "F", "M")], **columns,
        }
    )  # fmt: skip
    dataset = dataset or Dataset(name="small", summary="small", read=lambda *_: None)
    split = "official" if "split" in table else "hash"
    return cohorts.build(Reading(table), Small, dataset, image_size=16, checked=False, split=split)


def two_ways(spell, n=200):
    """Two images of each patient, the second under another spelling, and the person of each."""
    persons = np.repeat(np.arange(1, n + 1), 2)
    return cohort([spell(p) if k % 2 else str(p) for k, p in enumerate(persons)]), persons


def test_one_person_in_two_spellings_is_in_one_split_and_told():
    found, persons = two_ways(lambda p: f"{p:05d}")
    assert found.table["split"].groupby(persons).nunique().eq(1).all()
    assert found.table["patient"].nunique() == 400
    assert found.set_to_unknown[identity.ALIKE] == 400
    (said,) = identity.spelt(found.table)
    assert said.startswith("400 patients of 400 images are written like another")
    assert "may be 200 persons: images 0000.png and 0001.png; 0002.png and 0003.png; 0004.png and 0005.png …" in said
    assert "kept in one split" in said


def test_decimals_and_whole_numbers_are_one_patient():
    found, persons = two_ways(lambda p: f"{p}.0")
    assert found.table["patient"].tolist() == [str(p) for p in persons]
    assert found.set_to_unknown[identity.UNIFIED] == 400
    assert identity.spelt(found.table) == []


def test_an_official_split_that_parts_a_person_is_refused_where_that_is_certain_and_told_where_it_is_not():
    parts = ["train", "test", "val", "train"] * 10
    with pytest.raises(BenchError, match="more than one"):
        cohort([f"{p // 2}.0" if p % 2 else str(p // 2) for p in range(40)], split=parts)
    found = cohort([f"P{p // 2}" if p % 2 else f"p{p // 2}" for p in range(40)], split=parts)
    (said,) = identity.spelt(found.table)
    assert "The official split has 20 of them in more than one split" in said


def test_rounded_numbers_are_told():
    found = cohort(["1.23E+11"] * 4 + [f"P{k}" for k in range(40)])
    (said,) = identity.spelt(found.table)
    assert said.startswith("4 images have a patient written as a power of ten")
    assert "1.23E+11" not in said


def test_nothing_is_said_of_a_set_in_one_form():
    found = cohort([f"P{k:03d}" for k in range(100)])
    assert identity.spelt(found.table) == []
    assert found.set_to_unknown == {}


def test_images_with_the_same_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (8, 5, 5), dtype=np.uint8)
    pixels[3] = pixels[6] = pixels[1]
    pixels[4] = pixels[5] = 7
    assert identity.same_pixels(pixels) == {3: 1, 6: 1}
    assert identity.same_pixels(np.repeat(pixels[..., None], 3, axis=3)) == {3: 1, 6: 1}
    assert identity.same_pixels(pixels[:0]) == {}


def test_what_repeated_images_are():
    table = pd.DataFrame(
        {
            "image": list("abcdefg"), "patient": ["1", "1", "2", "2", "3", "4", "5"],
            "split": ["train", "train", "train", "train", "train", "test", "test"],
        }
    )  # fmt: skip
    same = {"b": "a", "c": "a", "f": "a", "g": "gone", "gone": "a"}
    assert identity.counts(table, same) == {
        "image the same as another in another split (kept)": 1,
        "image the same as another of another patient (kept)": 1,
        "image the same as another of the same patient (kept)": 1,
    }
    said = identity.duplicates(table, same)
    assert [re.match(r"1 images are the same as another, ([^:]+): a and (\w)\.", text).groups() for text in said] == [
        ("of the same patient", "b"), ("of another patient", "c"), ("in another split", "f"),
    ]  # fmt: skip
    assert identity.counts(table, {}) == {}
    assert identity.duplicates(table, {}) == []


def test_the_groups_that_a_data_set_declares_are_its_default():
    few = Dataset(name="few", summary="few", read=lambda *_: None, groups={"sex": ("F", "M")})
    assert cohort([f"P{k}" for k in range(80)], few).spec.groups == ("F", "M")
