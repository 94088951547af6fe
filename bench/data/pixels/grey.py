"""Grey values as a DICOM file wants them shown: padding, modality LUT, VOI LUT or window, polarity."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from bench.data.pixels.done import Done
from bench.data.pixels.elements import lut, not_understood, number, stored_value, word

if TYPE_CHECKING:
    import pydicom

_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


def shown(stored: np.ndarray, padding: np.ndarray | None, dataset: pydicom.Dataset, done: list[Done]) -> np.ndarray:
    """Grey values in [0, 1], 0 black.

    The order is that of PS3.4 N.2: modality LUT or rescale (PS3.3 C.11.1), VOI LUT or window (C.11.2), polarity
    (C.7.6.3.1.2). Padding stands outside all of these (C.7.5.1.1.2) and is black. Where there is neither VOI LUT nor
    window the range is that of what is not padding.

    Args:
        stored: values of the pixels, ``(rows, columns)``.
        padding: which of them are padding, or None.
        dataset: the header, empty elements taken out.
        done: takes what was done.

    Raises:
        Undecodable: for a header that contradicts itself.
    """
    inverted = check_polarity(dataset)
    unit = _of_interest(_meant(stored, dataset, done), padding, dataset, done)
    if inverted:
        done.append(Done.INVERTED)
        unit = 1 - unit
    if padding is not None:
        unit[padding] = 0
    return unit


def padding(dataset: pydicom.Dataset, stored: np.ndarray, raw: Callable[[], np.ndarray]) -> np.ndarray | None:
    """Which pixels are padding (PS3.3 C.7.5.1.1.2), ``(rows, columns) bool``; None where none are.

    They hold the padding value, or lie in the range from it to its limit, both included.

    Args:
        dataset: the header, empty elements taken out.
        stored: values of the pixels.
        raw: gives them with the bits beyond those stored, among which a value too large for these is looked for.

    Raises:
        Undecodable: for a limit without a value.
    """
    value, limit = (stored_value(dataset, name) for name in ("PixelPaddingValue", "PixelPaddingRangeLimit"))
    if value is None:
        if limit is not None:
            raise not_understood("PixelPaddingRangeLimit without PixelPaddingValue")
        return None
    low, high = sorted((value, value if limit is None else limit))
    least = -(2 ** (dataset.BitsStored - 1)) if dataset.PixelRepresentation else 0
    fits = least <= low and high < least + 2**dataset.BitsStored
    values = stored if fits else raw()
    found = (values >= low) & (values <= high)
    return found if found.any() else None


def check_polarity(dataset: pydicom.Dataset) -> bool:
    """Whether the lowest value is white.

    MONOCHROME1 says so (PS3.3 C.7.6.3.1.2). PresentationLUTShape does not invert once more: it has to be INVERSE with
    MONOCHROME1 and IDENTITY with all others (PS3.3 C.7.6.1 and C.8.11.3). Where the two disagree some viewers follow
    the one and some the other, and in known files either is wrong.

    Raises:
        Undecodable: when they disagree.
    """
    kind, shape = dataset.PhotometricInterpretation, word(dataset, "PresentationLUTShape")
    if shape not in ("", "INVERSE" if kind == "MONOCHROME1" else "IDENTITY"):
        raise not_understood(f"PresentationLUTShape {shape} in {kind}")
    return bool(kind == "MONOCHROME1")


def _meant(stored: np.ndarray, dataset: pydicom.Dataset, done: list[Done]) -> np.ndarray:
    """Values after the modality LUT or, where there is none, slope and intercept (PS3.3 C.11.1).

    Each of the two needs the other; of one alone the other is taken to change nothing.
    """
    if table := lut(dataset, "ModalityLUTSequence", bool(dataset.PixelRepresentation)):
        done.append(Done.MODALITY_LUT)
        return table.of(stored)
    slope, intercept = number(dataset, "RescaleSlope"), number(dataset, "RescaleIntercept")
    if slope == 0:
        raise not_understood("RescaleSlope is 0")
    if slope is None and intercept is None:
        return stored
    if (slope, intercept) not in ((1, 0), (1, None), (None, 0)):
        done.append(Done.RESCALED)
    values: np.ndarray = stored.astype(np.float64) * (1 if slope is None else slope)
    values += intercept or 0
    return values


def _of_interest(
    values: np.ndarray, padding: np.ndarray | None, dataset: pydicom.Dataset, done: list[Done]
) -> np.ndarray:
    """Values after the first VOI LUT or, where there is none, the first window (PS3.3 C.11.2), in [0, 1]."""
    if dataset.get("VOILUTSequence"):
        table = lut(dataset, "VOILUTSequence", bool(values.min() < 0))
        assert table is not None
        done.append(Done.VOI_LUT)
        return np.asarray((table.of(values) / table.top).astype(np.float32))
    center, width = (number(dataset, name, several=True) for name in ("WindowCenter", "WindowWidth"))
    if center is not None and width is not None:
        done.append(Done.WINDOWED)
        return windowed(values, center, width, word(dataset, "VOILUTFunction") or "LINEAR")
    if center is not None or width is not None:
        there, lacking = ("WindowCenter", "WindowWidth") if width is None else ("WindowWidth", "WindowCenter")
        raise not_understood(f"{there} without {lacking}")
    done.append(Done.WHOLE_RANGE)
    inside = values if padding is None else values[~padding]
    low, high = (float(inside.min()), float(inside.max())) if inside.size else (0.0, 0.0)
    if low == high:
        return np.zeros(values.shape, dtype=np.float32)
    return np.asarray(((values - low) / (high - low)).astype(np.float32))


def windowed(values: np.ndarray, center: float, width: float, function: str) -> np.ndarray:
    """Values through a window, in [0, 1] ``float32``: PS3.3 C.11.2.1.2 (LINEAR), C.11.2.1.3 (SIGMOID, LINEAR_EXACT).

    Raises:
        Undecodable: for another function, or a width that it does not admit.
    """
    if function not in _FUNCTIONS:
        raise not_understood(f"VOILUTFunction {function}")
    if width <= 0 or (function == "LINEAR" and width < 1):
        raise not_understood(f"WindowWidth {width:g} of a window that is {function}")
    unit = values.astype(np.float64)
    if function == "SIGMOID":
        with np.errstate(over="ignore"):  # far below the window: one in infinity, which is black
            return np.asarray((1 / (1 + np.exp(-4 * (unit - center) / width))).astype(np.float32))
    if function == "LINEAR":
        center, width = center - 0.5, width - 1
    if width == 0:
        return np.asarray((unit > center).astype(np.float32))
    unit -= center
    unit /= width
    unit += 0.5
    return np.asarray(np.clip(unit, 0, 1, out=unit).astype(np.float32))
