"""Names, cells and twins of a phantom's rows."""

import numpy as np
import pandas as pd
import pytest

from bench.errors import BenchError
from bench.phantom import NO_RACE, Cells, Numbers, drawn, image_names, numbers_of, patient_name, study_names, twin

CELLS = Cells({"race": ("Asian", "Black", NO_RACE), "side": ("L", "R")}, ("age",))
TABLE = pd.DataFrame({"image": ["p000001-s1-0", "p000001-s2-1"], "race": "Black", "side": ["L", "R"], "age": [1.0, 2]})


def test_a_name_says_which_numbers_an_image_has() -> None:
    studies = study_names([0, 123], [0, 2])
    images = image_names(studies, [0, 11])
    assert (studies, images) == (["p000000-s1", "p000123-s3"], ["p000000-s1-0", "p000123-s3-11"])
    assert all(name.startswith(patient_name(patient)) for name, patient in zip(images, (0, 123), strict=True))
    assert numbers_of({"image": images[1]}, 5) == Numbers(5, 123, 3, 11)
    for name in ("p1-s1-0", "p000001-s1", "p000001-s1-0.png", ""):
        with pytest.raises(BenchError, match="no image of the phantom"):
            numbers_of({"image": name}, 0)


def test_rows_are_given_with_what_they_are_drawn_from() -> None:
    rows = CELLS.rows(TABLE.assign(label=1.0), 32)
    assert [row["side"] for row in rows] == ["L", "R"]
    assert all("label" not in row for row in rows)


@pytest.mark.parametrize(
    ("table", "size", "message"),
    [
        (TABLE, 8, "16 to 1024 pixels a side, not 8"),
        (TABLE, 2048, "not 2048"),
        (TABLE.drop(columns="age"), 32, "without the column 'age'"),
        (TABLE.assign(race="Blakc"), 32, "has race 'Blakc'. Did you mean 'Black'"),
        (TABLE.assign(age=np.inf), 32, "p000001-s1-0' of the phantom has no age"),
    ],
)
def test_what_cannot_be_drawn_is_named(table: pd.DataFrame, size: int, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        CELLS.rows(table, size)


def test_pictures_are_drawn_a_row_each() -> None:
    rows = CELLS.rows(TABLE, 16)
    images = drawn(rows, 16, lambda row: np.full((16, 16), row["age"]))
    assert images.dtype == np.uint8
    assert images[:, 0, 0].tolist() == [1, 2]
    masks = drawn(rows, 16, lambda row: np.full((16, 16), row["side"] == "L"), bool)
    assert masks.dtype == bool
    assert masks[:, 0, 0].tolist() == [True, False]
    assert drawn([], 16, lambda row: images[0]).shape == (0, 16, 16)


def test_a_twin_differs_by_race_alone() -> None:
    assert set(twin(TABLE, "Asian")["race"]) == {"Asian"}
    assert set(twin(TABLE, None)["race"]) == {NO_RACE}
    assert twin(TABLE, "Asian").drop(columns="race").equals(TABLE.drop(columns="race"))
    assert set(TABLE["race"]) == {"Black"}
