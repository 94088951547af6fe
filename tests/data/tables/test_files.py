from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bench.data.tables import files_below, find_one
from tests.miniatures import refused, write_rows


def test_one_file_is_found(tmp_path: Path) -> None:
    find: Callable[..., Path] = find_one
    assert "holds no a.csv or b.csv, the table. task.root must" in refused(
        find, tmp_path, ("a.csv", "b.csv"), "the table"
    )
    for name in ("b.csv", "sub/a.csv", "prsn_1.csv", "prsn_2.csv"):
        write_rows(tmp_path / name, [])
    assert find(tmp_path, ("a.csv", "b.csv"), "the table") == tmp_path / "b.csv"
    assert find(tmp_path, ("a.csv", "b.csv"), "the table", (".", "s*")) == tmp_path / "sub/a.csv"
    assert "several files that may be the people: prsn_1.csv, prsn_2.csv" in refused(
        find, tmp_path, ("prsn_*.csv",), "the people"
    )


def test_files_of_several_folders(tmp_path: Path) -> None:
    for name in ("top.png", "a/x.png", "b/x.png", "b/y.png", "b/c/z.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert files_below(tmp_path, (".", "[ab]")) == {"top.png": "top.png", "x.png": "a/x.png", "y.png": "b/y.png"}
