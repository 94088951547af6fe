"""Random numbers by key."""

import itertools

import numpy as np

from bench.phantom import Numbers, of_cohort, stream


def first(rng: np.random.Generator) -> float:
    return float(rng.random())


def test_a_key_is_a_stream_whatever_else_was_drawn() -> None:
    numbers = Numbers(0, 7, 1, 2)
    before = first(numbers("scanner"))
    numbers("clouds", 3).random(1000)
    assert first(numbers("scanner")) == before == first(stream(0, 7, 2, 5))


def test_body_and_disease_are_shared_and_the_rest_is_the_images_own() -> None:
    numbers = {(s, i): Numbers(0, 7, s, i) for s, i in ((1, 0), (1, 1), (2, 2))}
    assert len({first(n("body")) for n in numbers.values()}) == 1
    assert first(numbers[1, 0]("disease")) == first(numbers[1, 1]("disease")) != first(numbers[2, 2]("disease"))
    for purpose in ("image", "scanner", "clouds", "oriented"):
        assert len({first(n(purpose)) for n in numbers.values()}) == 3


def test_seeds_patients_purposes_and_blocks_are_apart() -> None:
    keys = itertools.product((0, 1), (0, 2**20), (0, 1), (0, 2, 16, 17))
    assert len({first(stream(*key)) for key in keys}) == 32
    assert first(Numbers(0, 0, 1, 0)("clouds", 0)) != first(Numbers(0, 0, 1, 0)("clouds", 1))


def test_a_cohorts_numbers_are_nobodys_and_keep_the_first_rows() -> None:
    few, many = (of_cohort(3, "patients").random((n, 5)) for n in (4, 9))
    np.testing.assert_array_equal(few, many[:4])
    assert first(of_cohort(3, "patients")) != first(of_cohort(3, "studies"))
