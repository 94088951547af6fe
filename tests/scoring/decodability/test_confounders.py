import numpy as np
import pytest

from bench.errors import BenchError
from bench.scoring.decodability.confounders import most_frequent, patterns, typed
from bench.task import Confounder


def test_codes_are_categories_one_a_column() -> None:
    found = typed(np.array([[0, 1], [2, -1]]), 2)
    assert [(one.name, one.kind) for one in found] == [("column 1", "category"), ("column 2", "category")]
    assert [one.values.tolist() for one in found] == [[0, 2], [1, -1]]
    assert typed(np.array([3, 3]), 2)[0].values.tolist() == [3, 3]
    assert typed(None, 2) == ()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.zeros(3, int), "has the shape (3,), but there are 2 images"),
        (np.zeros(2), "must hold integer codes, but has the type float64"),
        (
            [Confounder("age", "number", np.zeros(3))],
            "'age' is a number and needs numbers, NaN where missing",
        ),
        ([Confounder("view", "category", np.zeros(2))], "'view' is a category and needs integer codes"),
        ([Confounder("age", "number", np.array([np.inf, 0.0]))], "'age' holds infinite numbers"),
        ([Confounder("a", "label", np.zeros(2, int))] * 2, "a name of its own, but they are called a, a"),
    ],
)
def test_what_is_no_column_of_these_images_is_refused(given: object, words: str) -> None:
    with pytest.raises(BenchError) as refused:
        typed(given, 2)  # type: ignore[arg-type]
    assert words in str(refused.value)


def test_patterns_join_labels_categories_and_quarters_of_numbers() -> None:
    age = np.array([1.0, 2, 3, 4, np.nan, np.nan, 1.5, 4])
    view = np.array([0, 0, 0, 0, 0, -2, -1, 1])
    found = patterns([Confounder("age", "number", age), Confounder("view", "category", view)], 8)
    assert len(np.unique(found)) == 8
    of_age = patterns([Confounder("age", "number", age)], 8)
    assert len(np.unique(of_age)) == 5  # four quarters, and where it is missing
    assert of_age[4] == of_age[5]
    np.testing.assert_array_equal(patterns([], 3), 0)


def test_a_patient_has_the_pattern_of_most_images() -> None:
    cells, patients = np.array([4, 2, 2, 7, 3, 3, 1]), np.array([0, 0, 0, 1, 2, 1, 2])
    assert most_frequent(cells, patients).tolist() == [2, 3, 1]
