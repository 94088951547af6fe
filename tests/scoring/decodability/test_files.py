from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.errors import BenchError
from bench.scoring.decodability.files import Labelled, read


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, Path]:
    np.save(tmp_path / "f.npy", np.arange(8.0).reshape(4, 2))
    (tmp_path / "l.csv").write_text("patient,race,sex\np1,White,F\np1,White,F\np2,,M\np3,Black,\n")
    return tmp_path / "f.npy", tmp_path / "l.csv"


def test_rows_become_codes(saved: tuple[Path, Path]) -> None:
    data = read(*saved, "race", "patient", ["sex"])
    assert data.names == ("Black", "White")
    assert data.groups.tolist() == [1, 1, -1, 0]
    assert data.patients.tolist() == [0, 0, 1, 2]
    assert data.strata.tolist() == [[0], [0], [1], [-1]]
    assert data.features.shape == (4, 2)
    assert read(*saved, "race", "patient", []).strata is None


def test_numbers_as_names_stay_names(tmp_path: Path, saved: tuple[Path, Path]) -> None:
    (tmp_path / "l.csv").write_text("patient,race\n007,1\n7,1\n8,2\n8,2\n")
    data = read(*saved, "race", "patient", [])
    assert data.patients.tolist() == [0, 1, 2, 2]
    assert data.names == ("1", "2")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("rase", "patient", []),
            r"l.csv lacks the column 'rase'\. Did you mean 'race'\? Available: patient, race, sex",
        ),
        (("race", "id", []), "lacks the column 'id'"),
        (("race", "patient", ["view"]), "lacks the column 'view'"),
    ],
)
def test_an_unknown_column_names_the_nearest(
    saved: tuple[Path, Path], options: tuple[str, str, list[str]], message: str
) -> None:
    with pytest.raises(BenchError, match=message):
        read(*saved, *options)


def test_files_that_cannot_be_read(tmp_path: Path, saved: tuple[Path, Path]) -> None:
    features, labels = saved
    with pytest.raises(BenchError, match="There is no file"):
        read(tmp_path / "none.npy", labels, "race", "patient", [])
    with pytest.raises(BenchError, match="There is no file"):
        read(features, tmp_path / "none.csv", "race", "patient", [])
    np.save(tmp_path / "code.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    for content in (b"", b"PK", b"\x93NUMPY"):
        (tmp_path / "broken.npy").write_bytes(content)
        with pytest.raises(BenchError, match="not a NumPy array"):
            read(tmp_path / "broken.npy", labels, "race", "patient", [])
    with pytest.raises(BenchError, match="not a NumPy array of numbers"):
        read(tmp_path / "code.npy", labels, "race", "patient", [])
    np.savez(tmp_path / "many.npz", a=np.ones(3))
    with pytest.raises(BenchError, match="archive"):
        read(tmp_path / "many.npz", labels, "race", "patient", [])
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(BenchError, match="cannot be read as a CSV"):
        read(features, tmp_path / "empty.csv", "race", "patient", [])
    (tmp_path / "short.csv").write_text("patient,race\np1,White\n")
    with pytest.raises(BenchError, match=r"1 rows and .* shape \(4, 2\)"):
        read(features, tmp_path / "short.csv", "race", "patient", [])
    (tmp_path / "nobody.csv").write_text("patient,race\np1,White\n,White\n,Black\np2,Black\n")
    with pytest.raises(BenchError, match=r"2 of 4 rows .* name no patient in column 'patient', the first in line 3"):
        read(features, tmp_path / "nobody.csv", "race", "patient", [])


def labelled(saved: tuple[Path, Path], text: str, **more: Any) -> Labelled:
    saved[1].write_text(text)
    return read(*saved, "race", "patient", ["sex"], **more)


@pytest.mark.parametrize("word", ["NA", "None", "nan", "null", "-1", "n/a"])
def test_every_word_is_a_group_unless_it_is_declared_unknown(saved: tuple[Path, Path], word: str) -> None:
    text = f"patient,race,sex\np1,{word},F\np2, W ,F\np3,,M\np4,{word},\n"
    data = labelled(saved, text)
    assert set(data.names) == {word, "W"}
    assert [data.names[code] if code >= 0 else "" for code in data.groups] == [word, "W", "", word]
    assert data.left_out == {"race is blank": 1}
    data = labelled(saved, text, unknown=[word])
    assert (data.names, data.groups.tolist()) == (("W",), [-1, 0, -1, -1])
    assert data.left_out == {"race is blank": 1, f"race is {word!r}, which stands for unknown": 2}
    with pytest.raises(BenchError, match=r"'Unk' is to stand for an unknown race, .* does not hold it"):
        labelled(saved, text, unknown=["Unk"])


def test_separators_at_the_end_of_rows_move_no_column(saved: tuple[Path, Path]) -> None:
    plain = labelled(saved, "patient,image,race,sex\np1,a,W,F\np2,b,B,M\np3,c,W,F\np4,d,B,M\n")
    ended = labelled(saved, "patient,image,race,sex\np1,a,W,F,\np2,b,B,M,\np3,c,W,F,\np4,d,B,M,\n")
    assert plain.names == ended.names == ("B", "W")
    assert plain.groups.tolist() == ended.groups.tolist()
    assert plain.patients.tolist() == ended.patients.tolist()
    with pytest.raises(BenchError, match=r"1 rows with more fields .* line 4"):
        labelled(saved, "patient,image,race,sex\np1,a,W,F\np2,b,B,M\np3,c,W,F,\np4,d,B,M\n")


def test_a_patient_of_two_groups_is_named_by_line(saved: tuple[Path, Path]) -> None:
    with pytest.raises(BenchError, match=r"1 patients .* two groups or more .* 'W' in line 2 and 'B' in line 4"):
        labelled(saved, "patient,race,sex\np1,W,F\np1,,F\np1,B,F\np4,W,M\n")
