"""What tests of runs share."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from bench import training
from bench.config import RunConfig, compose
from bench.records import Record, ScoreFile
from bench.records.outputs import Outputs
from bench.run import Run
from bench.run.arenas import Opened
from bench.run.network import Network
from bench.scoring.suites import SUITES, V2
from tests.conftest import TINY


def config(folder: Path, *more: str) -> RunConfig:
    return compose([*TINY, "method=erm", f"runs_dir={folder}", *more])


def predicted(planned: Run, opened: Opened) -> Outputs:
    """What a run's trained network computes for the images of an arena, predicted here."""
    method = planned.build()
    training.load(method, planned.folder / training.WEIGHTS)
    return training.predict(training.copies(method), opened.shown, opened.pixels, Network(planned, method).channel)


@pytest.fixture
def copied(tiny_runs: Path, tmp_path: Path) -> Path:
    """A copy of the runs folder with the trained and scored run."""
    return Path(shutil.copytree(tiny_runs, tmp_path / "runs"))


def by_arena(record: Record) -> dict[str, ScoreFile]:
    return {f"{file.head.arena}.{file.head.suite}": file for file in record.files}


def second_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second suite of linear probes alone."""
    monkeypatch.setitem(SUITES, 3, dataclasses.replace(V2, version=3, probes=V2.linear))  # type: ignore[arg-type]
