from pathlib import Path

import numpy as np
import pytest

from bench.errors import BenchError
from bench.scoring.decodability.files import read


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
        (("rase", "patient", []), r"l.csv has no column 'rase'\. Did you mean 'race'\? Available: patient, race, sex"),
        (("race", "id", []), "no column 'id'"),
        (("race", "patient", ["view"]), "no column 'view'"),
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
    with pytest.raises(BenchError, match=r"2 of 4 rows .* name no patient in column 'patient'"):
        read(features, tmp_path / "nobody.csv", "race", "patient", [])
