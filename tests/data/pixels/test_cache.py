import csv
import dataclasses
import errno
import importlib.util
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.data.pixels import chunks as _chunks
from bench.data.pixels.fingerprint import fingerprint
from bench.errors import BenchError
from bench.task import Options
from tests.data.pixels.plates import DRAWN, FILES, cohort_of, draw, opened, table
from tests.places import ROOT


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "data"
    root.mkdir()
    for k in range(60):
        Image.fromarray(np.full((16, 16), k, dtype=np.uint8)).save(root / f"{k:05d}.png")
    return root


def leftovers(cache_dir):
    return sorted(path.name for path in cache_dir.iterdir() if path.suffix != ".lock")


def test_files_are_decoded_into_their_rows(folder, tmp_path):
    cohort = cohort_of(FILES, 60)
    images = opened(FILES, cohort, tmp_path / "cache", folder)
    assert images.pixels.shape == (60, 16, 16)
    assert images.pixels.dtype == np.uint8
    assert (images.pixels[cohort.rows] == np.arange(60)[:, None, None]).all()
    assert images.rejected == ()
    assert images.apply(cohort) is cohort
    with pytest.raises(ValueError, match="read-only"):
        images.pixels[0] = 1
    about = json.loads((images.folder / "cache.json").read_text())
    assert about["images"] == 60
    assert leftovers(tmp_path / "cache") == [images.folder.name]
    assert sorted(p.name for p in images.folder.iterdir()) == ["cache.json", "pixels.npy", "rejected.csv"]


def test_what_is_there_is_opened_and_not_made_again(tmp_path):
    calls = []
    counted = dataclasses.replace(DRAWN, render=lambda *given: calls.append(1) or draw(*given))
    cohort = cohort_of(counted, 200)
    first = opened(counted, cohort, tmp_path)
    assert len(calls) == 7  # chunks of 64, 64, 64 and 8 rows, by 32 at most
    again = opened(counted, cohort, tmp_path)
    assert len(calls) == 7
    assert np.array_equal(first.pixels, again.pixels)
    assert first.fingerprint == again.fingerprint == fingerprint(cohort, counted, Options(), None, 16)


def test_workers_make_the_same_pixels_without_torch(tmp_path, phantom):
    dataset, cohort = phantom
    one = opened(dataset, cohort, tmp_path / "one", workers=1)
    two = opened(dataset, cohort, tmp_path / "two", workers=2)
    assert np.array_equal(one.pixels, two.pixels)
    assert np.array_equal(one.pixels, draw(cohort.table, 16, None))
    makers = [line.split() for line in (Path(phantom[0].source) / "log").read_text().splitlines()]
    assert {pid for pid, _, _ in makers[:20]} == {str(os.getpid())}
    assert str(os.getpid()) not in {pid for pid, _, _ in makers[20:]}
    assert {torch for _, _, torch in makers[20:]} == {"False"}


def test_an_unreadable_image_is_listed_and_counted(folder, tmp_path):
    (folder / "00003.png").write_bytes(b"")
    (folder / "00007.png").write_bytes((folder / "00007.png").read_bytes()[:40])
    (folder / "00009.png").unlink()
    cohort = cohort_of(FILES, 60)
    images = opened(FILES, cohort, tmp_path / "cache", folder)
    assert [image for image, _ in images.rejected] == ["00003.png", "00007.png", "00009.png"]
    with open(images.folder / "rejected.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["image", "reason"]
    assert [tuple(row) for row in rows[1:]] == list(images.rejected)
    rest = images.apply(cohort)
    assert len(rest) == 57
    assert rest.excluded == {
        "image unreadable: empty file": 1,
        "image unreadable: corrupt or truncated": 1,
        "image unreadable: file missing": 1,
    }
    assert (images.pixels[rest.rows][:, 0, 0] == [k for k in range(60) if k not in (3, 7, 9)]).all()


def test_too_many_unreadable_images_stop_the_run(folder, tmp_path):
    for k in range(4):
        (folder / f"0000{k}.png").write_bytes(b"no image")
    cohort = cohort_of(FILES, 60)
    with pytest.raises(BenchError, match=r"Only 56 of the 60 images .* no more than 0\.05") as caught:
        opened(FILES, cohort, tmp_path / "cache", folder)
    assert "00000.png (not a DICOM, PNG, JPEG or TIFF file); 00001.png" in str(caught.value)
    (listing,) = leftovers(tmp_path / "cache")
    assert str(tmp_path / "cache" / listing) in str(caught.value)
    assert len((tmp_path / "cache" / listing).read_text().splitlines()) == 5


def test_the_share_that_may_be_unreadable_is_ones_own_and_asked_for_again(folder, tmp_path):
    for k in range(4):
        (folder / f"0000{k}.png").write_bytes(b"no image")
    cohort, cache_dir = cohort_of(FILES, 60), tmp_path / "cache"
    images = opened(FILES, cohort, cache_dir, folder, max_unreadable=0.07)
    assert len(images.rejected) == 4
    with pytest.raises(BenchError, match=r"Only 56 of the 60 images .* no more than 0\.05 .*task\.max_unreadable"):
        opened(FILES, cohort, cache_dir, folder)
    assert leftovers(cache_dir) == [images.folder.name]
    with pytest.raises(BenchError, match=r"no more than 0 of them"):
        opened(FILES, cohort, cache_dir, folder, max_unreadable=0)


def test_no_readable_image(tmp_path):
    (tmp_path / "data").mkdir()
    with pytest.raises(BenchError, match=r"None of the 60 images of data set 'files' can be read"):
        opened(FILES, cohort_of(FILES, 60), tmp_path / "cache", tmp_path / "data")


def test_what_changes_the_fingerprint_and_what_does_not(folder):
    def of(cohort, dataset=FILES, size=16):
        return fingerprint(cohort, dataset, Options(), folder, size)

    cohort = cohort_of(FILES, 60)
    assert of(cohort) == of(cohort_of(FILES, 60, targets=["bright"]))
    distinct = {
        of(cohort),
        of(cohort, size=32),
        of(cohort, dataclasses.replace(FILES, version=2)),
        of(cohort, dataclasses.replace(FILES, name="other")),
        of(cohort.take(range(59))),
        of(cohort.take([1, 0, *range(2, 60)])),
    }
    assert len(distinct) == 6
    os.utime(folder / "00000.png", (1, 1))
    assert of(cohort) not in distinct
    (folder / "00000.png").unlink()
    assert of(cohort) not in distinct


def test_a_phantoms_fingerprint_is_of_its_options_and_its_rows():
    class Dial(Options):
        dial: int = 0

    cohort = cohort_of(DRAWN, 60)
    moved = dataclasses.replace(cohort, table=cohort.table.assign(split="train"))
    other = dataclasses.replace(cohort, table=cohort.table.assign(bright=0.0))
    assert fingerprint(cohort, DRAWN, Dial(), None, 16) == fingerprint(moved, DRAWN, Dial(), None, 16)
    assert fingerprint(cohort, DRAWN, Dial(), None, 16) != fingerprint(other, DRAWN, Dial(), None, 16)
    assert fingerprint(cohort, DRAWN, Dial(), None, 16) != fingerprint(cohort, DRAWN, Dial(dial=1), None, 16)


def test_a_file_replaced_by_another_is_decoded_anew(folder, tmp_path):
    cohort = cohort_of(FILES, 60)
    before = opened(FILES, cohort, tmp_path / "cache", folder)
    Image.fromarray(np.full((16, 16), 200, dtype=np.uint8)).save(folder / "00000.png")
    after = opened(FILES, cohort, tmp_path / "cache", folder)
    assert before.pixels[0, 0, 0] == 0
    assert after.pixels[0, 0, 0] == 200


def test_only_a_whole_cohort_is_opened(tmp_path):
    with pytest.raises(ValueError, match="whole cohort"):
        opened(DRAWN, cohort_of(DRAWN, 60).part("test"), tmp_path)


@pytest.mark.parametrize("when", ["at the start", "in the middle"])
def test_a_full_disk(tmp_path, monkeypatch, when):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    calls = []
    write = _chunks.Target.write
    if when == "at the start":
        monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    else:
        monkeypatch.setattr(_chunks.Target, "write", lambda *a: full() if calls else calls.append(1) or write(*a))
    with pytest.raises(BenchError, match=r"No space left in .*cache_dir="):
        opened(DRAWN, cohort_of(DRAWN, 200), tmp_path)
    assert leftovers(tmp_path) == []


def test_a_cache_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BenchError, match=r"cannot be written to .*file.*cache_dir="):
        opened(DRAWN, cohort_of(DRAWN, 60), tmp_path / "file" / "cache")


def test_a_cache_that_was_tampered_with(tmp_path):
    cohort = cohort_of(DRAWN, 60)
    folder = opened(DRAWN, cohort, tmp_path).folder
    with open(folder / "pixels.npy", "r+b") as file:
        file.truncate(1000)
    with pytest.raises(BenchError, match=r"is damaged .* Delete this folder"):
        opened(DRAWN, cohort, tmp_path)


@pytest.mark.parametrize(
    ("render", "message"),
    [
        (lambda rows, size, options: 1 / 0, r"failed to render image '00000' .* ZeroDivisionError"),
        (lambda rows, size, options: np.zeros((1, size, size), np.uint8), r"must return \(32, 16, 16\) uint8"),
        (lambda rows, size, options: np.zeros((len(rows), size, size)), r"returned \(32, 16, 16\) float64"),
        (lambda rows, size, options: None, r"returned \(\) NoneType"),
    ],
)
def test_a_phantom_that_does_not_render(tmp_path, render, message):
    dataset = dataclasses.replace(DRAWN, render=render)
    with pytest.raises(BenchError, match=message):
        opened(dataset, cohort_of(dataset, 100), tmp_path)
    assert leftovers(tmp_path) == []


def test_progress_off_a_terminal_is_a_line_every_tenth(tmp_path, capsys):
    opened(DRAWN, cohort_of(DRAWN, 3000), tmp_path)
    lines = capsys.readouterr().err.splitlines()
    assert 8 <= len(lines) <= 11
    assert all("images/s" in line and "s left" in line for line in lines)
    assert lines[-1].startswith("drawn, 16 px: 3,000 of 3,000 images")


def test_a_torn_journal_costs_only_its_last_chunk(tmp_path, monkeypatch):
    cohort = cohort_of(DRAWN, 300)
    whole = opened(DRAWN, cohort, tmp_path / "whole")
    written = []
    write = _chunks.Target.write

    def stop(self, start, pixels, rows):
        if len(written) == 3:
            raise KeyboardInterrupt
        written.append(start)
        write(self, start, pixels, rows)

    monkeypatch.setattr(_chunks.Target, "write", stop)
    with pytest.raises(KeyboardInterrupt):
        opened(DRAWN, cohort, tmp_path / "torn")
    (journal,) = (tmp_path / "torn").glob("*.partial/finished.jsonl")
    journal.write_text(journal.read_text()[:-3])
    monkeypatch.setattr(_chunks.Target, "write", lambda *a: written.append(a[1]) or write(*a))
    again = opened(DRAWN, cohort, tmp_path / "torn")
    assert written == [0, 64, 128, 128, 192, 256]
    assert (again.folder / "pixels.npy").read_bytes() == (whole.folder / "pixels.npy").read_bytes()


# What follows runs in processes of its own, with a phantom in a file that lies on no path of Python's, as plugins do.

PHANTOM = """
import os, sys, time
from pathlib import Path
import numpy as np
from bench.task import Phantom

HERE = Path(__file__).parent

def read(root, options):
    raise AssertionError

def render(rows, size, options):
    time.sleep(float(os.environ.get("SECONDS_A_BLOCK", 0)))
    with open(HERE / "log", "a") as log:
        log.write(f"{os.getpid()} {rows['image'].iloc[0]} {'torch' in sys.modules}\\n")
    seeds = rows["image"].astype(int).to_numpy()
    return np.stack([np.random.default_rng(s).integers(0, 256, (size, size), dtype=np.uint8) for s in seeds])

DATASET = Phantom("slow", "a slow phantom", read=read, render=render, source=str(HERE))
"""

BUILD = """
import importlib.util, sys
from pathlib import Path
import pandas as pd
from bench.data import cohorts
from bench.data.pixels.cache import open_images
from bench.task import Options, Reading, Task

class Plates(Task):
    name = "plates"
    targets = ("bright", "round")
    attributes = {"sex": ("F", "M")}
    protected = "sex"

if __name__ == "__main__":
    here, cache = Path(sys.argv[1]), Path(sys.argv[2])
    spec = importlib.util.spec_from_file_location("plugin_by_path", here / "phantom.py")
    sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    table = pd.read_csv(here / "table.csv", dtype={"image": str})
    cohort = cohorts.build(Reading(table), Plates, module.DATASET, image_size=16)
    open_images(cohort, module.DATASET, Options(), None, cache, 16, 2)
"""


@pytest.fixture
def phantom(tmp_path):
    here = tmp_path / "plugin"
    here.mkdir()
    (here / "phantom.py").write_text(PHANTOM)
    (here / "build.py").write_text(textwrap.dedent(BUILD))
    table(640, "").to_csv(here / "table.csv", index=False)
    spec = importlib.util.spec_from_file_location("plugin_by_path", here / "phantom.py")
    sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module.DATASET, cohort_of(module.DATASET, 640)
    del sys.modules[spec.name]


def build(dataset, cache_dir, seconds_a_block=0.0):
    here = Path(dataset.source)
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    env = os.environ | {"PYTHONPATH": paths, "SECONDS_A_BLOCK": str(seconds_a_block), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(here / "build.py"), str(here), str(cache_dir)]
    return subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)


def until(true, seconds=40):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc and kills with SIGKILL")
def test_kill_in_the_middle_goes_on_and_comes_out_the_same(tmp_path, phantom, capsys):
    dataset, cohort = phantom
    log, caches = Path(dataset.source) / "log", tmp_path / "caches"
    process = build(dataset, caches, seconds_a_block=0.15)
    until(lambda: any(j.read_text().count("\n") >= 3 for j in caches.glob("*.partial/finished.jsonl")))
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    workers = {line.split()[0] for line in log.read_text().splitlines()}
    assert len(workers) == 2
    until(lambda: not any(map(alive, workers)), seconds=10)  # nobody is left to write behind the next one's back
    (journal,) = caches.glob("*.partial/finished.jsonl")
    finished = {json.loads(line)[0] for line in journal.read_text().splitlines()}
    assert 3 <= len(finished) < 10
    assert [path for path in caches.iterdir() if path.suffix not in (".partial", ".lock")] == []

    log.unlink()
    opened(dataset, cohort, caches)
    assert f"going on at {64 * len(finished)} of 640 images" in capsys.readouterr().err
    rendered = [int(line.split()[1]) for line in log.read_text().splitlines()]
    assert sorted(rendered) == [row for row in range(0, 640, 32) if row // 64 * 64 not in finished]
    uninterrupted = opened(dataset, cohort, tmp_path / "whole")
    (folder,) = [path for path in caches.iterdir() if path.suffix != ".lock"]
    assert folder.name == uninterrupted.folder.name
    for name in ("pixels.npy", "rejected.csv", "cache.json"):
        assert (folder / name).read_bytes() == (uninterrupted.folder / name).read_bytes()
    assert sorted(p.name for p in folder.iterdir()) == sorted(p.name for p in uninterrupted.folder.iterdir())


def test_two_at_once_do_it_once(tmp_path, phantom, capsys):
    dataset, cohort = phantom
    process = build(dataset, tmp_path / "caches", seconds_a_block=0.1)
    until(lambda: list(tmp_path.glob("caches/*.partial/finished.jsonl")))
    images = opened(dataset, cohort, tmp_path / "caches")
    assert "Waiting for another process" in capsys.readouterr().err
    assert process.communicate()[0] is None
    assert process.returncode == 0
    rendered = [line.split() for line in (Path(dataset.source) / "log").read_text().splitlines()]
    assert sorted(int(image) for _, image, _ in rendered) == list(range(0, 640, 32))
    assert str(os.getpid()) not in {pid for pid, _, _ in rendered}
    assert np.array_equal(images.pixels, draw(cohort.table, 16, None))
