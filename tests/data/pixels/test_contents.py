"""What of a file's content is looked at: to tell a file that was replaced, and a copy."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.data.pixels import contents


@pytest.mark.parametrize("size", [1, 1000, 6144, 6145, 100_000])
@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_ends_and_middle_are_looked_at(tmp_path, size, place):
    at = {"first": 0, "middle": size // 2, "last": size - 1}[place]
    before, after = bytes(size), bytearray(size)
    after[at] = 1
    (tmp_path / "one").write_bytes(before)
    (tmp_path / "two").write_bytes(bytes(after))
    one, two = (contents.sampled(str(tmp_path / name), size) for name in ("one", "two"))
    assert one != two
    (tmp_path / "two").write_bytes(before)
    assert contents.sampled(str(tmp_path / "two"), size) == one


def test_of_a_large_set_a_share_is_read_that_the_paths_decide(monkeypatch):
    paths = [f"p{n:06d}/image.png" for n in range(2000)]
    assert contents.to_read(paths) == set(paths)
    monkeypatch.setattr(contents, "MOST_READ", 500)
    read = contents.to_read(paths)
    assert 350 < len(read) < 650
    assert contents.to_read(paths[::-1]) == read


def test_a_file_changed_just_now_is_not_remembered(tmp_path):
    file = tmp_path / "scan"
    file.write_bytes(b"a" * 100)
    before = contents.sampled_once(str(file), os.stat(file))
    file.write_bytes(b"b" * 100)
    os.utime(file, (1, 1))
    assert contents.sampled_once(str(file), os.stat(file)) != before


def test_a_file_that_stays_is_read_once(tmp_path, monkeypatch):
    file = tmp_path / "scan"
    file.write_bytes(b"a" * 100)
    monkeypatch.setattr(contents, "_SETTLED", -(10**12))
    stat = os.stat(file)
    first = contents.sampled_once(str(file), stat)
    monkeypatch.setattr(contents, "sampled", lambda *_: pytest.fail("read again"))
    assert contents.sampled_once(str(file), stat) == first


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.sampled_from([b"", b"a", b"b", b"a" * 9000, b"a" * 4000 + b"c" + b"a" * 4999, b"b" * 9000]), max_size=8)
)
def test_files_that_are_the_same_to_the_byte(tmp_path_factory, written):
    root = tmp_path_factory.mktemp("files")
    files = []
    for n, content in enumerate(written):
        (root / str(n)).write_bytes(content)
        files.append((str(root / str(n)), len(content)))
    first = {}
    expected = {
        path: first[content]
        for (path, size), content in zip(files, written, strict=True)
        if size and first.setdefault(content, path) != path
    }
    assert contents.same_files(files) == expected


def test_a_file_that_cannot_be_read_is_the_same_as_none(tmp_path):
    (tmp_path / "there").write_bytes(b"x")
    assert contents.same_files([(str(tmp_path / "gone"), 1), (str(tmp_path / "there"), 1)]) == {}
