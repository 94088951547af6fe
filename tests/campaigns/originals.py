"""Small valid files of every kind: images, tables and mappings, and where in each its content lies."""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pydicom
import yaml
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.uid import DeflatedExplicitVRLittleEndian

from tests.data.files import dicom

#: Side of every image, so that the pixels are compared as they are stored.
SIZE = 64
#: Whole images in every data set, so that a cohort can be made whatever becomes of the others.
WHOLE = 300


@dataclass(frozen=True)
class Original:
    """A valid file; ``pixels`` is where in it the pixels, or a table's rows, lie."""

    kind: str
    suffix: str
    content: bytes
    pixels: tuple[int, int]
    channels: int = 1

    @property
    def is_image(self) -> bool:
        return self.kind not in ("CSV", "CSV.GZ", "XLSX", "YAML")

    @property
    def family(self) -> str:
        return self.kind.partition(",")[0]


def originals(folder: Path) -> list[Original]:
    """Every kind of file, made in a folder or out of pydicom's."""
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    noise = np.random.default_rng(0).integers(0, 40, (SIZE, SIZE))
    grey = (2 * x + y + noise).clip(0, 255).astype(np.uint8)
    wide = (grey.astype(np.uint16) << 8) + noise.astype(np.uint16)
    colour = np.dstack([grey, grey.T, 255 - grey])
    made = []

    def picture(kind: str, suffix: str, pixels: np.ndarray, **options: Any) -> None:
        Image.fromarray(pixels).save(folder / f"made{suffix}", **options)
        content = (folder / f"made{suffix}").read_bytes()
        made.append(Original(kind, suffix, content, _pixels(content), 3 if pixels.ndim == 3 else 1))

    picture("PNG, 8 bits", ".png", grey)
    picture("PNG, 16 bits", ".png", wide)
    picture("PNG, colour", ".png", colour)
    picture("JPEG, grey", ".jpg", grey, quality=90)
    picture("JPEG, progressive", ".jpg", grey, quality=90, progressive=True)
    picture("JPEG, colour", ".jpg", colour, quality=90)
    picture("TIFF, 8 bits", ".tif", grey)
    picture("TIFF, 16 bits", ".tif", wide)
    picture("TIFF, deflated", ".tif", grey, compression="tiff_adobe_deflate")
    picture("TIFF, LZW", ".tif", grey, compression="tiff_lzw")
    window = {"WindowCenter": "2048", "WindowWidth": "4096"}
    twelve = (wide >> 4).astype(np.uint16)
    for kind, options in (("explicit", {}), ("deflated", {"syntax": DeflatedExplicitVRLittleEndian})):
        content = dicom(folder / "made.dcm", twelve, bits=12, uid="1.2.3.4", **window, **options).read_bytes()
        made.append(Original(f"DICOM, {kind}", ".dcm", content, (len(content) // 2, len(content))))
    for kind, name, channels in (
        ("implicit", "MR_small_implicit.dcm", 1),
        ("big endian", "MR_small_bigendian.dcm", 1),
        ("RLE", "MR_small_RLE.dcm", 1),
        ("JPEG 2000", "MR_small_jp2klossless.dcm", 1),
        ("JPEG baseline", "SC_rgb_jpeg_dcmtk.dcm", 3),
        ("RLE in colour", "SC_rgb_rle.dcm", 3),
    ):
        content = Path(get_testdata_file(name, download=False)).read_bytes()
        made.append(Original(f"DICOM, {kind}", ".dcm", content, _pixels(content), channels))
    return made + _tables(folder)


def is_dicom(content: bytes) -> bool:
    return content[128:132] == b"DICM"  # asked first: some begin like a TIFF, too


def _pixels(content: bytes) -> tuple[int, int]:
    """Where the pixels lie in a file that is whole."""
    if content.startswith(b"\x89PNG"):
        start = content.index(b"IDAT") + 4
        return start, start + int.from_bytes(content[start - 8 : start - 4], "big")
    if content.startswith(b"\xff\xd8"):
        return content.index(b"\xff\xda") + 14, len(content) - 2
    if content.startswith(b"II*") and not is_dicom(content):
        with Image.open(io.BytesIO(content)) as image:
            return image.tag_v2[273][0], image.tag_v2[273][0] + image.tag_v2[279][0]
    dataset = pydicom.dcmread(io.BytesIO(content))
    start = content.rindex(dataset.PixelData[8:64]) - 8
    return start, start + len(dataset.PixelData)


def _tables(folder: Path) -> list[Original]:
    table = pd.DataFrame(rows_of(WHOLE))
    table.to_excel(folder / "t.xlsx", index=False)
    text = table.to_csv(index=False).encode()
    body = text.index(b"\n") + 1
    packed = gzip.compress(text, mtime=0)
    book = (folder / "t.xlsx").read_bytes()
    mapping = yaml.safe_dump(mapping_of("t.csv"), sort_keys=False).encode()
    return [
        Original("CSV", ".csv", text, (body, len(text))),
        Original("CSV.GZ", ".csv.gz", packed, (10, len(packed) - 8)),
        Original("XLSX", ".xlsx", book, (len(book) // 3, len(book))),
        Original("YAML", ".yaml", mapping, (0, len(mapping))),
    ]


def rows_of(n: int) -> list[dict[str, str]]:
    return [
        {
            "FILE": f"whole{k:03d}.png", "MRN": f"P{k:04d}", "EFF": ["yes", "no"][k % 2], "RACE": "WBA"[k // 2 % 3],
            "SEX": "FM"[k // 6 % 2], "AGE": str(20 + k % 70), "NOTE": 'said "no", twice' if k % 9 == 0 else "",
        }
        for k in range(n)
    ]  # fmt: skip


def mapping_of(table: str, channels: int = 1) -> dict[str, Any]:
    """What the columns mean, for a task of so many channels."""
    column, words = ("EFF", {"positive": ["yes"], "negative": ["no"]})
    if channels == 3:
        tone = {"column": "SEX", "values": {"F": "dark", "M": "light"}}
        targets = {"malignant": {"column": column, **words}}
        return {"table": table, "image": "FILE", "patient": "MRN", "targets": targets, "skin_tone": tone}
    return {
        "table": table,
        "image": "FILE",
        "patient": "MRN",
        "targets": {"effusion": {"column": column, **words}},
        "race": {"column": "RACE", "values": {"W": "White", "B": "Black", "A": "Asian"}, "unknown": ["U", ""]},
        "sex": "SEX",
        "age": "AGE",
    }
