"""What the tests share: caches of their own, one thread, and one small trained run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before numpy and torch start their threads: with a test process a core, more would only stand in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_SILENT"] = "true"

#: A phantom of a few seconds: enough patients that every split holds every class and every group of race.
TINY = (
    "task=cxr",
    "task.patients=260",
    "task.image_size=32",
    "trainer.max_epochs=2",
    "trainer.batch_size=32",
    "trainer.precision=32",
    "scoring.replicates=100",
    "logger=none",
)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = os.environ.get("BENCH_CACHE_DIR")
    os.environ["BENCH_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["BENCH_CACHE_DIR"]
    else:
        os.environ["BENCH_CACHE_DIR"] = before


@pytest.fixture(scope="session")
def tiny_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runs folder with one finished ERM run of the tiny phantom."""
    from bench.config import compose
    from bench.run import run

    folder = tmp_path_factory.mktemp("runs")
    run(compose([*TINY, "method=erm", f"runs_dir={folder}"]))
    return folder


@pytest.fixture(scope="session")
def tiny_record(tiny_runs: Path):  # type: ignore[no-untyped-def]
    """The record of that run."""
    from bench.records import read_all

    return read_all(tiny_runs)[0]
