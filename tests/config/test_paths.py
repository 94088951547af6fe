"""Paths are text, whatever Hydra's grammar would make of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from bench import config
from bench.config import compose
from bench.config.paths import path_options, read_path, split
from bench.errors import BenchError
from bench.task import Options

#: What a folder can be called, and what others would make of it.
AWKWARD = (
    *("2024_01", "1e5", "007", "true", "[red]", "[a,b]", "{a: 1}", "Müller (2024)", "数据", "a b", " a", "a&b;c", "#1"),
    *(
        "it's",
        'a"b',
        "50%20x",
        "why?",
        "a=b",
        "$HOME",
        "${oc.env:HOME}",
        "${",
        "a,b",
        "glob(*)",
        "a\\b",
        "x:y",
        "null_",
    ),
)
NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=30)


def given_as(*overrides: str) -> dict[str, object]:
    return dict(config.given(overrides))


@pytest.mark.parametrize("option", ["task.root", "runs_dir", "cache_dir", "out", "masks"])
@pytest.mark.parametrize("name", AWKWARD)
def test_a_name_of_any_kind_is_itself(name: str, option: str) -> None:
    assert given_as(f"{option}={name}") == {option: name}
    assert given_as(f"{option}=/data/{name}/x") == {option: f"/data/{name}/x"}


@settings(max_examples=300)
@given(NAMES)
@example("[red]")
@example("2024_01")
def test_whatever_a_folder_is_called_it_is_found(name: str) -> None:
    assert read_path("runs_dir", f"/data/{name}") == f"/data/{name}"
    assert given_as(f"out=./{name}") == {"out": f"./{name}"}
    if "'" not in name:
        assert given_as(f"test.root=['/{name}',/b]") == {"test.root": [f"/{name}", "/b"]}


def test_home_is_written_out_and_quotes_around_a_path_are_not_part_of_it() -> None:
    home = os.path.expanduser("~")
    assert given_as("task.root=~/x (1)", 'out="/a b"', "masks='/c d'") == {
        "task.root": f"{home}/x (1)",
        "out": "/a b",
        "masks": "/c d",
    }


@pytest.mark.parametrize(
    ("text", "words"), [("", "it takes a path"), ("~nobody-here/x", "no user 'nobody-here'"), ("a\0b", "a path")]
)
def test_what_can_be_no_path_is_one_clear_paragraph(text: str, words: str) -> None:
    with pytest.raises(BenchError, match=words) as caught:
        given_as(f"runs_dir={text}")
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(BenchError, match="not UTF-8"):
        given_as(os.fsdecode(b"runs_dir=/\xff"))


def test_what_is_none_stays_none() -> None:
    assert given_as("cache_dir=null", "out=./null") == {"cache_dir": None, "out": "./null"}


def test_lists_of_paths_go_by_position() -> None:
    assert given_as("test.root=[/a b, '/c, d' ,/e]") == {"test.root": ["/a b", "/c, d", "/e"]}
    assert split("") == []


class Below(BaseModel):
    file: Path = Path("a")


class Own(Options):
    mapping: Path = Path("m")
    other: Path | None = None
    below: Below = Below()
    words: str = ""


def test_the_paths_among_a_data_sets_options_are_found() -> None:
    assert path_options(Own, "task.") == {"task.mapping", "task.other", "task.below.file"}


@pytest.mark.parametrize("name", ["2024_01", "Karte (1), neu.yaml", "[red].yaml", "a=b&c.yaml", "~/m.yaml", "${"])
def test_the_paths_of_a_data_set_reach_its_options_as_text(name: str) -> None:
    expected = os.path.expanduser(name)
    made = compose(["task.dataset=csv", f"task.root=/d/{name}", f"task.mapping={name}", f"runs_dir=r/{name}"])
    assert made.task.options["mapping"] == expected
    assert (made.task.root, made.runs_dir) == (Path(f"/d/{name}"), Path(f"r/{name}"))
    if not name.startswith("["):
        other = compose(["test.dataset=csv", f"test.mapping={name}", "test.root=/e"]).test[0]
        assert other.options["mapping"] == expected


def test_a_plugin_is_named_by_any_path(tmp_path: Path) -> None:
    folder = tmp_path / "Müller's [2024] (1) a=b"
    folder.mkdir()
    (folder / "mine.py").write_text('from bench.method import Method\n\n\nclass Mine(Method):\n    """Mine."""\n')
    assert compose([f"method={folder / 'mine.py'}"]).method.name == "mine"
    with pytest.raises(BenchError, match="There is no ~nobody-here"):
        compose(["method=~nobody-here/mine.py"])
