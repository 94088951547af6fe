"""Miniature copies of data sets: their files, written small."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydicom
import pytest
from PIL import Image
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from bench.errors import BenchError
from bench.task import Reading

#: Where real data sets lie on machines that have them.


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
