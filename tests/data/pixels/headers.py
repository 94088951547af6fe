"""Headers of DICOM files with what is to come of each element: absent, empty, odd and valid.

The pixels are those of the few lines of ``seen``, which follow PS3.3 and share nothing with the decoder.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

SIDE = 32
RAMP = np.linspace(300, 3000, SIDE * SIDE).astype("<u2").reshape(SIDE, SIDE)
PADDED = RAMP.copy()
PADDED[:, :8] = 4000
SIGNED = (RAMP.astype(int) - 1500).astype("<i2")
COLOUR = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
PADDING = PADDED == 4000
ONE = {"PhotometricInterpretation": "MONOCHROME1"}
NOT = "DICOM file not understood: "
WINDOW = {"WindowCenter": "1500", "WindowWidth": "1000"}


def seen(
    stored: np.ndarray,
    slope: float = 1,
    intercept: float = 0,
    window: tuple[float, float] | None = None,
    function: str = "LINEAR",
    padding: np.ndarray | None = None,
    inverse: bool = False,
) -> np.ndarray:
    """Grey values in [0, 255]: PS3.3 C.11.1, C.11.2.1, C.7.6.3.1.2 and C.7.5.1.1.2 for one pixel after another."""
    padding = np.zeros(stored.shape, bool) if padding is None else padding
    x = stored.astype(float) * slope + intercept
    if window is None:
        low, high = x[~padding].min(), x[~padding].max()
        y = (x - low) / (high - low)
    elif function == "SIGMOID":
        y = 1 / (1 + np.exp(-4 * (x - window[0]) / window[1]))
    else:
        c, w = (window[0] - 0.5, window[1] - 1) if function == "LINEAR" else window
        y = np.where(x <= c - w / 2, 0, np.where(x > c + w / 2, 1, (x - c) / (w or 1) + 0.5))
    return 255 * np.where(padding, 0, 1 - y if inverse else y)


def table(entries: int = 4096, first: int = 0, bits: int = 12, data: Any = None, **own: Any) -> Sequence:
    """A sequence of one lookup table, a square curve."""
    item = Dataset()
    values = (np.linspace(0, 1, entries) ** 2 * (2**bits - 1)).astype("<u2") if data is None else data
    item.add_new("LUTDescriptor", "SS" if first < 0 else "US", [entries % 65536, first, bits])
    item.add_new(
        "LUTData", "OW" if isinstance(values, bytes) else "US", values if isinstance(values, bytes) else values.tolist()
    )
    for name, value in own.items():
        setattr(item, name, value)
    return Sequence([item])


def through(stored: np.ndarray, entries: int = 4096, first: int = 0, bits: int = 12) -> np.ndarray:
    curve = (np.linspace(0, 1, entries) ** 2 * (2**bits - 1)).astype(int)
    return curve[np.clip(stored.astype(int) - first, 0, entries - 1)]


PLAIN = seen(RAMP)
W = (1500.0, 1000.0)
#: What it is, the header, the stored values (RAMP where none), and the pixels or the beginning of the reason.
TABLE: list[tuple[str, dict[str, Any], np.ndarray, np.ndarray | str]] = [
    ("nothing", {}, RAMP, PLAIN),
    ("padding empty", {"PixelPaddingValue": None}, RAMP, PLAIN),
    ("padding limit empty", {"PixelPaddingValue": 4000, "PixelPaddingRangeLimit": None},
     PADDED, seen(PADDED, padding=PADDING)),
    ("padding", {"PixelPaddingValue": 4000}, PADDED, seen(PADDED, padding=PADDING)),
    ("padding that none has", {"PixelPaddingValue": 4001}, RAMP, PLAIN),
    ("padding in a window", {"PixelPaddingValue": 4000, **WINDOW}, PADDED, seen(PADDED, window=W, padding=PADDING)),
    ("padding, rescaled", {"PixelPaddingValue": 4000, "RescaleSlope": "-2", "RescaleIntercept": "9"},
     PADDED, seen(PADDED, -2, 9, padding=PADDING)),
    ("padding in MONOCHROME1", {"PixelPaddingValue": 4000, **ONE},
     PADDED, seen(PADDED, padding=PADDING, inverse=True)),
    ("padding range", {"PixelPaddingValue": 2500, "PixelPaddingRangeLimit": 4095},
     PADDED, seen(PADDED, padding=PADDED >= 2500)),
    ("padding range downwards", {"PixelPaddingValue": 4095, "PixelPaddingRangeLimit": 2500},
     PADDED, seen(PADDED, padding=PADDED >= 2500)),
    ("padding below zero", {"PixelPaddingValue": -2000},
     np.where(PADDING, -2000, SIGNED).astype("<i2"), seen(np.where(PADDING, -2000, SIGNED), padding=PADDING)),
    ("padding limit alone", {"PixelPaddingRangeLimit": 4000}, PADDED, NOT + "PixelPaddingRangeLimit without"),
    ("padding everywhere", {"PixelPaddingValue": 7}, np.full((SIDE, SIDE), 7, "<u2"), np.zeros((SIDE, SIDE))),
    ("slope and intercept empty", {"RescaleSlope": None, "RescaleIntercept": None, **WINDOW},
     RAMP, seen(RAMP, window=W)),
    ("slope empty", {"RescaleSlope": None, "RescaleIntercept": "100", **WINDOW}, RAMP, seen(RAMP, 1, 100, W)),
    ("intercept empty", {"RescaleSlope": "2", "RescaleIntercept": None, **WINDOW}, RAMP, seen(RAMP, 2, 0, W)),
    ("slope alone", {"RescaleSlope": "-1"}, RAMP, seen(RAMP, -1)),
    ("slope and intercept", {"RescaleSlope": "0.5", "RescaleIntercept": "700", **WINDOW},
     RAMP, seen(RAMP, 0.5, 700, W)),
    ("slope of zero", {"RescaleSlope": "0", "RescaleIntercept": "0"}, RAMP, NOT + "RescaleSlope is 0"),
    ("two slopes", {"RescaleSlope": ["1", "2"], "RescaleIntercept": "0"},
     RAMP, NOT + "several values of RescaleSlope"),
    ("modality LUT empty", {"ModalityLUTSequence": Sequence([])}, RAMP, PLAIN),
    ("modality LUT", {"ModalityLUTSequence": table(bits=16)}, RAMP, seen(through(RAMP, bits=16))),
    ("modality LUT below zero", {"ModalityLUTSequence": table(3000, -1200, 16)},
     SIGNED, seen(through(SIGNED, 3000, -1200, 16))),
    ("modality LUT, not slope", {"ModalityLUTSequence": table(bits=16), "RescaleSlope": "-1", "RescaleIntercept": "0"},
     RAMP, seen(through(RAMP, bits=16))),
    ("modality LUT, then a window", {"ModalityLUTSequence": table(), **WINDOW}, RAMP, seen(through(RAMP), window=W)),
    ("LUT without data", {"ModalityLUTSequence": table(LUTData=None)},
     RAMP, NOT + "the table in ModalityLUTSequence lacks"),
    ("LUT too short", {"VOILUTSequence": table(data=np.zeros(9, int))},
     RAMP, NOT + "the table in VOILUTSequence has 9 entries where"),
    ("LUT of four bits", {"VOILUTSequence": table(16, bits=4)},
     RAMP, NOT + "the table in VOILUTSequence is of 4 bits"),
    ("LUT of too large values", {"VOILUTSequence": table(2, bits=12, data=np.array([0, 9999]))},
     RAMP, NOT + "the table in VOILUTSequence holds more"),
    ("VOI LUT empty", {"VOILUTSequence": Sequence([]), **WINDOW}, RAMP, seen(RAMP, window=W)),
    ("VOI LUT before the window", {"VOILUTSequence": table(3000, 200, 12), **WINDOW},
     RAMP, through(RAMP, 3000, 200, 12) / 4095 * 255),
    ("VOI LUT of 65536", {"VOILUTSequence": table(65536, 0, 16)}, RAMP, through(RAMP, 65536, 0, 16) / 65535 * 255),
    ("VOI LUT of bytes", {"VOILUTSequence": table(255, 400, 8, bytes(range(255)) + b"\0")},
     RAMP, np.clip(RAMP.astype(int) - 400, 0, 254)),
    ("VOI LUT of MONOCHROME1", {"VOILUTSequence": table(), **ONE}, RAMP, 255 - through(RAMP) / 4095 * 255),
    ("window empty", {"WindowCenter": None, "WindowWidth": None}, RAMP, PLAIN),
    ("window", WINDOW, RAMP, seen(RAMP, window=W)),
    ("several windows", {"WindowCenter": ["1500", "40"], "WindowWidth": ["1000", "400"]}, RAMP, seen(RAMP, window=W)),
    ("centre alone", {"WindowCenter": "1500"}, RAMP, NOT + "WindowCenter without WindowWidth"),
    ("width beside an empty centre", {"WindowCenter": None, "WindowWidth": "9"},
     RAMP, NOT + "WindowWidth without WindowCenter"),
    ("width of one", {"WindowCenter": "1500", "WindowWidth": "1"}, RAMP, seen(RAMP, window=(1500, 1))),
    ("width of zero", {"WindowCenter": "1500", "WindowWidth": "0"},
     RAMP, NOT + "WindowWidth 0 of a window that is LINEAR"),
    ("width of 10^10", {"WindowCenter": "1500", "WindowWidth": "10000000000"}, RAMP, seen(RAMP, window=(1500, 1e10))),
    ("function empty", {"VOILUTFunction": "", **WINDOW}, RAMP, seen(RAMP, window=W)),
    ("LINEAR", {"VOILUTFunction": "LINEAR", **WINDOW}, RAMP, seen(RAMP, window=W)),
    ("LINEAR_EXACT", {"VOILUTFunction": "LINEAR_EXACT", **WINDOW},
     RAMP, seen(RAMP, window=W, function="LINEAR_EXACT")),
    ("LINEAR_EXACT of half", {"VOILUTFunction": "LINEAR_EXACT", "WindowCenter": "1500", "WindowWidth": "0.5"},
     RAMP, seen(RAMP, window=(1500, 0.5), function="LINEAR_EXACT")),
    ("SIGMOID", {"VOILUTFunction": "SIGMOID", **WINDOW}, RAMP, seen(RAMP, window=W, function="SIGMOID")),
    ("another function", {"VOILUTFunction": "CUBIC", **WINDOW}, RAMP, NOT + "VOILUTFunction CUBIC"),
    ("shape empty", {"PresentationLUTShape": ""}, RAMP, PLAIN),
    ("shape IDENTITY", {"PresentationLUTShape": "IDENTITY"}, RAMP, PLAIN),
    ("shape INVERSE of MONOCHROME1", {"PresentationLUTShape": "INVERSE", **ONE}, RAMP, seen(RAMP, inverse=True)),
    ("shape INVERSE of MONOCHROME2", {"PresentationLUTShape": "INVERSE"},
     RAMP, NOT + "PresentationLUTShape INVERSE in MONOCHROME2"),
    ("shape IDENTITY of MONOCHROME1", {"PresentationLUTShape": "IDENTITY", **ONE},
     RAMP, NOT + "PresentationLUTShape IDENTITY in"),
    ("shape LIN OD", {"PresentationLUTShape": "LIN OD"}, RAMP, NOT + "PresentationLUTShape LIN OD"),
    ("MONOCHROME1", ONE, RAMP, seen(RAMP, inverse=True)),
    ("photometry empty", {"PhotometricInterpretation": ""}, RAMP, NOT + "PhotometricInterpretation is lacking"),
    ("another photometry", {"PhotometricInterpretation": "HSV"}, RAMP, "DICOM file in colour: HSV"),
    ("bits empty", {"BitsStored": None}, RAMP, NOT + "BitsStored is lacking"),
    ("high bit empty", {"HighBit": None}, RAMP, PLAIN),
    ("high bit elsewhere", {"HighBit": 15}, RAMP, NOT + "its 12 bits stored end at bit 15"),
    ("sign empty", {"PixelRepresentation": None}, RAMP, NOT + "PixelRepresentation is lacking"),
    ("signed", {}, SIGNED, seen(SIGNED)),
    ("ratio empty", {"PixelAspectRatio": None}, RAMP, PLAIN),
    ("ratio", {"PixelAspectRatio": ["2", "1"]}, RAMP, PLAIN),
    ("ratio odd", {"PixelAspectRatio": ["0", "1"]}, RAMP, PLAIN),
    ("spacing empty", {"PixelSpacing": None}, RAMP, PLAIN),
    ("spacing", {"PixelSpacing": ["0.2", "0.1"]}, RAMP, PLAIN),
    ("frames empty", {"NumberOfFrames": None}, RAMP, PLAIN),
    ("frames 1", {"NumberOfFrames": 1}, RAMP, PLAIN),
    ("frames below zero", {"NumberOfFrames": -1}, RAMP, NOT + "-1 frames"),
    ("frames 2", {"NumberOfFrames": 2}, RAMP, "several frames: 2 in one DICOM file"),
]  # fmt: skip
