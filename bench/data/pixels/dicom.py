"""DICOM files: what their stored values mean, as grey values or colours."""

from __future__ import annotations

import logging
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from bench.data.pixels import frames, grey
from bench.data.pixels.done import Done
from bench.data.pixels.elements import check_needed, drop_empty, not_understood, number, numbers, word
from bench.data.pixels.frames import check_extent, frame_index, from_unit
from bench.data.pixels.integrity import Elements, Undecodable, check_pictures, check_surplus

if TYPE_CHECKING:
    import pydicom
    from pydicom.tag import BaseTag

#: All that is read of a DICOM file: how its pixels are stored and meant to be shown. No name, id or date among them.
_DICOM_TAGS = (
    "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration",
    "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelPaddingValue", "PixelPaddingRangeLimit",
    "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence", "WindowCenter", "WindowWidth", "VOILUTFunction",
    "VOILUTSequence", "PresentationLUTShape", "PixelAspectRatio", "PixelSpacing", "ImagerPixelSpacing",
    "NominalScannedPixelSpacing", "ShutterShape", "ExtendedOffsetTable", "ExtendedOffsetTableLengths", "PixelData",
    "RedPaletteColorLookupTableDescriptor", "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData", "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData", "SegmentedRedPaletteColorLookupTableData",
    "SegmentedGreenPaletteColorLookupTableData", "SegmentedBluePaletteColorLookupTableData",
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
)  # fmt: skip
#: OverlayRows of the sixteen overlays that there may be (PS3.3 C.9.2): a file that has it has an overlay.
_OVERLAYS = tuple(0x60000010 + (n << 17) for n in range(16))
_GREY, _PALETTE = ("MONOCHROME1", "MONOCHROME2"), "PALETTE COLOR"
_COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", _PALETTE)
#: Where an enhanced multi-frame file keeps a frame's pixel size, rescale and window (PS3.3 C.7.6.16.2.1, 9 and 10).
_FRAME_SEQUENCES = ("PixelMeasuresSequence", "PixelValueTransformationSequence", "FrameVOILUTSequence")
#: Where the sizes of pixels stand, the most telling first (PS3.3 C.7.6.3.1.7 and 10.7.1.3), height before width.
_SHAPES = ("PixelAspectRatio", "PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
#: Up to this, sides of a pixel differ by rounding alone.
_AS_SQUARE = 1.01
_DEFLATED = b"1.2.840.10008.1.2.1.99"


def read_dicom(content: bytes, size: int, channels: int, frame: int | None, done: list[Done]) -> np.ndarray:
    """A frame of a DICOM file, given whole: the rest as of :func:`bench.data.pixels.decode.decode`.

    ``done`` takes what was done to it. Pixels that are not square need no more than the scaling of both sides to one
    size: each side spans what it spans in the patient, however many pixels that is. Overlays (PS3.3 C.9.2) and display
    shutters (C.7.6.11) are not drawn.
    """
    import pydicom

    _check_deflated(content)
    file = Elements(content)
    dataset = pydicom.dcmread(file, specific_tags=list(_tags()))
    drop_empty(dataset)
    if "PixelData" not in dataset:
        raise Undecodable("DICOM file without pixels")
    if file.torn or file.tell() > len(content):
        raise Undecodable("corrupt or truncated: the file ends within an element")
    check_needed(dataset)
    index = frame_index(_frames(dataset), frame, "DICOM")
    kind = dataset.PhotometricInterpretation
    if kind not in (_GREY if channels == 1 else _GREY + _COLOUR):
        raise Undecodable(f"DICOM file in colour: {word(dataset, 'PhotometricInterpretation')}")
    if dataset.SamplesPerPixel != (1 if kind in (*_GREY, _PALETTE) else 3):
        raise not_understood(f"{dataset.SamplesPerPixel} samples a pixel in {kind}")
    if dataset.get("HighBit") not in (None, dataset.BitsStored - 1):
        raise not_understood(f"its {dataset.BitsStored} bits stored end at bit {dataset.HighBit}")
    check_extent(dataset.Columns, dataset.Rows)
    _take_frames_own(dataset, index)
    done += _left_out(dataset)
    values, padding = _stored(dataset, index), None
    if kind in (*_GREY, _PALETTE):
        padding = grey.padding(dataset, values, lambda: _stored(dataset, index, unused_bits=True))
    if padding is not None:
        done.append(Done.PADDING)
    if kind in _GREY:
        return from_unit(grey.shown(values, padding, dataset, done), size)
    grey.check_polarity(dataset)
    colours = _rgb(values, dataset)
    if padding is not None:
        colours[padding] = 0
    return from_unit(colours, size)


@cache
def _tags() -> tuple[BaseTag, ...]:
    from pydicom.tag import Tag

    return (*map(Tag, _DICOM_TAGS), *map(Tag, _OVERLAYS))


def _frames(dataset: pydicom.Dataset) -> int:
    frames = number(dataset, "NumberOfFrames")
    if frames is not None and (frames < 0 or frames % 1):
        raise not_understood(f"{frames:g} frames")
    return int(frames or 1)


def _left_out(dataset: pydicom.Dataset) -> list[Done]:
    """What of the file is not to be seen in its pixels as they come out."""
    sides = next((sides for name in _SHAPES if (sides := numbers(dataset, name))), [])
    found = []
    if len(sides) == 2 and min(sides) > 0 and max(sides) > _AS_SQUARE * min(sides):
        found.append(Done.NOT_SQUARE)
    if any(tag in dataset for tag in _OVERLAYS):
        found.append(Done.OVERLAY)
    if "ShutterShape" in dataset:
        found.append(Done.SHUTTER)
    return found


def _check_deflated(content: bytes) -> None:
    """Refuse what a deflated data set (PS3.5 A.5) would unpack to, since reading unpacks all of it."""
    start = 144 + int.from_bytes(content[140:144], "little")  # group 2 begins with its length
    if _DEFLATED in content[144:start]:
        unpacked = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content[start:], frames.MAX_BYTES + 1)
        if len(unpacked) > frames.MAX_BYTES:
            raise Undecodable(f"absurdly large: more than {frames.MAX_BYTES / 2**20:,.0f} MB when unpacked")


def _take_frames_own(dataset: pydicom.Dataset, index: int) -> None:
    """Rescale and window of the frame, where the file states them for all frames or for each, put where others are."""
    shared, each = dataset.get("SharedFunctionalGroupsSequence"), dataset.get("PerFrameFunctionalGroupsSequence")
    for group in ([shared[0]] if shared else []) + ([each[index]] if each else []):
        for name in _FRAME_SEQUENCES:
            for item in (group.get(name) or [])[:1]:
                drop_empty(item)
                dataset.update({element.tag: element for element in item if element.keyword in _DICOM_TAGS})


def _stored(dataset: pydicom.Dataset, index: int, unused_bits: bool = False) -> np.ndarray:
    """The stored values of a frame, ``(rows, columns)`` or, YBR turned to RGB, ``(rows, columns, 3)``.

    Bits beyond those stored are taken off, unless ``unused_bits`` are wanted.
    """
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.pixels.utils import pixel_array
    from pydicom.uid import RLELossless

    syntax = dataset.file_meta.TransferSyntaxUID
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError as error:
        raise Undecodable(f"no decoder for this transfer syntax: {syntax.name}") from error
    cure = "see pydicom's pixel plugins (pip install 'mitigation-bench[dicom]')"
    if not decoder.is_available:
        raise Undecodable(f"no decoder installed for this transfer syntax: {syntax.name}, {cure}")
    if syntax.is_encapsulated:
        check_pictures(dataset.PixelData, _frames(dataset), syntax == RLELossless)
    else:
        check_surplus(dataset)
    try:
        # A warning only, of a header that states fewer pixels than there are.
        warnings.filterwarnings("error", message=".*RLE segment contains non-conformant padding")
        return pixel_array(dataset, index=index, correct_unused_bits=not unused_bits)
    except RuntimeError as error:
        if decoder.missing_dependencies:  # one decoder of a syntax may lack what another has, 12 bits for instance
            raise Undecodable(f"not decoded by the plugins installed: {syntax.name}, corrupt or {cure}") from error
        raise


def _rgb(values: np.ndarray, dataset: pydicom.Dataset) -> np.ndarray:
    """Colours scaled to [0, 1], ``(rows, columns, 3)``."""
    from pydicom.pixels.processing import apply_color_lut

    if dataset.PhotometricInterpretation == _PALETTE:
        return apply_color_lut(values, dataset) / np.float32(2 ** dataset.RedPaletteColorLookupTableDescriptor[2] - 1)
    if dataset.get("PixelRepresentation"):
        raise not_understood("colours below zero")
    return np.asarray(values / np.float32(2**dataset.BitsStored - 1))


@contextmanager
def quietly() -> Iterator[None]:
    """Without the decoders' warnings: what matters of them is an Undecodable, and they quote what files hold."""
    logger = logging.getLogger("pydicom")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
