from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from bench.files import locked, user_cache, whole, write_bytes, write_text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("shared", [False, True])
def test_a_file_appears_whole_or_not_at_all(tmp_path: Path, shared: bool) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")

    def write_half() -> None:
        with whole(path, shared) as partial:
            assert partial.suffix == path.suffix
            partial.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert (path.read_text(), names(tmp_path)) == ("old", ["table.csv"])
    with whole(path, shared) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
    assert (path.read_text(), names(tmp_path)) == ("new", ["table.csv"])


def test_what_a_killed_writer_left_is_written_over(tmp_path: Path) -> None:
    (tmp_path / ".partial-a.txt").write_text("half of an earlier one, and long")
    write_text(tmp_path / "a.txt", "ä\n")
    assert names(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_bytes() == "ä\n".encode()


def test_many_who_write_one_file_at_once_leave_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "shared.bin"
    contents = [bytes([i]) * 100_000 for i in range(8)]
    failed: list[BaseException] = []

    def write(content: bytes) -> None:
        try:
            for _ in range(5):
                write_bytes(path, content, shared=True)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert path.read_bytes() in contents
    assert names(tmp_path) == ["shared.bin"]


def test_what_went_wrong_is_told_and_not_that_there_is_nothing_to_remove(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError, match="partial"):
        write_text(tmp_path / "file" / "a.txt", "x")


def test_the_cache_is_where_it_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_CACHE_DIR", str(tmp_path))
    assert user_cache() == tmp_path
    monkeypatch.delenv("BENCH_CACHE_DIR")
    assert user_cache().name == "mitigation-bench"


def test_caches_go_elsewhere_where_home_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("BENCH_CACHE_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for home in ("~/.cache/mitigation-bench", "/proc/nowhere/cache"):
        monkeypatch.setattr("platformdirs.user_cache_dir", lambda name, home=home: home)
        found = [user_cache(), user_cache()]
        assert found[0] == found[1]
        assert found[0].is_relative_to(tmp_path)
        assert stat.S_IMODE(found[0].stat().st_mode) == 0o700
        assert capsys.readouterr().err.count(f"{home} cannot be written: caches go to {found[0]}") == 1


def test_a_folder_that_others_can_write_to_is_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BENCH_CACHE_DIR", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: "~/theirs")
    theirs = tmp_path / f"mitigation-bench-{os.getuid()}"
    theirs.mkdir()
    theirs.chmod(0o777)
    assert user_cache() != theirs


def test_a_folder_is_locked_for_one_at_a_time_and_nothing_is_left_in_it(tmp_path: Path) -> None:
    order: list[str] = []
    inside, going = threading.Event(), threading.Event()

    def first() -> None:
        with locked(tmp_path):
            inside.set()
            going.wait(10)
            order.append("first")

    def second() -> None:
        inside.wait(10)
        going.set()
        with locked(tmp_path / "." / "x" / ".."):
            order.append("second")

    (tmp_path / "x").mkdir()
    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert order == ["first", "second"]
    assert names(tmp_path) == ["x"]
