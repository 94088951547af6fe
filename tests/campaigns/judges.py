"""What a file holds by decoders that are not ours: OpenCV and pydicom for images, Python's own csv for tables."""

from __future__ import annotations

import csv
import gzip
import io
import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pydicom
from PIL import Image

from tests.campaigns.originals import SIZE, is_dicom


class Wrong(AssertionError):
    """A mutated file that was not treated as it must be."""


def reference(content: bytes, channels: int) -> np.ndarray:
    """The pixels in [0, 255] by OpenCV, or by pydicom and the formula of PS3.3 C.11.2.1.2.1: nothing of ours."""
    if is_dicom(content):
        return _dicom(content)
    kind = cv2.IMREAD_UNCHANGED
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), kind)
    if pixels is None:
        raise ValueError("OpenCV gives no image")
    unit = pixels * (255 / np.iinfo(pixels.dtype).max)
    if unit.ndim == 2:
        return np.repeat(unit[..., None], 3, axis=2) if channels == 3 else unit
    unit = unit[..., 2::-1]
    return unit if channels == 3 else unit @ (0.299, 0.587, 0.114)


def _dicom(content: bytes) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # What pydicom tells of pixels that do not fit the header, a strict decoder refuses.
        warnings.filterwarnings("error", message=".*(pixel data|padding|frame|RLE).*")
        dataset = pydicom.dcmread(io.BytesIO(content))
        stored = dataset.pixel_array
    if stored.ndim == 3:
        return stored * (255 / (2**dataset.BitsStored - 1))

    def first(name: str, otherwise: float | None) -> float | None:
        value = dataset.get(name)
        value = None if value is None or value == "" else np.atleast_1d(np.asarray(value, dtype=float))[0]
        return otherwise if value is None else float(value)

    values = stored * (first("RescaleSlope", 1) or 0) + (first("RescaleIntercept", 0) or 0)
    padding = np.zeros(stored.shape, dtype=bool)
    if (value := first("PixelPaddingValue", None)) is not None:
        ends = value, first("PixelPaddingRangeLimit", value)
        padding = (stored >= min(ends)) & (stored <= max(ends))
    center, width = first("WindowCenter", None), first("WindowWidth", None)
    function = dataset.get("VOILUTFunction") or "LINEAR"
    if center is None or width is None:
        inside = values[~padding] if not padding.all() else np.zeros(1)
        unit = (values - inside.min()) / max(inside.max() - inside.min(), 1e-9)
    elif function == "SIGMOID":
        unit = 1 / (1 + np.exp(-4 * (values - center) / width))
    elif function == "LINEAR_EXACT":
        unit = np.clip((values - center) / width + 0.5, 0, 1)
    else:
        unit = np.clip((values - (center - 0.5)) / max(width - 1, 1e-9) + 0.5, 0, 1)
    return 255 * np.where(padding, 0, 1 - unit if dataset.PhotometricInterpretation == "MONOCHROME1" else unit)


def shrunk(values: np.ndarray, channels: int) -> np.ndarray:
    """The pixels at the side that the cache keeps."""
    parts = np.moveaxis(values, 2, 0) if channels == 3 else values[None]
    method = Image.Resampling.BOX if min(values.shape[:2]) >= SIZE else Image.Resampling.BILINEAR
    done = [np.asarray(Image.fromarray(part.astype(np.float32)).resize((SIZE, SIZE), method)) for part in parts]
    return np.stack(done, axis=2) if channels == 3 else done[0]


def expected_table(file: Path, mapping: dict[str, Any], root: Path) -> pd.DataFrame:
    """The rows that a reader gives, by Python's csv alone."""
    if file.suffix == ".xlsx":
        return table_of(pd.read_excel(file, dtype=str, keep_default_na=False).to_dict("records"), mapping, root)
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rt", newline="", encoding="utf-8-sig") as text:  # type: ignore[operator]
        rows = list(csv.DictReader(text, strict=True))
    if file.suffix == ".csv" and None in rows[-1].values() and not file.read_bytes().endswith(b"\n"):
        raise Wrong(f"a table that ends in the middle of a row was accepted: {rows[-1]}")
    return table_of(rows, mapping, root)


def table_of(rows: list[dict[str, str]], mapping: dict[str, Any], root: Path) -> pd.DataFrame:
    """What a mapping makes of rows: the columns that a cohort has of them, sorted by image."""

    def column(part: Any) -> str:
        return part if isinstance(part, str) else part["column"]

    image, patient = column(mapping["image"]), mapping["patient"]
    names = {image, patient, *map(column, mapping["targets"].values())}
    names |= {column(mapping[name]) for name in ("race", "sex", "age") if name in mapping}
    unique = {tuple((row[name] or "").strip() for name in sorted(names)): row for row in reversed(rows)}
    rows = [{name: (value or "").strip() for name, value in row.items() if name in names} for row in unique.values()]
    rows = [row for row in rows if row[image] and row[patient] and (root / row[image]).is_file()]
    rows.sort(key=lambda row: str(Path(row[image])))
    table = {"image": [str(Path(row[image])) for row in rows], "patient": [row[patient] for row in rows]}
    for name, part in mapping["targets"].items():
        meant = {"1": 1, "0": 0} if isinstance(part, str) else dict.fromkeys(part.get("positive", ["1"]), 1)
        if not isinstance(part, str):
            meant |= dict.fromkeys(part.get("negative", ["0"]), 0)
        table[name] = [float(meant[row[column(part)]]) if row[column(part)] in meant else np.nan for row in rows]
    for name in ("race", "sex"):
        if name in mapping:
            values = None if isinstance(mapping[name], str) else mapping[name].get("values")
            words = [row[column(mapping[name])] for row in rows]
            table[name] = [(word or np.nan) if values is None else values.get(word, np.nan) for word in words]
    return pd.DataFrame(table)
