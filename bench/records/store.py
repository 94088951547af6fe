"""The folder of a run: ``run.json``, which never changes, and ``scores/<arena>.<suite>.json``, each whole in itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from pydantic import BaseModel, ValidationError

from bench.errors import BenchError, suggest
from bench.files import whole, write_text
from bench.records.hashes import identity
from bench.records.run_record import SCHEMA_VERSION, RunRecord
from bench.records.score_file import Place, ScoreFile, Unit

RUN, SCORES = "run.json", "scores"
#: What a run left behind under schema version 1.
OLD = "record.json"
_INFLUENCE = ".influence.parquet"

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Record:
    """A run and every file of its scores, in the order of their names; ``folder`` is where they were read from."""

    run: RunRecord
    files: tuple[ScoreFile, ...]
    folder: Path | None = field(default=None, compare=False)

    def of(self, place: Place = "test", unit: Unit = "image", suite: int | None = None) -> ScoreFile | None:
        """The scores at a place, of this suite or the newest, and of most patients; None where there are none."""
        found = [file for file in self.files if (file.head.place, file.head.unit) == (place, unit)]
        found = [file for file in found if suite in (None, file.head.suite)]
        return max(found, key=lambda file: (file.head.suite, file.head.patients), default=None)

    def elsewhere(self, like: ScoreFile) -> tuple[ScoreFile, ...]:
        """The scores in other arenas, made as those of this file: the same unit, suite and version of scoring."""
        wanted = (like.head.unit, like.head.suite, like.head.scoring)
        there = [file for file in self.files if file.head.place == "elsewhere"]
        return tuple(file for file in there if (file.head.unit, file.head.suite, file.head.scoring) == wanted)

    def beside(self, like: ScoreFile, place: Place) -> ScoreFile | None:
        """The scores at another place that were made as those of this file, of most patients; None where none are."""

        def made(file: ScoreFile) -> tuple[object, ...]:
            return file.head.unit, file.head.suite, file.head.scoring, file.head.layers

        there = [file for file in self.files if file.head.place == place and made(file) == made(like)]
        return max(there, key=lambda file: file.head.patients, default=None)

    def influence(self, file: ScoreFile) -> pd.DataFrame | None:
        """The influence values beside a file of scores: a row a patient, by keyed hash, a column a score's label.

        None where there are none: a record that was converted has no such values, nor one that was not read from disk.

        Raises:
            BenchError: naming the file, when it cannot be read, names a patient twice, or holds what is no number.
        """
        path = None if self.folder is None else influence_path(path_of(file, self.folder))
        if path is None or not path.exists():
            return None
        try:
            table = pd.read_parquet(path)
            whole_table = table.index.is_unique and bool(np.isfinite(table.to_numpy(np.float64)).all())
        except (OSError, ValueError):
            whole_table = False
        if not whole_table:
            raise BenchError(
                f"{path} holds no influence values of patients, each once and finite. Delete it and score the network "
                "again (bench score): nothing is trained for it."
            )
        return table


def score_path(folder: Path, arena: str, suite: int) -> Path:
    """Where the scores of an arena by a suite stand in a run's folder."""
    slug = re.sub(r"[^\w=.-]+", "_", arena)
    # Of two names that differ in what no file name can hold, each keeps its own.
    told_apart = slug if slug.replace("_", " ") == arena.replace("_", " ") else f"{slug}-{identity(arena)[:6]}"
    return folder / SCORES / f"{told_apart}.{suite}.json"


def path_of(file: ScoreFile, folder: Path) -> Path:
    """Where a file of scores stands in a run's folder."""
    return score_path(folder, file.head.arena, file.head.suite)


def write_run(run: RunRecord, folder: Path) -> None:
    """Write ``run.json``: it appears when the network is trained, and its presence says that the weights are whole."""
    write_text(folder / RUN, run.model_dump_json(indent=1) + "\n")


def write_scores(file: ScoreFile, influence: pd.DataFrame, folder: Path) -> None:
    """Write a file of scores, and beside it the influence values, a row a patient; the scores appear last.

    Args:
        file: the scores.
        influence: indexed by patients' keyed hashes, one column a smooth score (its :func:`label`).
        folder: the run's.
    """
    path = path_of(file, folder)
    path.parent.mkdir(exist_ok=True)
    with whole(influence_path(path)) as partial:
        influence.astype(np.float32).to_parquet(partial)
    write_text(path, file.model_dump_json(indent=1) + "\n")


def write_record(run: RunRecord, files: Sequence[ScoreFile], folder: Path) -> None:
    """Write files of scores that have no influence values, then ``run.json``."""
    (folder / SCORES).mkdir(exist_ok=True)
    for file in files:
        write_text(path_of(file, folder), file.model_dump_json(indent=1) + "\n")
    write_run(run, folder)


def influence_path(path: Path) -> Path:
    """Where the influence values of a file of scores stand."""
    return path.with_name(path.name.removesuffix(".json") + _INFLUENCE)


def read(folder: Path, metrics: Collection[str] | None = None) -> Record:
    """Read the record in a run's folder.

    Args:
        folder: the run's.
        metrics: the names that a score can have, where others are to be refused.

    Raises:
        BenchError: naming the file, when one is not of this schema, of another run, or holds a score of another name.
    """
    run, files = parse(folder / RUN, RunRecord, "run"), []
    # One that is being written, or was when its process was killed, begins with a point.
    for path in sorted(path for path in (folder / SCORES).glob("[!.]*.json") if path.is_file()):
        file = parse(path, ScoreFile, "file of scores")
        if file.run != run.id:
            raise BenchError(
                f"{path} holds scores of run {file.run}, not of {run.id}, in whose folder it lies. Move it to where it"
                " belongs, or delete it."
            )
        if metrics is not None:
            _refuse_unknown(file, metrics, path)
        files.append(file)
    return Record(run, tuple(files), folder)


def _refuse_unknown(file: ScoreFile, metrics: Collection[str], path: Path) -> None:
    for score in file.scores:
        if score.metric not in metrics:
            raise BenchError(
                f"{path} holds a score {score.metric!r}, which this version does not know."
                f"{suggest(score.metric, metrics)} Delete the file, and `bench score` makes it anew."
            )


def parse(path: Path, model: type[Model], what: str) -> Model:
    """What a run left in a JSON file of this schema.

    Raises:
        BenchError: naming the file and the first thing in it that is not of the schema.
    """
    try:
        return model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BenchError(f"{path} cannot be read as a {what}: {error.strerror}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise BenchError(
            f"{path} is not a {what} of schema version {SCHEMA_VERSION}: {where}: {first['msg']}. Delete it "
            "and run the same command again to make it anew."
        ) from error


def folders(runs_dir: Path) -> Iterator[Path]:
    """The folders of runs below a folder, in the order of their paths.

    Raises:
        BenchError: when there is no such folder, or one that holds records of an earlier schema.
    """
    if not runs_dir.is_dir():
        raise BenchError(f"There is no folder {runs_dir}: make runs first (bench run …), or say where with runs_dir=…")
    old = [path for path in runs_dir.rglob(OLD) if path.is_file() and not path.with_name(RUN).exists()]
    if old:
        raise BenchError(
            f"{len(old)} runs below {runs_dir} were recorded by an earlier version (schema version 1; the first is"
            f" {min(old)}). `bench convert runs_dir={runs_dir}` writes their records anew; nothing is trained or scored"
            " for it."
        )
    yield from sorted(path.parent for path in runs_dir.rglob(RUN) if path.is_file())


def read_all(runs_dir: Path, task: str | None = None, metrics: Collection[str] | None = None) -> list[Record]:
    """Every record below a folder, of one task or all, in the order of their paths.

    Raises:
        BenchError: as :func:`folders` and :func:`read`.
    """
    records = [read(folder, metrics) for folder in folders(runs_dir)]
    return [record for record in records if task in (None, record.run.task.name)]
