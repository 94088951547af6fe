"""DICOM files: what their stored values mean, as grey values or colours."""

from __future__ import annotations

import logging
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from bench.data.pixels import frames
from bench.data.pixels.frames import check_extent, frame_index, from_unit
from bench.data.pixels.integrity import Elements, Undecodable, check_surplus

if TYPE_CHECKING:
    import pydicom

#: All that is read of a DICOM file: how its pixels are stored and meant to be shown. No name, id or date among them.
_DICOM_TAGS = (
    "Rows", "Columns", "NumberOfFrames", "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration",
    "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "RescaleSlope", "RescaleIntercept",
    "ModalityLUTSequence", "WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence", "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths", "PixelData", "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor", "BluePaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData", "GreenPaletteColorLookupTableData", "BluePaletteColorLookupTableData",
    "SegmentedRedPaletteColorLookupTableData", "SegmentedGreenPaletteColorLookupTableData",
    "SegmentedBluePaletteColorLookupTableData", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
)  # fmt: skip
_GREY, _PALETTE = ("MONOCHROME1", "MONOCHROME2"), "PALETTE COLOR"
_COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", _PALETTE)
#: Where an enhanced multi-frame file keeps a frame's rescale and window (PS3.3 C.7.6.16.2.9 and 10).
_FRAME_SEQUENCES = ("PixelValueTransformationSequence", "FrameVOILUTSequence")
_DEFLATED = b"1.2.840.10008.1.2.1.99"


def read_dicom(content: bytes, size: int, channels: int, frame: int | None) -> np.ndarray:
    """A frame of a DICOM file, given whole: the rest as of :func:`bench.data.pixels.decode.decode`."""
    import pydicom

    _check_deflated(content)
    file = Elements(content)
    dataset = pydicom.dcmread(file, specific_tags=list(_DICOM_TAGS))
    if "PixelData" not in dataset:
        raise Undecodable("DICOM file without pixels")
    if file.torn or file.tell() > len(content):
        raise Undecodable("corrupt or truncated: the file ends within an element")
    index = frame_index(int(dataset.get("NumberOfFrames") or 1), frame, "DICOM")
    kind = dataset.PhotometricInterpretation
    if kind not in (_GREY if channels == 1 else _GREY + _COLOUR):
        raise Undecodable(f"DICOM file in colour: {kind}")
    if dataset.SamplesPerPixel != (1 if kind in (*_GREY, _PALETTE) else 3):
        raise Undecodable(f"DICOM file not understood: {dataset.SamplesPerPixel} samples a pixel in {kind}")
    if dataset.get("HighBit") not in (None, dataset.BitsStored - 1):
        raise Undecodable(
            f"DICOM file not understood: its {dataset.BitsStored} bits stored end at bit {dataset.HighBit}"
        )
    check_extent(dataset.Columns, dataset.Rows)
    _take_frames_own(dataset, index)
    values = _stored(dataset, index)
    if kind in _COLOUR:
        return from_unit(_rgb(values, dataset), size)
    unit = _shown(values, dataset)
    return from_unit(1 - unit if kind == "MONOCHROME1" else unit, size)


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
            for item in group.get(name) or []:
                dataset.update({element.tag: element for element in item if element.keyword in _DICOM_TAGS})


def _stored(dataset: pydicom.Dataset, index: int) -> np.ndarray:
    """The stored values of a frame, ``(rows, columns)`` or, YBR turned to RGB, ``(rows, columns, 3)``."""
    from pydicom.pixels import get_decoder, pixel_array

    syntax = dataset.file_meta.TransferSyntaxUID
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError as error:
        raise Undecodable(f"no decoder for this transfer syntax: {syntax.name}") from error
    cure = "see pydicom's pixel plugins (pip install 'mitigation-bench[dicom]')"
    if not decoder.is_available:
        raise Undecodable(f"no decoder installed for this transfer syntax: {syntax.name}, {cure}")
    if not syntax.is_compressed:
        check_surplus(dataset)
    try:
        # A warning only, of a header that states fewer pixels than there are.
        warnings.filterwarnings("error", message=".*RLE segment contains non-conformant padding")
        return pixel_array(dataset, index=index)
    except RuntimeError as error:
        if decoder.missing_dependencies:  # one decoder of a syntax may lack what another has, 12 bits for instance
            raise Undecodable(f"not decoded by the plugins installed: {syntax.name}, corrupt or {cure}") from error
        raise


def _rgb(values: np.ndarray, dataset: pydicom.Dataset) -> np.ndarray:
    """Colours scaled to [0, 1], ``(rows, columns, 3)``."""
    from pydicom.pixels import apply_color_lut

    if dataset.PhotometricInterpretation == _PALETTE:
        return apply_color_lut(values, dataset) / np.float32(2 ** dataset.RedPaletteColorLookupTableDescriptor[2] - 1)
    if dataset.get("PixelRepresentation"):
        raise Undecodable("DICOM file not understood: colours below zero")
    return np.asarray(values / np.float32(2**dataset.BitsStored - 1))


def _shown(stored: np.ndarray, dataset: pydicom.Dataset) -> np.ndarray:
    """Grey values as the file wants them shown, in [0, 1] (PS3.3 C.11.1 and C.11.2), before any inversion."""
    from pydicom.pixels import apply_modality_lut, apply_voi_lut, apply_windowing

    values = apply_modality_lut(stored, dataset)
    if dataset.get("VOILUTSequence"):
        entries, first, bits = dataset.VOILUTSequence[0].LUTDescriptor
        entries = entries or 2**16
        if bits == 8 and entries > 256:
            raise Undecodable(f"VOI LUT not understood: {entries} entries of 8 bits")
        # Within the table already: pydicom's own index has as few bits as the table's entries and may wrap.
        index = np.clip(np.rint(values).astype(np.int64), first, first + entries - 1)
        values, low, high = apply_voi_lut(index, dataset), 0.0, 2.0**bits - 1
    elif dataset.get("WindowCenter") is not None and dataset.get("WindowWidth") is not None:
        # What lies far below and far above the window says which range it is mapped to.
        low, high = apply_windowing(np.array([-1e9, 1e9]), dataset)
        values = apply_windowing(values, dataset)
    else:
        low, high = float(values.min()), float(values.max())
    if low == high:
        return np.zeros(values.shape, dtype=np.float32)
    return np.asarray(((values - low) / (high - low)).astype(np.float32))


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
