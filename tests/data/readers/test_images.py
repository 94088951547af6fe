from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data.readers.images import located
from bench.data.readers.mapping import Image
from tests.miniatures import refused


def found(root: Path, names: list[str], path: str = "{}") -> list[tuple[str, ...]]:
    return located(root, pd.Series(names), Image(column="F", path=path), "Column 'F' of t.csv")[1].tolist()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    names = ["a/P1/1.png", "a/P1/2.png", "a/P1/.hidden", "a/P1/deep/3.png", "a/P10/1.png", "a/P1_x.png", "a/P[2]_1.png"]
    for name in (*names, "b/c/P1.png", "b/d/P2.png", "b/P1.jpg", "Müller (2024) #1 & 'x'.png", "scan.dcm"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_folders_and_wildcards(root: Path) -> None:
    assert found(root, ["P1", "P3"], "a/{}") == [("a/P1/1.png", "a/P1/2.png"), ()]
    assert found(root, ["P1"], "a/{}/*.png") == [("a/P1/1.png", "a/P1/2.png")]
    assert found(root, ["P1"], "a/{}/**/*.png") == [("a/P1/1.png", "a/P1/2.png", "a/P1/deep/3.png")]
    assert found(root, ["P1", "P[2]"], "a/{}_?.png") == [("a/P1_x.png",), ("a/P[2]_1.png",)]
    assert found(root, ["P1", "P2", "P*"], "**/{}.png") == [("b/c/P1.png",), ("b/d/P2.png",), ()]
    assert found(root, ["P1"], "b/*/{}.png") == [("b/c/P1.png",)]
    assert found(root, ["P1", "P2"], "b/**/{}.*") == [("b/P1.jpg", "b/c/P1.png"), ("b/d/P2.png",)]


def test_names_as_other_systems_write_them(root: Path) -> None:
    name = "Müller (2024) #1 & 'x'.png"
    apart = unicodedata.normalize("NFD", name)
    assert found(root, [name, apart]) == [(name,), (name,)]
    assert found(root, ["a\\P1\\1.png", "scan.dcm#frame=2"]) == [("a/P1/1.png",), ("scan.dcm#frame=2",)]
    assert found(root, ["P1\\1"], "a\\{}.png") == [("a/P1/1.png",)]


@pytest.mark.parametrize(
    "name", ["../x.png", "a/../../x", "/etc/passwd", "C:\\x.png", "..\\x.png", "\\\\server\\x.png"]
)
def test_paths_that_lead_out(root: Path, name: str) -> None:
    image = Image(column="F", path="{}")
    assert "Images lie below task.root" in refused(located, root, pd.Series([name]), image, "Column 'F' of t.csv")


def test_links_in_a_circle(root: Path) -> None:
    os.symlink(root / "loop", root / "loop")
    os.symlink(root / "a", root / "a" / "again")
    assert found(root, ["loop", "P1_x"], "**/{}.png") == [(), ("a/P1_x.png",)]
    assert found(root, ["loop", "loop/x"]) == [(), ()]
    assert found(root, ["P1"], "*/{}/1.png") == [("a/P1/1.png",)]


@settings(max_examples=60, deadline=None)
@given(
    name=st.text(st.sampled_from("aÜß é()[]{}&#%'\"+=,;~*?!@$"), min_size=1, max_size=10).map(str.strip).filter(bool)
)
def test_any_name_of_a_file_finds_it(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    root = tmp_path_factory.mktemp("r")
    (root / "im ä").mkdir()
    (root / "im ä" / f"{name}.png").touch()
    (root / "im ä" / "other.png").touch()
    expected = (f"im ä/{name}.png",)
    assert found(root, [name], "im ä/{}.png") == [expected]
    assert found(root, [name], "*/{}.png") == [expected]
    assert found(root, [f"im ä\\{name}.png"]) == [expected]
