"""A run's id names one network: the environment's number of threads moves neither its weights nor its scores."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench import records, training
from bench.config import compose
from bench.run import plan
from tests.conftest import TINY

RUN = """
import sys
import pytest
from bench.config import compose
from bench.run import run
from tests.conftest import read_with_few_probes

if __name__ == "__main__":
    with pytest.MonkeyPatch.context() as patch:
        read_with_few_probes(patch)
        run(compose(sys.argv[1:]))
"""
#: What may say how many threads there are.
ENVIRONMENTS = {
    "one": {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
    "four": {"OMP_NUM_THREADS": "4"},
    "two kinds of number": {
        "OMP_NUM_THREADS": "3",
        "MKL_DYNAMIC": "TRUE",
        "MKL_NUM_THREADS": "1",
    },
}


def made(folder: Path, environment: dict[str, str]) -> tuple[str, dict[str, bytes], list[object]]:
    """A run in a process of its own: its id, its arrays to the byte, its scores."""
    (folder / "run.py").write_text(RUN)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "MKL_", "OPENBLAS_"))}
    options = [*TINY, "method=erm", "trainer.max_epochs=1", "trainer.threads=2", f"runs_dir={folder}"]
    command = [sys.executable, str(folder / "run.py"), *options]
    done = subprocess.run(command, env={**own, **environment}, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    (place,) = records.folders(folder)
    arrays = {name: (place / name).read_bytes() for name in (training.WEIGHTS, "features.npy", "predictions.parquet")}
    record = records.read(place)
    return record.run.id, arrays, [(file.head, file.flags, file.scores) for file in record.files]


def test_whatever_the_environment_says_of_threads_the_run_comes_out_the_same(tmp_path: Path) -> None:
    runs = []
    for name, environment in ENVIRONMENTS.items():
        folder = tmp_path / name.replace(" ", "-")
        folder.mkdir()
        (folder / ".patient-key").write_text("0f" * 32)
        runs.append(made(folder, environment))
    assert runs[0] == runs[1]
    assert runs[0] == runs[2]


@pytest.mark.parametrize("change", ["trainer.threads=2", "trainer.threads=3"])
def test_another_number_is_another_run_of_another_board(change: str) -> None:
    plain, other = plan(compose([*TINY, "method=erm"])), plan(compose([*TINY, "method=erm", change]))
    assert plain.id != other.id
    assert plain.budget["threads"] == 1
    assert {**plain.budget, "threads": other.budget["threads"]} == other.budget
