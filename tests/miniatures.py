"""Miniature copies of data sets: their files, written small, and where the copy of each data set is found."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from bench.config import compose
from bench.data.cohorts.chosen import Chosen, choose
from bench.errors import BenchError
from bench.plugins.registry import TASKS, Entry, datasets
from bench.task import Dataset, Reading
from tests.places import ROOT

#: Patients of a miniature, or what stands for them: enough that every split holds every group.
PATIENTS = 96


@dataclass(frozen=True)
class Miniature:
    """How a copy of a data set's folder is made, what belongs to it, and what in it can be wrong.

    The test of a data set, ``tests/tasks/<task>/test_<data set>.py``, ends in ``MINIATURE = Miniature(...)``, and
    ``tests/tasks/test_every_dataset.py`` finds it there.

    Args:
        make: writes the folder; files that it leaves empty are then filled with a picture each.
        tables: the tables of the folder, and the columns that each needs.
        words: of every attribute of patients the table, the column, and a misspelt value.
        options: what the command line is told beside the task, the data set and its root.
        listed: whether a table lists the images, so that one that is not on disk is told.
        task, name: filled in by where the miniature was found.
    """

    make: Callable[[Path], object]
    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    words: tuple[tuple[str, str, str], ...] = ()
    options: tuple[str, ...] = ()
    listed: bool = True
    task: str = ""
    name: str = ""

    def build(self, root: Path) -> Path:
        """Make the copy, every image of it a picture of its own."""
        self.make(root)
        images = [file for file in sorted(root.rglob("*")) if file.is_file() and not file.stat().st_size]
        for number, file in enumerate(images):
            if file.suffix in (".dcm", ".dicom"):
                dicom(file)
            else:
                pixels = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
                content = io.BytesIO()
                Image.fromarray(pixels).save(content, "PNG" if file.suffix == ".png" else "JPEG")
                file.write_bytes(content.getvalue())
        return root

    def arguments(self, root: Path) -> list[str]:
        """What to tell the command line."""
        return [f"task={self.task}", f"task.dataset={self.name}", f"task.root={root}", *self.options]

    def chosen(self, root: Path) -> Chosen:
        """The data set, ready to be read."""
        return choose(compose([*self.arguments(root), "task.image_size=16"]).task)


def read_from_files() -> list[tuple[str, str]]:
    """Task and name of every data set below ``tasks/`` that lies in files of its own.

    A phantom has none, and those of ``csv``, anyone's own table, are as their owner likes.
    """
    entries = [(task.name, entry) for task in TASKS.entries() for entry in datasets(task).entries()]
    own = [(task, entry) for task, entry in entries if entry.name != "csv" and _is_ours(entry)]
    return [(task, entry.name) for task, entry in own if not _is_rendered(entry)]


def _is_ours(entry: Entry[Dataset]) -> bool:
    return entry.source is not None and ROOT / "tasks" in entry.source.resolve().parents


def _is_rendered(entry: Entry[Dataset]) -> bool:
    try:
        return entry.load().rendered
    except BenchError:  # for the tests of this one to tell
        return False


def miniature_of(task: str, dataset: str) -> Miniature:
    """The miniature that stands in the data set's own test."""
    place = f"tests/tasks/{task}/test_{dataset}.py"
    assert (ROOT / place).is_file(), f"data set {dataset!r} of task {task!r} has no test: {place} is missing"
    found = getattr(importlib.import_module(f"tests.tasks.{task}.test_{dataset}"), "MINIATURE", None)
    assert isinstance(found, Miniature), f"{place} has no MINIATURE = Miniature(...) of data set {dataset!r}"
    return replace(found, task=task, name=dataset)


def write_rows(file: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str] | None = None) -> Path:
    """A table by its suffix: .csv, .csv.gz or .xlsx."""
    file.parent.mkdir(parents=True, exist_ok=True)
    table = pd.DataFrame(list(rows), columns=columns)
    if file.suffix == ".xlsx":
        table.to_excel(file, index=False)
    else:
        table.to_csv(file, index=False)
    return file


def touch(root: Path, paths: Iterable[str]) -> None:
    """Empty files at these paths below the root, where images only have to be there."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def picture(file: Path, bits: int = 8) -> None:
    """A picture of 8 by 8 pixels, PNG or JPEG by its suffix."""
    file.parent.mkdir(parents=True, exist_ok=True)
    grey = np.arange(64).reshape(8, 8) * (4 if bits == 8 else 1000)
    Image.fromarray(grey.astype(np.uint8 if bits == 8 else np.uint16)).save(file)


def dicom(file: Path, **tags: str) -> None:
    """A DICOM file of 8 by 8 pixels with these tags besides."""
    file.parent.mkdir(parents=True, exist_ok=True)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = pydicom.uid.DigitalXRayImageStorageForPresentation
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image = FileDataset(str(file), {}, file_meta=meta, preamble=b"\0" * 128)
    image.SOPClassUID, image.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    image.Rows = image.Columns = 8
    image.SamplesPerPixel, image.PhotometricInterpretation, image.PixelRepresentation = 1, "MONOCHROME2", 0
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit = 15
    image.PixelData = (np.arange(64, dtype=np.uint16) * 1000).tobytes()
    for name, value in tags.items():
        setattr(image, name, value)
    image.save_as(file, enforce_file_format=True)


def left_out(reading: Reading) -> int:
    """How many rows are not in the table, after seeing that no count of rows that stay is among them."""
    assert not [why for why in reading.excluded if "set to unknown" in why or "(kept" in why]
    assert reading.rows == len(reading.table) + sum(reading.excluded.values())
    return sum(reading.excluded.values())


def balanced(reading: Reading, rows_in: int) -> Reading:
    """The reading itself, after seeing that every row is in its table or counted as left out."""
    assert len(reading.table) + left_out(reading) == rows_in, reading.excluded
    return reading


def refused(read: Any, *arguments: Any, **named: Any) -> str:
    """The one paragraph with which a reader refuses."""
    with pytest.raises(BenchError) as caught:
        read(*arguments, **named)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def refused_without(columns: Iterable[str], file: Path, read: Any, *arguments: Any) -> None:
    """See that each of these columns, taken out of a CSV file, is named together with the file."""
    whole = pd.read_csv(file, dtype=str, keep_default_na=False)
    for column in columns:
        whole.drop(columns=column).to_csv(file, index=False)
        message = refused(read, *arguments)
        assert repr(column) in message
        assert file.name in message
    whole.to_csv(file, index=False)
