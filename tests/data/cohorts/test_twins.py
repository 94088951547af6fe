from dataclasses import replace

import numpy as np
import pytest

from bench.data.cohorts.twins import joined, twin
from bench.errors import BenchError
from bench.task import Phantom
from tests.data.cohorts.test_building import DATASET, build, table

WARD = Phantom(
    name=DATASET.name,
    summary=DATASET.summary,
    read=DATASET.read,
    render=lambda *given: 1 / 0,
    twin=lambda given, group: given.assign(race="none" if group is None else group),
)


def test_a_twin_is_the_same_image_of_another_group():
    part = build(table()).part("test")
    black = twin(part, WARD, "Black")
    assert (black.groups == part.spec.groups.index("Black")).all()
    assert black.rows.tolist() == list(range(len(part)))  # a set of images of its own
    rest = part.table.columns.drop("race")
    assert black.table[rest].equals(part.table[rest].reset_index(drop=True))
    assert black.attribute_groups == part.attribute_groups
    nobody = twin(part, WARD, None)
    assert (nobody.groups == -1).all()
    assert twin(black, WARD, None).fingerprint == nobody.fingerprint
    assert part.groups.min() >= 0  # as it was


def test_several_are_prepared_at_once():
    part = build(table()).part("test")
    made = [twin(part, WARD, group) for group in part.spec.groups]
    together = joined(made)
    assert together.rows.tolist() == list(range(3 * len(part)))
    np.testing.assert_array_equal(np.split(together.groups, 3), [cohort.groups for cohort in made])
    assert together.table["image"].tolist() == 3 * part.table["image"].tolist()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda given, group: given.assign(race="White"), "asked for 'Black', must set column 'race'"),
        (lambda given, group: given.iloc[1:].assign(race=group), r"must give a table of the \d+ rows it got; it gave"),
        (lambda given, group: given["race"], "it gave a Series"),
        (lambda given, group: given.iloc[::-1].assign(race=group), "column 'image' as it is"),
        (lambda given, group: given.assign(race=group, patient="p0"), "column 'patient' as it is"),
    ],
)
def test_a_twin_that_is_somebody_else_is_refused(wrong, words):
    with pytest.raises(BenchError, match=words):
        twin(build(table()).part("test"), replace(WARD, twin=wrong), "Black")
