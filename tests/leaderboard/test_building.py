import csv
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench.errors import BenchError
from bench.leaderboard import EDITION, build
from bench.leaderboard.comparable import Key
from bench.records import influence_path, path_of, read_all, write_run, write_scores
from tests.leaderboard.boards import MadeUp, method

_FILES = {"leaderboard.md", "leaderboard.csv", "leaderboard.tex", "pareto.png", "pareto.pdf"}


def _methods(folder: Path) -> list[str]:
    with open(folder / "leaderboard.csv", encoding="utf-8") as file:
        return [line["method"] for line in csv.DictReader(file) if line["section"] != "references"]


def _whole(name: str, **more: Any) -> list[MadeUp]:
    """A method with every seed of the edition."""
    return method(name, 0.84, 0.9, seeds=EDITION, **more)


def test_one_folder_a_data_set(make: SimpleNamespace, tmp_path: Path) -> None:
    ours = {"dataset": "chexpert", "synthetic": False}
    records = [*_whole("erm"), *_whole("a"), *_whole("erm", **ours), *_whole("b", **ours)]
    said: list[str] = []
    files = build(records, tmp_path, said.append)
    folders = [tmp_path / "cxr" / "chexpert", tmp_path / "cxr" / "phantom"]
    assert set(files) == {folder / name for folder in folders for name in _FILES}
    assert set(files) == {path for path in tmp_path.rglob("*") if path.is_file()}
    assert [_methods(folder) for folder in folders] == [["b", "erm"], ["a", "erm"]]
    assert said == []
    assert files[0].parent.joinpath("pareto.png").read_bytes().startswith(b"\x89PNG")
    assert files[0].parent.joinpath("pareto.pdf").read_bytes().startswith(b"%PDF")


def test_records_that_are_not_comparable_have_tables_of_their_own(make: SimpleNamespace, tmp_path: Path) -> None:
    main = [*_whole("erm"), *_whole("a")]
    other = make.record("b", suite_version=2)
    said: list[str] = []
    build([other, *main], tmp_path, said.append)
    place = tmp_path / "cxr" / "phantom"
    side = place / Key.of(make.entry(other)).digest
    assert (_methods(place), _methods(side)) == (["a", "erm"], ["b"])
    assert len(said) == 3
    assert "(records of version 1: 10, version 2: 1)" in said[0]
    assert "not trained again, only scored" in said[0]
    assert "scoring suite: version 1 / version 2" in said[1]
    assert str(side) in said[1]
    assert "No row is ranked, for want of a baseline (no erm to compare with)." in said[2]
    for folder in (place, side):
        assert "To bring the older up to version 2" in (folder / "leaderboard.md").read_text()
    assert "| Scoring suite | version 1 |" in (place / "leaderboard.md").read_text()
    assert "| Scoring suite | version 2 |" in (side / "leaderboard.md").read_text()

    said.clear()
    build(main, tmp_path, said.append)
    assert "To bring" not in (place / "leaderboard.md").read_text()
    assert len(said) == 1
    assert str(side) in said[0]
    assert _methods(side) == ["b"]


def test_versions_of_the_suite_never_share_a_row(make: SimpleNamespace, tmp_path: Path) -> None:
    """Seeds of one method under two versions: two tables with their own seeds, and no mean over both."""
    old = [make.record("erm", seed, suite_version=0, decodability=make.around(0.6, 0.02)) for seed in range(3)]
    new = [make.record("erm", seed, suite_version=1, decodability=make.around(0.9, 0.02)) for seed in range(2)]
    said: list[str] = []
    build([*old, *new], tmp_path, said.append)
    place = tmp_path / "cxr" / "phantom"
    found = {}
    for folder in (place, place / Key.of(make.entry(new[0])).digest):
        with open(folder / "leaderboard.csv", encoding="utf-8") as file:
            (line,) = [line for line in csv.DictReader(file) if line["section"] == "incomplete"]
        found[line["suite_version"]] = (line["seeds"], round(float(line["decodability"]), 6))
    assert found == {"0": ("3", 0.6), "1": ("2", 0.9)}
    assert "version 0: 3, version 1: 2" in said[0]


def test_the_same_records_give_the_same_bytes(make: SimpleNamespace, tmp_path: Path) -> None:
    records = [make.record(name, seed) for name in ("erm", "a") for seed in range(2)]
    one = build(records, tmp_path / "one", print)
    other = build([*records[::-1], records[0]], tmp_path / "other", print)
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


def test_notices_are_said_and_stand_on_the_page(make: SimpleNamespace, tmp_path: Path) -> None:
    records = [make.record("erm", id="aaa"), make.record("erm", id="bbb", created="2027-01-01T00:00:00Z")]
    said: list[str] = []
    files = build(records, tmp_path, said.append)
    assert "only the newer one, bbb, counts" in said[0]
    assert [line in files[0].read_text() for line in said] == [True] * 3
    assert "only the newer one, bbb, counts" in files[0].read_text()


def test_no_records(make: SimpleNamespace, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"none were found.*bench run"):
        build([], tmp_path)
    with pytest.raises(BenchError, match="1 were found, none of them scored on test"):
        build([make.record(scored=("val",))], tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "/x", "a/b", "", "."])
def test_a_record_cannot_choose_a_folder_elsewhere(make: SimpleNamespace, tmp_path: Path, name: str) -> None:
    with pytest.raises(BenchError, match="names its task or data set"):
        build([make.record(dataset=name)], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written(make: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here first")
    with pytest.raises(BenchError, match="cannot be written to"):
        build([make.record()], tmp_path / "file")


def test_notices_may_hold_brackets(make: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = [make.record("[/m]", id=name, created=name) for name in ("1", "2")]
    build(records, tmp_path)
    assert "[/m]" in capsys.readouterr().err


def test_a_record_that_cannot_be_shown_leaves_all_as_it_was(make: SimpleNamespace, tmp_path: Path) -> None:
    good, bad = make.record(dataset="a"), make.record(dataset="b")
    with pytest.raises(BenchError, match="2 scores"):
        build([good, make.rescored(bad, [*make.of_record(bad), *make.of_record(bad)[:1]])], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_old_file(
    make: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (page, *_) = build([make.record()], tmp_path)
    before = {path: path.read_bytes() for path in page.parent.iterdir()}

    def full(descriptor: int) -> None:
        os.truncate(descriptor, 10)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bench.files.os.fsync", full)
    with pytest.raises(BenchError, match="No space left on device"):
        build([make.record(), make.record("another")], tmp_path)
    assert {path: path.read_bytes() for path in page.parent.iterdir()} == before


def test_influence_values_are_read_from_beside_the_scores(tmp_path: Path) -> None:
    """Records that were written and read again give the board of those in memory, but for the rounding to float32."""
    records = [*_whole("erm"), *method("a", 0.835, 0.6, seeds=EDITION)]
    for record in records:
        folder = tmp_path / "runs" / record.run.id
        (folder / "scores").mkdir(parents=True)
        for file in record.files:
            assert record.values is not None
            write_scores(file, record.values, folder)
        write_run(record.run, folder)
    found = read_all(tmp_path / "runs")
    said: list[str] = []
    for name, some in (("memory", records), ("disk", found)):
        build(some, tmp_path / name, said.append)
    place = Path("cxr") / "phantom" / "leaderboard.md"
    assert (tmp_path / "memory" / place).read_text() == (tmp_path / "disk" / place).read_text()
    assert said == []
    # Without them, as of a converted record, the same scores show no difference, and that is said once.
    for record in found:
        if record.run.method.name == "a":
            assert record.folder is not None
            for file in record.files:
                influence_path(path_of(file, record.folder)).unlink()
    build(read_all(tmp_path / "runs"), tmp_path / "without", said.append)
    assert len(said) == 1
    assert "Beside the scores of a there are no influence values" in said[0]
    assert "| a<br><sub>no influence values</sub> |" in (tmp_path / "without" / place).read_text()


def test_seeds_of_other_editions_count_nowhere(make: SimpleNamespace, tmp_path: Path) -> None:
    records = [*_whole("erm"), *_whole("a"), *(make.record("a", seed) for seed in (7, 8))]
    said: list[str] = []
    build(records, tmp_path / "default", said.append)
    assert said == [
        "2 of 12 scored runs have seeds that are not of the edition (seeds=0,1,2,3,4), among them 7, 8; they count "
        "nowhere."
    ]
    said.clear()
    build(records, tmp_path / "three", said.append, seeds=(0, 1, 2))
    assert "6 of 12" in said[0]
    page = (tmp_path / "three" / "cxr" / "phantom" / "leaderboard.md").read_text()
    assert "| Seeds of the edition | 0, 1, 2 |" in page
    assert "| erm<br><sub>the baseline</sub> | 3 |" in page
    with pytest.raises(BenchError, match=r"2 of 2 scored runs .* Name the seeds of yours with seeds="):
        build(records[-2:], tmp_path / "none")


@pytest.mark.parametrize("seeds", [(), (0,), (0, 0)])
def test_an_edition_has_two_seeds_or_more(seeds: tuple[int, ...], tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="two or more seeds"):
        build(_whole("erm"), tmp_path / "out", seeds=seeds)
    assert not (tmp_path / "out").exists()


_BUILDER = """
import sys
from pathlib import Path
from bench.leaderboard import build
from tests.leaderboard.boards import method

Path(sys.argv[2]).touch()
while len(list(Path(sys.argv[2]).parent.glob("ready-*"))) < 2:
    pass
rows = [*method("erm", 0.84, 0.9, seeds=range(5)), *method(sys.argv[1], 0.84, 0.8, seeds=range(5))]
for _ in range(3):
    build(rows, Path(sys.argv[3]), lambda _: None)
"""


def test_of_two_leaderboards_at_once_all_files_of_one_stand(tmp_path: Path) -> None:
    builders = [
        subprocess.Popen([sys.executable, "-c", _BUILDER, name, tmp_path / f"ready-{name}", tmp_path / "boards"])
        for name in ("this", "that")
    ]
    assert [builder.wait(120) for builder in builders] == [0, 0]
    place = tmp_path / "boards" / "cxr" / "phantom"
    assert {path.name for path in place.iterdir()} == _FILES
    [last] = {"this", "that"} & {*_methods(place)}
    alone = tmp_path / "alone"
    build([*_whole("erm"), *method(last, 0.84, 0.8, seeds=EDITION)], alone)
    for name in _FILES:
        assert (place / name).read_bytes() == (alone / "cxr" / "phantom" / name).read_bytes(), name
