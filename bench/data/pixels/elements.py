"""Single elements of a DICOM header: one that is there but empty counts as absent, one that makes no sense is refused.

An attribute of type 2 may stand in a file without a value (PS3.5 7.4.3), and many programs write those of type 3 so.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench.data.pixels.integrity import Undecodable

if TYPE_CHECKING:
    import pydicom

#: Attributes without which no pixel means anything (type 1 of the image pixel module, PS3.3 C.7.6.3).
_NEEDED = (
    "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation", "BitsAllocated", "BitsStored",
    "PixelRepresentation",
)  # fmt: skip


def not_understood(what: str) -> Undecodable:
    """The refusal of a header that contradicts itself or the standard."""
    return Undecodable(f"DICOM file not understood: {what}")


def drop_empty(dataset: pydicom.Dataset) -> None:
    """Take out every element without a value, those within sequences aside."""
    for tag in list(dataset.keys()):
        value = dataset.get_item(tag).value  # as it stands in the file, not yet converted
        if value is None or (hasattr(value, "__len__") and len(value) == 0):
            del dataset[tag]


def check_needed(dataset: pydicom.Dataset) -> None:
    """Refuse a file that does not say how its pixels are stored."""
    for name in _NEEDED:
        if name not in dataset:
            raise not_understood(f"{name} is lacking")


def word(dataset: pydicom.Dataset, name: str) -> str:
    """A coded word, in capitals; empty where there is none."""
    value = dataset.get(name)
    if value is not None and not isinstance(value, str):
        raise not_understood(f"several values of {name}")
    return "".join(c if c.isprintable() else "?" for c in (value or "").strip().upper())


def number(dataset: pydicom.Dataset, name: str, several: bool = False) -> float | None:
    """A number, None where there is none; of ``several`` the first.

    Raises:
        Undecodable: for what is no finite number, or several numbers where there can be but one.
    """
    if name not in dataset:
        return None
    try:
        value = dataset[name].value
        values = [value] if isinstance(value, str | int | float) else list(value)
        if len(values) > 1 and not several:
            raise not_understood(f"several values of {name}")
        text = str(values[0]).strip()
        found = float(text) if text else None
    except (TypeError, ValueError, OverflowError) as error:
        raise not_understood(f"{name} is not a number") from error
    if found is not None and not math.isfinite(found):
        raise not_understood(f"{name} is not a number")
    return found


def numbers(dataset: pydicom.Dataset, name: str) -> list[float]:
    """All numbers of an element that changes no pixel: none where one of them makes no sense."""
    try:
        return [float(value) for value in dataset.get(name) or []]
    except (TypeError, ValueError, OverflowError):
        return []


def stored_value(dataset: pydicom.Dataset, name: str) -> int | None:
    """A value among those of the pixels; None where there is none.

    Its representation is that of the pixels (PS3.5 table 6.2-1, US or SS), and programs that write the other one mean
    the same bits.
    """
    value = number(dataset, name)
    if value is None:
        return None
    whole, bits = int(value), int(dataset.BitsAllocated)
    if dataset.PixelRepresentation:
        if whole >= 2**15:
            return whole - 2**16
        return whole - 2**8 if bits == 8 and whole >= 2**7 else whole
    return whole + 2**bits if whole < 0 else whole


class Lut(NamedTuple):
    """A lookup table (PS3.3 C.11.1.1 and C.11.2.1.1): entry 0 is for ``first`` and below, the last for all above."""

    first: int
    table: np.ndarray
    top: float

    def of(self, values: np.ndarray) -> np.ndarray:
        """What the table makes of values, of any shape."""
        index = np.rint(values).astype(np.int64) - self.first
        return np.asarray(self.table[np.clip(index, 0, len(self.table) - 1)])


def lut(dataset: pydicom.Dataset, name: str, signed: bool) -> Lut | None:
    """The table in the first item of a sequence; None where there is none.

    Args:
        dataset: the file's.
        name: of the sequence.
        signed: whether the values that are looked up may be below zero.

    Raises:
        Undecodable: for a table that is not as its descriptor says.
    """
    if not dataset.get(name):
        return None
    item, named = dataset[name][0], f"the table in {name}"
    descriptor, data = item.get("LUTDescriptor"), item.get("LUTData")
    if data is None or descriptor is None or isinstance(descriptor, int | bytes) or len(descriptor) != 3:
        raise not_understood(f"{named} lacks its descriptor or its data")
    entries, first, bits = (int(value) for value in descriptor)
    entries = entries % 2**16 or 2**16  # 0 stands for 65536, and a signed one for what its bits mean
    if signed and first >= 2**15:
        first -= 2**16
    if not 8 <= bits <= 16:
        raise not_understood(f"{named} is of {bits} bits an entry")
    table = _entries(data, entries, bits, dataset)
    if len(table) != entries:
        raise not_understood(f"{named} has {len(table)} entries where its descriptor says {entries}")
    if table.max() > 2**bits - 1:
        raise not_understood(f"{named} holds more than its {bits} bits an entry")
    return Lut(first, table, 2.0**bits - 1)


def _entries(data: Any, entries: int, bits: int, dataset: pydicom.Dataset) -> np.ndarray:
    """A table's numbers, of words or, of 8 bits alone, of bytes."""
    if not isinstance(data, bytes):
        return np.atleast_1d(np.asarray(data, dtype=np.int64)) % 2**16
    if bits == 8 and len(data) == entries + entries % 2:
        return np.frombuffer(data, np.uint8)[:entries].astype(np.int64)
    little = dataset.file_meta.TransferSyntaxUID.is_little_endian
    return np.frombuffer(data[: len(data) // 2 * 2], "<u2" if little else ">u2").astype(np.int64)
