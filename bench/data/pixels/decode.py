"""One image file, DICOM, PNG, JPEG or TIFF, to grey values or colours in one size, one dtype and one range."""

from __future__ import annotations

import io
import logging
import re
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from bench.data.pixels.integrity import Elements, Undecodable, check_jpeg, check_surplus, check_tiff

if TYPE_CHECKING:
    import pydicom

#: Raised whenever the same file would come out with other pixels: it is part of every image cache's fingerprint.
DECODER_VERSION = 2

#: Beyond these a file is taken for a decompression bomb; the largest mammograms have 2·10⁷ pixels and 40 MB.
MAX_PIXELS = 100_000_000
MAX_BYTES = 512 * 2**20

_FORMATS = ("PNG", "JPEG", "TIFF")
_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*")
_TIFF_BITS, _TIFF_PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0
#: How a PNG ends: a chunk without content, and its checksum, which Pillow's check leaves out.
_PNG_END = b"IEND\xaeB`\x82"
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
_FRAME = re.compile(r"(.+)#frame=(\d+)", re.DOTALL)


def split_frame(image: str) -> tuple[str, int | None]:
    """A path and the frame that is meant: ``scan.dcm#frame=3`` is the third; a bare path names none."""
    named = _FRAME.fullmatch(image)
    return (named[1], int(named[2])) if named else (image, None)


def decode(path: Path, size: int, channels: int = 1, frame: int | None = None) -> np.ndarray:
    """The image in ``path`` as grey values or colours, squeezed to a square.

    What kind of file it is, its content says, not its name. The range is the one the file states, never the one its
    pixels happen to fill: 0–255 for 8 bits, 0–65535 for 16. In DICOM it is what the modality LUT or rescale and then
    the first VOI LUT or window make of the stored values; a DICOM file without either states none, and its darkest to
    brightest value is taken. MONOCHROME1 is inverted, so that bone is bright. Borders and burned-in text stay.

    In one channel a PNG, JPEG or TIFF in colour is turned to luma (ITU-R 601), and a DICOM file in colour is refused:
    among radiographs it is a screenshot. In three channels grey values are repeated, and DICOM's RGB, YBR and palette
    colours become RGB. Transparency is ignored.

    Both sides are scaled to ``size`` alike, without cropping or padding, which changes the aspect ratio of images that
    are not square. Scaling down averages areas (Pillow's BOX), scaling up is bilinear. A JPEG more than four times
    the size is scaled to no less than twice the size by its own decoder, on the way.

    Args:
        path: the file.
        size: side of the result, in pixels.
        channels: 1 for grey values, 3 for RGB.
        frame: which image of a DICOM or TIFF file that holds several, counted from 1; None: there is but one.

    Returns:
        ``(size, size) uint8``, 0 black; ``(size, size, 3)`` for three channels.

    Raises:
        Undecodable: for a file that is missing, empty, truncated, corrupt, of another kind, absurdly large, of several
            frames when none is named, or whose range of grey values is not stated.
    """
    content = _content(path)
    is_dicom = content[128:132] == b"DICM"
    if not is_dicom and path.suffix.lower() in (".dcm", ".dicom"):
        raise Undecodable("not a DICOM file: its name says so, but the prefix DICM is lacking")
    with _quietly():
        try:
            pixels = (_dicom if is_dicom else _picture)(content, size, channels, frame)
        except Undecodable:
            raise
        except Image.UnidentifiedImageError as error:
            if content.startswith(_SIGNATURES):
                raise Undecodable("corrupt or truncated: its header cannot be read") from error
            raise Undecodable("not a DICOM, PNG, JPEG or TIFF file") from error
        except Image.DecompressionBombError as error:
            raise Undecodable(f"absurdly large: {_line(error)}") from error
        except Exception as error:  # broken files make decoders raise all there is: struct.error, IndexError …
            raise Undecodable(f"corrupt or truncated: {_line(error)}") from error
    return np.repeat(pixels[..., None], 3, axis=2) if channels == 3 and pixels.ndim == 2 else pixels


def _content(path: Path) -> bytes:
    try:
        length = path.stat().st_size
        if length == 0:
            raise Undecodable("empty file")
        if length > MAX_BYTES:
            raise Undecodable(f"absurdly large: {length / 2**20:,.0f} MB")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise Undecodable("file missing") from error
    except OSError as error:
        raise Undecodable(f"cannot be read: {error.strerror}") from error


def _picture(content: bytes, size: int, channels: int, frame: int | None) -> np.ndarray:
    mode = "L" if channels == 1 else "RGB"
    with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
        _check_extent(*image.size)
        index = _index(getattr(image, "n_frames", 1), frame, str(image.format))
        if image.format == "PNG":
            image.verify()  # the checksums, which loading the pixels leaves unchecked
            if _PNG_END not in content:
                raise Undecodable("corrupt or truncated: the file ends before its last chunk does")
        elif image.format == "JPEG":
            check_jpeg(content, *image.size)
    with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
        if index:
            image.seek(index)
            _check_extent(*image.size)
        if image.format == "TIFF":
            check_tiff(image)
        if image.format == "JPEG":
            image.draft(mode, (2 * size, 2 * size))
        if image.mode.startswith("I;16"):
            return _from_unit(_sixteen_bits(image), size)
        if image.mode in ("I", "F"):
            raise Undecodable(f"range of grey values not stated: {image.format} of 32 bits a pixel")
        return np.asarray(_resize(image.convert(mode), size))


def _index(frames: int, frame: int | None, kind: str) -> int:
    """Place of the frame that is meant, from 0."""
    if frame is None and frames > 1:
        raise Undecodable(f"several frames: {frames} in one {kind} file, and none is named (as in name#frame=1)")
    if frame is not None and not 1 <= frame <= frames:
        raise Undecodable(f"no such frame: {frame} of {frames}")
    return (frame or 1) - 1


def _sixteen_bits(image: Image.Image) -> np.ndarray:
    """Grey values of a PNG or TIFF of 9 to 16 bits, scaled to [0, 1]."""
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_TIFF_BITS, (16,))[0]
    values = np.asarray(image).astype(np.float32) / (2**bits - 1)
    # Pillow inverts 8-bit TIFF in which white is zero, but leaves 16 bits as they are.
    return 1 - values if tags.get(_TIFF_PHOTOMETRIC) == _WHITE_IS_ZERO else values


def _dicom(content: bytes, size: int, channels: int, frame: int | None) -> np.ndarray:
    import pydicom

    _check_deflated(content)
    file = Elements(content)
    dataset = pydicom.dcmread(file, specific_tags=list(_DICOM_TAGS))
    if "PixelData" not in dataset:
        raise Undecodable("DICOM file without pixels")
    if file.torn or file.tell() > len(content):
        raise Undecodable("corrupt or truncated: the file ends within an element")
    index = _index(int(dataset.get("NumberOfFrames") or 1), frame, "DICOM")
    kind = dataset.PhotometricInterpretation
    if kind not in (_GREY if channels == 1 else _GREY + _COLOUR):
        raise Undecodable(f"DICOM file in colour: {kind}")
    if dataset.SamplesPerPixel != (1 if kind in (*_GREY, _PALETTE) else 3):
        raise Undecodable(f"DICOM file not understood: {dataset.SamplesPerPixel} samples a pixel in {kind}")
    if dataset.get("HighBit") not in (None, dataset.BitsStored - 1):
        raise Undecodable(
            f"DICOM file not understood: its {dataset.BitsStored} bits stored end at bit {dataset.HighBit}"
        )
    _check_extent(dataset.Columns, dataset.Rows)
    _take_frames_own(dataset, index)
    values = _stored(dataset, index)
    if kind in _COLOUR:
        return _from_unit(_rgb(values, dataset), size)
    unit = _shown(values, dataset)
    return _from_unit(1 - unit if kind == "MONOCHROME1" else unit, size)


def _check_deflated(content: bytes) -> None:
    """Refuse what a deflated data set (PS3.5 A.5) would unpack to, since reading unpacks all of it."""
    start = 144 + int.from_bytes(content[140:144], "little")  # group 2 begins with its length
    if _DEFLATED in content[144:start]:
        unpacked = zlib.decompressobj(-zlib.MAX_WBITS).decompress(content[start:], MAX_BYTES + 1)
        if len(unpacked) > MAX_BYTES:
            raise Undecodable(f"absurdly large: more than {MAX_BYTES / 2**20:,.0f} MB when unpacked")


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
    return values / np.float32(2**dataset.BitsStored - 1)


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
    return ((values - low) / (high - low)).astype(np.float32)


def _from_unit(values: np.ndarray, size: int) -> np.ndarray:
    if not np.isfinite(values).all():
        raise Undecodable("corrupt or truncated: grey values that are not finite")
    if values.ndim == 3:
        return np.stack([_from_unit(channel, size) for channel in np.moveaxis(values, 2, 0)], axis=2)
    resized = np.asarray(_resize(Image.fromarray(255 * np.clip(values, 0, 1)), size))
    return np.rint(resized).astype(np.uint8)


def _resize(image: Image.Image, size: int) -> Image.Image:
    method = Image.Resampling.BOX if min(image.size) >= size else Image.Resampling.BILINEAR
    return image.resize((size, size), method)


def _check_extent(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise Undecodable(f"absurdly large: {width:,} x {height:,} pixels")


@contextmanager
def _quietly() -> Iterator[None]:
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


def _line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:199] + "…"
