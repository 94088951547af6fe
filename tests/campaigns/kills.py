"""A cache whose building is killed twice, against one built in one go: ``python -m tests.campaigns.kills``.

100,000 images of the phantom's patients, whose pixels are noise that costs next to nothing to draw: what is asked is
what becomes of finished chunks. A number behind the command seeds the moments of the kills. Linux only, since a whole
group of processes is killed. What does not come out the same, byte by byte, raises.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.places import ROOT

#: 1.6 images each.
PATIENTS = 63_000
CHUNK = 64


def main(seed: int, folder: Path) -> None:
    """Build it in one go, then build it killed twice, and hold the two against each other."""
    began = time.monotonic()
    (folder / "whole").mkdir()
    (folder / "killed").mkdir()
    process, log = _start(folder / "whole", folder / "log0")
    _until(lambda: _finished(folder / "whole") is not None, process)
    drawing = time.monotonic()
    assert process.wait() == 0, log.read_text()
    seconds = time.monotonic() - drawing
    print(f"in one go: {time.monotonic() - began:.0f} s, of which {seconds:.1f} s drew and wrote the images")

    _build_killed_twice(folder, np.random.default_rng(seed))
    _compare(folder / "whole", folder / "killed")
    print(f"in all {time.monotonic() - began:.0f} s")


def _build_killed_twice(folder: Path, rng: np.random.Generator) -> None:
    killed, kept = folder / "killed", set[int]()
    images = (folder / "whole" / "images.txt").read_text().split("\n")
    chunks = -(-len(images) // CHUNK)
    for kill, least, most in ((1, 0.02, 0.45), (2, 0.5, 0.9)):
        # At a random moment: so many chunks, and whatever the workers are at after some milliseconds more.
        enough = rng.uniform(least, most) * chunks
        process, log = _start(killed, folder / f"log{kill}")
        _until(lambda: len(_finished(killed) or ()) > enough, process)  # noqa: B023
        time.sleep(float(rng.uniform(0, 0.05)))
        assert process.poll() is None, "finished before it was killed"
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        _see_nothing_redone(killed, folder / f"log{kill}", kept)
        before, kept = kept, _finished(killed) or set()
        assert before < kept
        print(f"kill {kill}: {len(kept):,} chunks finished, {len(kept) - len(before):,} of them since the last start")
    process, log = _start(killed, folder / "log3")
    assert process.wait() == 0, log.read_text()
    drawn = _see_nothing_redone(killed, folder / "log3", kept)
    assert drawn == set(range(0, len(images), CHUNK)) - kept
    assert f"going on at {sum(min(CHUNK, len(images) - at) for at in kept):,} of {len(images):,}" in log.read_text()
    print(f"last start: {len(drawn):,} of {chunks:,} chunks drawn")


def _compare(whole: Path, killed: Path) -> None:
    images = (killed / "images.txt").read_text().split("\n")
    (one,), (other,) = ([path for path in folder.iterdir() if path.is_dir()] for folder in (whole, killed))
    assert one.name == other.name
    assert sorted(path.name for path in one.iterdir()) == sorted(path.name for path in other.iterdir())
    for name in ("pixels.npy", "rejected.csv", "cache.json"):
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
    pixels = np.load(one / "pixels.npy", mmap_mode="r")
    assert len(pixels) == len(images)
    assert (pixels.reshape(len(pixels), -1).max(axis=1) > 0).all()  # no image was left out in both
    print(f"{len(images):,} images, {(one / 'pixels.npy').stat().st_size:,} bytes: the same to the byte")


def _start(cache_dir: Path, drawn: Path) -> tuple[subprocess.Popen[bytes], Path]:
    imports = "from pathlib import Path; from tests.campaigns import drawn"
    program = f"{imports}; drawn.build(Path({str(cache_dir)!r}), {PATIENTS}, 2)"
    said = drawn.with_suffix(".err")
    env = os.environ | {"DRAWN_LOG": str(drawn), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    with open(said, "wb") as stderr:
        command = [sys.executable, "-c", program]
        return subprocess.Popen(command, cwd=ROOT, env=env, stderr=stderr, start_new_session=True), said


def _finished(cache_dir: Path) -> set[int] | None:
    """First rows of the chunks that the journal holds; None before there is one."""
    for journal in cache_dir.glob("*.partial/finished.jsonl"):
        return {json.loads(line)[0] for line in journal.read_text().split("\n")[:-1]}
    return None


def _see_nothing_redone(cache_dir: Path, log: Path, kept: set[int]) -> set[int]:
    """The chunks that a start drew, none of which was there before."""
    place = {name: row for row, name in enumerate((cache_dir / "images.txt").read_text().split("\n"))}
    drawn = {place[name] // CHUNK * CHUNK for name in log.read_text().split()}
    assert not drawn & kept
    return drawn


def _until(true: object, process: subprocess.Popen[bytes], seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.02)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made_in:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 0, Path(made_in))
