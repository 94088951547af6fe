"""Studies of several images each."""

import numpy as np
import pytest

from bench.phantom import exams, places


def test_every_exam_has_as_many_images_and_shares_of_exams_are_met() -> None:
    count = np.random.default_rng(0).random(4000)
    patient, study, position = exams((0.7, 0.3), 4, count)
    _, images = np.unique(patient, return_counts=True)
    assert set(images) == {4, 8}
    assert (images == 8).mean() == pytest.approx(0.3, abs=0.03)
    assert (study == position // 4).all()
    assert (np.diff(patient) >= 0).all()
    again = exams((0.7, 0.3), 4, count[:100])
    np.testing.assert_array_equal(again.position, position[: len(again.position)])


def test_an_exam_holds_every_kind_once_and_begins_with_any() -> None:
    first = np.random.default_rng(1).random(400)
    patient, study, position = exams((0.5, 0.5), 4, np.random.default_rng(2).random(400))
    found = places(position, 4, first[patient])
    for one in np.unique(patient):
        for number in np.unique(study[patient == one]):
            assert sorted(found[(patient == one) & (study == number)]) == [0, 1, 2, 3]
    beginnings = np.bincount(found[position == 0], minlength=4)
    assert beginnings.min() > 70
