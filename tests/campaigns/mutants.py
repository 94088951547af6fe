"""Valid files broken: cut, flipped bit by bit, zeroed, renamed, blown up, or replaced by noise."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom

from tests.campaigns.originals import Original, is_dicom, originals

MUTATIONS = (
    "truncated", "bits flipped", "pixels flipped", "header only", "empty", "zeroed", "wrong suffix", "wrong dimensions",
    "huge dimensions", "garbage", "element empty", "element odd",
)  # fmt: skip
#: Of these nothing may be accepted, whatever the kind of image.
HOPELESS = ("header only", "empty", "huge dimensions", "garbage")
#: Elements of a DICOM header that may stand there without a value, together.
EMPTIED = (
    ("RescaleSlope", "RescaleIntercept"), ("RescaleSlope",), ("RescaleIntercept",), ("WindowCenter", "WindowWidth"),
    ("WindowWidth",), ("VOILUTFunction",), ("PixelPaddingValue",), ("PixelPaddingValue", "PixelPaddingRangeLimit"),
    ("PresentationLUTShape",), ("ModalityLUTSequence", "VOILUTSequence"), ("PixelSpacing", "PixelAspectRatio"),
    ("NumberOfFrames",), ("HighBit",), ("BitsStored",), ("PixelRepresentation",), ("PhotometricInterpretation",),
)  # fmt: skip
#: Elements with a value that one seldom meets. A padding value is one that pixels have.
_WINDOW = {"WindowCenter": "700", "WindowWidth": "300"}
ODD = (
    {"PixelPaddingValue": None}, {"PixelPaddingValue": None, "PixelPaddingRangeLimit": 3000},
    {"PixelPaddingValue": None, "PhotometricInterpretation": "MONOCHROME1"}, {"PixelPaddingRangeLimit": 9},
    {"RescaleSlope": "0", "RescaleIntercept": "1"}, {"RescaleSlope": "-1.5", "RescaleIntercept": "20"},
    {"RescaleSlope": ["1", "2"]}, {**_WINDOW, "WindowWidth": "0"}, {**_WINDOW, "WindowWidth": "1"},
    {"WindowCenter": ["700", "1"], "WindowWidth": ["300", "2"]}, {**_WINDOW, "VOILUTFunction": "SIGMOID"},
    {**_WINDOW, "VOILUTFunction": "LINEAR_EXACT"}, {**_WINDOW, "VOILUTFunction": "CUBIC"},
    {"PresentationLUTShape": "INVERSE"}, {"PresentationLUTShape": "IDENTITY"},
    {"PresentationLUTShape": "INVERSE", "PhotometricInterpretation": "MONOCHROME1"},
    {"PixelAspectRatio": ["2", "1"]}, {"PixelAspectRatio": ["0", "0"]}, {"NumberOfFrames": 3}, {"HighBit": 3},
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    original: Original
    mutation: str
    suffix: str
    content: bytes

    def __str__(self) -> str:
        return f"{self.original.kind}, {self.mutation}"


def cases(n: int, seed: int, folder: Path) -> list[Case]:
    """``n`` mutations, the kinds and mutations taken in turn."""
    rng = np.random.default_rng(seed)
    kinds = originals(folder)
    pairs = [(kind, mutation) for mutation in MUTATIONS for kind in kinds if _fits(kind, mutation)]
    order = np.concatenate([rng.permutation(len(pairs)) for _ in range(-(-n // len(pairs)))])[:n]
    return [mutate(*pairs[at], kinds, rng) for at in order]


def _fits(kind: Original, mutation: str) -> bool:
    if mutation == "wrong dimensions":
        return kind.is_image and kind.kind != "DICOM, deflated"
    if mutation == "huge dimensions":
        return kind.kind not in ("DICOM, deflated", "CSV.GZ", "XLSX")
    if mutation.startswith("element"):
        return kind.family == "DICOM"
    return True


def mutate(kind: Original, mutation: str, kinds: list[Original], rng: np.random.Generator) -> Case:
    """One mutated file."""
    content, suffix = bytearray(kind.content), kind.suffix
    if mutation == "truncated":
        near = rng.random() < 0.4
        content = content[: len(content) - int(rng.integers(1, 24)) if near else int(rng.integers(1, len(content)))]
    elif mutation in ("bits flipped", "pixels flipped"):
        low, high = kind.pixels if mutation == "pixels flipped" else (0, len(content))
        if mutation == "bits flipped" and rng.random() < 0.6:
            high = min(kind.pixels[0] or high, high)  # half of them in the header
        for at in rng.integers(low, high, rng.integers(1, 5)):
            content[at] ^= 1 << int(rng.integers(8))
    elif mutation == "header only":
        content = content[: kind.pixels[0] or 20]
    elif mutation == "empty":
        content = bytearray()
    elif mutation == "zeroed":
        start = int(rng.integers(0, len(content)))
        stop = min(start + int(rng.integers(1, 1 + len(content) // 4)), len(content))
        content[start:stop] = bytes(stop - start)
    elif mutation == "wrong suffix":
        choice = [other.suffix for other in kinds if other.is_image == kind.is_image and other.suffix != kind.suffix]
        suffix = str(rng.choice([other for other in choice if other != ".yaml"]))
    elif mutation == "wrong dimensions":
        content = bytearray(resized(bytes(content), int(rng.integers(1, 130)), int(rng.integers(1, 130))))
    elif mutation == "huge dimensions":
        content = bytearray(_huge(kind, rng))
    elif mutation.startswith("element"):
        content = bytearray(_with_elements(kind, mutation == "element empty", rng))
    elif mutation == "garbage":
        head = kind.content[:4] if rng.random() < 0.5 and kind.is_image else b""
        content = bytearray(head + rng.bytes(int(rng.integers(1, 5000))))
    return Case(kind, mutation, suffix, bytes(content))


def _with_elements(kind: Original, empty: bool, rng: np.random.Generator) -> bytes:
    """A header with an element that is empty, or that one seldom meets."""
    dataset = pydicom.dcmread(io.BytesIO(kind.content))
    if empty:
        given: dict[str, Any] = dict.fromkeys(EMPTIED[int(rng.integers(len(EMPTIED)))])
    else:
        given = dict(ODD[int(rng.integers(len(ODD)))])
    for name, value in given.items():
        if kind.channels == 3 and name == "PhotometricInterpretation":
            continue
        if value is None and not empty:
            value = int(rng.choice(dataset.pixel_array.ravel()))
        if name.startswith("PixelPadding"):
            dataset.add_new(name, "SS" if dataset.PixelRepresentation else "US", value)
        else:
            setattr(dataset, name, [] if value is None and name.endswith("Sequence") else value)
    content = io.BytesIO()
    dataset.save_as(content)
    return content.getvalue()


def _huge(kind: Original, rng: np.random.Generator) -> bytes:
    """Dimensions that no memory holds, or that it does and the file does not; fields and columns of a table."""
    if kind.is_image:
        return resized(kind.content, *((65_000, 65_000), (9_000, 9_000))[int(rng.integers(2))])
    if kind.kind == "YAML":
        return kind.content + b"study: " + b"x" * 200_000
    if rng.random() < 0.5:
        return kind.content + b'x,"' + b"y" * 3_000_000
    return b"," * 4_000 + kind.content


def resized(content: bytes, width: int, height: int) -> bytes:
    """The same file, with other dimensions stated in its header."""
    new = bytearray(content)
    if content.startswith(b"\x89PNG"):
        new[16:24] = struct.pack(">II", width, height)
        new[29:33] = struct.pack(">I", zlib.crc32(new[12:29]))
    elif content.startswith(b"\xff\xd8"):
        at = next(content.index(marker) for marker in (b"\xff\xc0\x00", b"\xff\xc2\x00") if marker in content)
        new[at + 5 : at + 9] = struct.pack(">HH", height, width)
    elif content.startswith(b"II*") and not is_dicom(content):
        start = int.from_bytes(content[4:8], "little")
        for entry in range(start + 2, start + 2 + 12 * int.from_bytes(content[start : start + 2], "little"), 12):
            tag = int.from_bytes(content[entry : entry + 2], "little")
            if tag in (256, 257, 278):
                kind = "<H" if content[entry + 2] == 3 else "<I"
                new[entry + 8 : entry + 8 + struct.calcsize(kind)] = struct.pack(kind, width if tag == 256 else height)
    else:
        big = b"1.2.840.10008.1.2.2" in content[:400]
        for element, value in ((0x0010, height), (0x0011, width)):
            tag = struct.pack(">HH" if big else "<HH", 0x0028, element)
            at = content.index(tag) + 8
            new[at : at + 2] = struct.pack(">H" if big else "<H", value)
    return bytes(new)
