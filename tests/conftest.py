"""What the tests share: caches of their own, one thread, and one small trained run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import broken_torchvision

if TYPE_CHECKING:
    from bench.records import Record, Score, ScoreFile

# Before numpy and torch start their threads: with a test process a core, more would only stand in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_SILENT"] = "true"

broken_torchvision.declare()

#: A phantom of a few seconds: enough patients that every split holds every class and every group of race.
TINY = (
    "task=cxr",
    "task.patients=260",
    "task.image_size=32",
    "trainer.max_epochs=2",
    "trainer.batch_size=32",
    "trainer.precision=32",
    "trainer.threads=1",
    "scoring.replicates=100",
    "scoring.isolated=false",
    "scoring.trial=0",
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
def tiny_record(tiny_runs: Path) -> Record:
    """The record of that run."""
    from bench.records import read_all

    (record,) = read_all(tiny_runs)
    return record


@pytest.fixture(scope="session")
def tiny_scores(tiny_record: Record) -> ScoreFile:
    """The scores of that run on its test patients."""
    (test,) = [file for file in tiny_record.files if file.head.place == "test"]
    return test


def scored(record: Record) -> dict[str, list[Score]]:
    """The scores of a record, by arena."""
    return {file.head.arena: file.scores for file in record.files}


def read_with_few_probes(patch: pytest.MonkeyPatch) -> None:
    """Have race read by linear probes alone and without controls: for tests that are about all else."""
    from bench.scoring import scorer

    decode = scorer.decode
    patch.setattr(scorer, "decode", lambda *given, **more: decode(*given, **{**more, "fast": True}))


@pytest.fixture
def few_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Race is read by linear probes alone and without controls."""
    read_with_few_probes(monkeypatch)
