"""A phantom's images in files, with its table beside them: DICOM as a hospital's archive would give it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout

from bench.data.cohorts.chosen import choose
from bench.data.export import dicom
from bench.data.pixels.chunks import Chunk, fill
from bench.data.pixels.sources import Shape, Source, shape
from bench.errors import BenchError
from bench.files import whole, write_text
from bench.task import TRUE, Cohort, Dataset, Task
from bench.terminal import Progress

if TYPE_CHECKING:
    from bench.config import RunConfig

FORMATS = ("dicom",)
_ABOUT, _TABLE, _LOCK = "export.json", "table.csv", ".lock"
#: Images a worker renders and writes at once.
_CHUNK = 64


@dataclass(frozen=True)
class Folder:
    """The place of exported images: one file each, whole or not at all."""

    path: Path
    shape: Shape
    kind: dicom.Kind

    def file(self, row: Any) -> Path:
        """Where an image's file is."""
        return self.path / file_of(row)

    def write(self, start: int, pixels: np.ndarray, rows: pd.DataFrame) -> None:
        """Write a file for each row; ``start`` says nothing here."""
        for row, image in zip(rows.to_dict("records"), pixels, strict=True):
            file = self.file(row)
            file.parent.mkdir(parents=True, exist_ok=True)
            with whole(file) as partial:
                dicom.made(row, image, self.kind).save_as(partial, enforce_file_format=True)


def file_of(row: Any) -> str:
    """The path of an image's file below the export's folder, a folder a patient."""
    return f"images/{_name(row['patient'])}/{_name(row['image'])}.dcm"


def export(config: RunConfig, out: Path) -> Path:
    """Render every image of a phantom into a DICOM file, and write its table as CSV; returns the table's path.

    The table has the columns that the task knows (image, patient, study, targets and their true labels, attributes,
    age, covariates, split), with ``image`` the file's path below ``out``. It appears last. An export that was
    interrupted goes on: files that are there whole are not made again.

    Raises:
        BenchError: for a data set that lies in files already, or a folder that holds anything else.
    """
    chosen = choose(config.task)
    dataset, size = chosen.dataset, config.task.image_size
    if not dataset.rendered:
        raise BenchError(
            f"Data set {dataset.name!r} lies in files already. Only what is rendered here can be exported: a phantom."
        )
    cohort = chosen.cohort(checked=False)
    about = {"format": "dicom", "dataset": dataset.name, "version": dataset.version, "size": size}
    about |= {"options": chosen.options.model_dump(mode="json"), "images": len(cohort)}
    about["fingerprint"] = chosen.fingerprint(cohort)
    entropy = json.dumps([dataset.name, dataset.version, about["options"]], sort_keys=True)
    kind = dicom.Kind(entropy, chosen.task.modality, chosen.task.body_part)
    folder = Folder(out, shape(size, cohort.spec.channels), kind)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with FileLock(out / _LOCK, timeout=0):
            _claim(out, json.dumps(about, indent=1))
            _write(folder, chosen.source(), cohort, f"{dataset.name}, {size} px")
            write_text(out / _TABLE, _table(cohort, dataset, chosen.task).to_csv(index=False))
    except Timeout as error:
        raise BenchError(f"Another process is exporting to {out}. Wait for it, then give the command again.") from error
    except (FileExistsError, NotADirectoryError) as error:
        raise BenchError(f"out={out} is no folder that files can be written to: {error.strerror}.") from error
    return out / _TABLE


def _claim(out: Path, about: str) -> None:
    """Say in the folder what it holds, unless it does already."""
    file = out / _ABOUT
    if file.exists():
        if file.read_text(encoding="utf-8") != about:
            raise BenchError(f"{out} holds another export ({_ABOUT} says which). Choose another folder with out=…")
    elif any(path.name not in (_LOCK, f".partial-{_ABOUT}") for path in out.iterdir()):
        raise BenchError(f"{out} holds files that are no export of this program. Choose an empty folder with out=…")
    else:
        write_text(file, about)


def _write(folder: Folder, source: Source, cohort: Cohort, title: str) -> None:
    rows = cohort.table[["image", "patient"]].to_dict("records")
    there = np.array([dicom.is_whole(folder.file(row), row, folder.shape, folder.kind) for row in rows])
    chunks = [Chunk(at, min(at + _CHUNK, len(rows))) for at in range(0, len(rows), _CHUNK)]
    todo = [chunk for chunk in chunks if not there[slice(*chunk)].all()]
    done = len(rows) - sum(chunk.stop - chunk.start for chunk in todo)
    with Progress(title, len(rows), done) as progress:
        for chunk, _ in fill(source, folder, cohort.table, todo, os.cpu_count() or 1):
            progress.advance(chunk.stop - chunk.start)


def _table(cohort: Cohort, dataset: Dataset, task: type[Task]) -> pd.DataFrame:
    table = cohort.table.assign(image=[file_of(row) for row in cohort.table[["image", "patient"]].to_dict("records")])
    table = table.drop(columns=[name for name in dataset.drawn_from if name not in task.covariates])
    labels = [name for name in table if str(name).removeprefix(TRUE) in task.targets]
    return table.astype(dict.fromkeys(labels, "Int64"))


def _name(name: str) -> str:
    """A name that is a file's on every system, another for every other."""
    quoted = quote(name, safe="")
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted
