"""Where pixels come from: what each kind of data set answers, and what a worker has to import for it."""

import dataclasses
import subprocess
import sys

import pytest
from PIL import Image

from bench.data.pixels.kinds import source
from bench.data.pixels.sources import Files, Rendered
from bench.errors import BenchError
from bench.task import Options
from tests.data.pixels.plates import DRAWN, FILES, table


def test_each_kind_has_its_source(tmp_path):
    assert source(FILES, Options(), tmp_path) == Files(tmp_path)
    assert source(DRAWN, Options(), None) == Rendered(DRAWN, Options())
    with pytest.raises(BenchError, match=r"task\.root"):
        source(FILES, Options(), None)


def test_absent_are_files_that_are_empty_or_not_there(tmp_path):
    rows = table(4)
    for image in rows["image"][:3]:
        Image.new("L", (8, 8)).save(tmp_path / image)
    (tmp_path / rows["image"][1]).write_bytes(b"")
    absent = source(FILES, Options(), tmp_path).absent(rows)
    assert absent == [(1, "empty file"), (3, "No such file or directory")]
    assert source(DRAWN, Options(), None).absent(rows) == []


def test_a_worker_finds_all_that_a_phantom_is_made_of():
    class Dial(Options):
        dial: int = 0

    assert source(DRAWN, Dial(), None).code == (DRAWN.read, DRAWN.render, Options, Dial)
    twins = dataclasses.replace(DRAWN, twin=_twin)
    assert _twin in source(twins, Options(), None).code


def _twin(rows, group):
    return rows


def test_a_worker_for_files_starts_without_pandas_or_a_task():
    program = (
        "import sys; import bench.data.pixels.chunks, bench.data.pixels.sources;"
        "print(sorted({'pandas', 'pydantic', 'torch', 'bench.task', 'pydicom'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
