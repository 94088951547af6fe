"""What a decoder may have done to an image beside bringing it to its size."""

from __future__ import annotations

from enum import StrEnum


class Done(StrEnum):
    """In the words of ``bench data check``, in its order."""

    FLAT = "of one value throughout"
    TURNED = "turned upright (EXIF orientation)"
    AS_GREY = "colour read as grey"
    AS_COLOUR = "grey repeated in three channels"
    OPAQUE = "transparency ignored"
    PADDING = "padding made black"
    MODALITY_LUT = "modality LUT applied"
    RESCALED = "slope and intercept applied"
    VOI_LUT = "VOI LUT applied"
    WINDOWED = "window applied"
    WHOLE_RANGE = "no window: from its darkest to its brightest"
    INVERTED = "MONOCHROME1 inverted"
    NOT_SQUARE = "pixels not square: resampled"
    OVERLAY = "overlay left out"
    SHUTTER = "display shutter left out"
