from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.errors import BenchError
from bench.scoring.decodability.files import Labels, read_features, read_labels


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "l.csv").write_text("patient,race,sex\np1,White,F\np1,White,F\np2,,M\np3,Black,\n")
    return tmp_path / "l.csv"


def test_an_array_is_one_layer_and_an_archive_several(tmp_path: Path) -> None:
    np.save(tmp_path / "f.npy", np.arange(8.0).reshape(4, 2))
    ((name, values),) = read_features(tmp_path / "f.npy").items()
    assert (name, values.shape) == ("features", (4, 2))
    np.savez(tmp_path / "f.npz", outputs=np.ones((4, 1)), **{"block 3": np.ones((4, 3))})
    assert {name: values.shape for name, values in read_features(tmp_path / "f.npz").items()} == {
        "outputs": (4, 1),
        "block 3": (4, 3),
    }


def test_files_that_hold_no_features(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"There is no file .* several layers of one network saved with numpy\.savez"):
        read_features(tmp_path / "none.npy")
    np.save(tmp_path / "code.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "code.npz", a=np.array([{"a": 1}], dtype=object))
    np.savez(tmp_path / "empty.npz")
    (tmp_path / "torn.npz").write_bytes((tmp_path / "code.npz").read_bytes()[:80])
    for name, content in (("a.npy", b""), ("b.npy", b"PK"), ("c.npy", b"\x93NUMPY")):
        (tmp_path / name).write_bytes(content)
    for name in ("a.npy", "b.npy", "c.npy", "code.npy", "code.npz", "torn.npz"):
        with pytest.raises(BenchError, match="not a NumPy array of numbers"):
            read_features(tmp_path / name)
    with pytest.raises(BenchError, match="an archive without an array"):
        read_features(tmp_path / "empty.npz")


def test_rows_become_codes_attribute_by_attribute(table: Path) -> None:
    found = read_labels(table, 4, ["race", "sex"], "patient")
    race, sex = found.attributes
    assert (race.name, race.groups, race.codes.tolist()) == ("race", ("Black", "White"), [1, 1, -1, 0])
    assert (sex.name, sex.groups, sex.codes.tolist()) == ("sex", ("F", "M"), [0, 0, 1, -1])
    assert found.patients.tolist() == [0, 0, 1, 2]
    assert found.confounders == ()
    assert found.left_out == {"race": {"race is blank": 1}, "sex": {"sex is blank": 1}}


def test_columns_of_c_are_typed_by_their_values_and_an_attribute_does_not_explain_itself(table: Path) -> None:
    table.write_text(
        "patient,race,sex,ill,age,view,site\np1,W,F,1,61,AP,7\np2,B,M,0.0,NA,PA,NA\np3,W,M,,7.5e1,PA,8\np4,B,F,1,40,,9\n"
    )
    columns = ["ill", "age", "view", "sex"]
    found = read_labels(table, 4, ["race", "sex"], "patient", columns, ["site"], unknown=["NA"])
    assert [(one.name, one.kind, one.covariate) for one in found.confounders] == [
        ("ill", "label", False),
        ("age", "number", False),
        ("view", "category", False),
        ("sex", "category", False),
        ("site", "number", True),
    ]
    ill, age, view, sex, _ = (one.values.tolist() for one in found.confounders)
    assert (ill, view, sex) == ([1, 0, -1, 1], [0, 1, 1, -1], [0, 1, 1, 0])
    assert age == [61, pytest.approx(np.nan, nan_ok=True), 75, 40]
    assert found.confounders[2].levels == ("AP", "PA")
    assert [one.name for one in found.of(found.attributes[1])] == ["ill", "age", "view", "site"]
    many = "patient,race,age\n" + "".join(f"p{i},{'WB'[i % 2]},{i}\n" for i in range(40)) + "p99,W,old\n"
    table.write_text(many)
    with pytest.raises(BenchError, match=r"'age' of .* numbers but for 1 cells, the first 'old' in line 42\. .*=old"):
        read_labels(table, 41, ["race"], "patient", ["age"])


def test_numbers_as_names_stay_names(table: Path) -> None:
    table.write_text("patient,race\n007,1\n7,1\n8,2\n8,2\n")
    found = read_labels(table, 4, ["race"], "patient")
    assert found.patients.tolist() == [0, 1, 2, 2]
    assert found.attributes[0].groups == ("1", "2")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((["rase"], "patient"), r"l.csv lacks the column 'rase'\. Did you mean 'race'\? Available: patient, race, sex"),
        ((["race"], "id"), "lacks the column 'id'"),
        ((["race"], "patient", ["view"]), "lacks the column 'view'"),
        (
            (["race"], "patient", ["sex"], ["sex"]),
            r"Column 'sex' is named twice: .* \(given\) or to what else is known",
        ),
        ((["race"], "patient", ["patient"]), "Column 'patient' is named twice"),
        ((["race", "race"], "patient"), "Column 'race' is named twice"),
    ],
)
def test_columns_that_are_not_there_or_named_twice(table: Path, options: tuple[Any, ...], message: str) -> None:
    with pytest.raises(BenchError, match=message):
        read_labels(table, 4, *options)


def test_tables_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="There is no file"):
        read_labels(tmp_path / "none.csv", 4, ["race"], "patient")
    for text, message in (
        ("", "cannot be read as a CSV"),
        ("patient,race\np1,White\n", "1 rows and the features have 4"),
        ("patient,race\np1,White\n,White\n,Black\np2,Black\n", r"2 of 4 rows .* column 'patient', the first in line 3"),
    ):
        (tmp_path / "l.csv").write_text(text)
        with pytest.raises(BenchError, match=message):
            read_labels(tmp_path / "l.csv", 4, ["race"], "patient")


def labelled(table: Path, text: str, **more: Any) -> Labels:
    table.write_text(text)
    return read_labels(table, 4, ["race"], "patient", ["sex"], **more)


@pytest.mark.parametrize("word", ["NA", "None", "nan", "null", "-1", "n/a"])
def test_every_word_is_a_group_unless_it_is_declared_unknown(table: Path, word: str) -> None:
    text = f"patient,race,sex\np1,{word},F\np2, W ,F\np3,,M\np4,{word},\n"
    (race,) = labelled(table, text).attributes
    assert set(race.groups) == {word, "W"}
    assert [race.groups[code] if code >= 0 else "" for code in race.codes] == [word, "W", "", word]
    found = labelled(table, text, unknown=[word])
    assert (found.attributes[0].groups, found.attributes[0].codes.tolist()) == (("W",), [-1, 0, -1, -1])
    assert found.left_out["race"] == {"race is blank": 1, f"race is {word!r}, which stands for unknown": 2}
    with pytest.raises(BenchError, match=r"'Unk' is to stand for unknown, and no column of .* that is read holds it"):
        labelled(table, text, unknown=["Unk"])


def test_separators_at_the_end_of_rows_move_no_column(table: Path) -> None:
    plain = labelled(table, "patient,image,race,sex\np1,a,W,F\np2,b,B,M\np3,c,W,F\np4,d,B,M\n")
    ended = labelled(table, "patient,image,race,sex\np1,a,W,F,\np2,b,B,M,\np3,c,W,F,\np4,d,B,M,\n")
    assert plain.attributes[0].groups == ended.attributes[0].groups == ("B", "W")
    assert plain.attributes[0].codes.tolist() == ended.attributes[0].codes.tolist()
    assert plain.patients.tolist() == ended.patients.tolist()
    with pytest.raises(BenchError, match=r"1 rows with more fields .* line 4"):
        labelled(table, "patient,image,race,sex\np1,a,W,F\np2,b,B,M\np3,c,W,F,\np4,d,B,M\n")


def test_a_patient_of_two_groups_is_named_by_line(table: Path) -> None:
    with pytest.raises(BenchError, match=r"1 patients .* two groups or more .* 'W' in line 2 and 'B' in line 4"):
        labelled(table, "patient,race,sex\np1,W,F\np1,,F\np1,B,F\np4,W,M\n")
