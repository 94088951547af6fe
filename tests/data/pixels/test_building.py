"""Building an image cache: the same whatever the number of processes, and after a kill."""

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

from bench.data.pixels import chunks as _chunks
from tests.data.pixels.plates import DRAWN, cohort_of, draw, opened, table
from tests.places import ROOT


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


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc and kills with SIGKILL")
def test_kill_in_the_middle_goes_on_and_comes_out_the_same(tmp_path, phantom, capsys):
    dataset, cohort = phantom
    log, caches = Path(dataset.source) / "log", tmp_path / "caches"
    process = build(dataset, caches, seconds_a_block=0.3)
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
