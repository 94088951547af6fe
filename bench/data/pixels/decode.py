"""One image file, DICOM, PNG, JPEG or TIFF, to grey values or colours in one size, one dtype and one range."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from bench.data.pixels import frames
from bench.data.pixels.dicom import quietly, read_dicom
from bench.data.pixels.frames import check_extent, frame_index, from_unit, resize
from bench.data.pixels.integrity import Undecodable, check_jpeg, check_tiff

#: Raised whenever the same file would come out with other pixels: it is part of every image cache's fingerprint.
DECODER_VERSION = 2

_FORMATS = ("PNG", "JPEG", "TIFF")
_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*")
_TIFF_BITS, _TIFF_PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0
#: How a PNG ends: a chunk without content, and its checksum, which Pillow's check leaves out.
_PNG_END = b"IEND\xaeB`\x82"


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
    with quietly():
        try:
            pixels = (read_dicom if is_dicom else _picture)(content, size, channels, frame)
        except Undecodable:
            raise
        except UnidentifiedImageError as error:
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
        if length > frames.MAX_BYTES:
            raise Undecodable(f"absurdly large: {length / 2**20:,.0f} MB")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise Undecodable("file missing") from error
    except OSError as error:
        raise Undecodable(f"cannot be read: {error.strerror}") from error


def _picture(content: bytes, size: int, channels: int, frame: int | None) -> np.ndarray:
    mode = "L" if channels == 1 else "RGB"
    with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
        check_extent(*image.size)
        index = frame_index(getattr(image, "n_frames", 1), frame, str(image.format))
        if image.format == "PNG":
            image.verify()  # the checksums, which loading the pixels leaves unchecked
            if _PNG_END not in content:
                raise Undecodable("corrupt or truncated: the file ends before its last chunk does")
        elif image.format == "JPEG":
            check_jpeg(content, *image.size)
    with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
        if index:
            image.seek(index)
            check_extent(*image.size)
        if image.format == "TIFF":
            check_tiff(image)
        if image.format == "JPEG":
            image.draft(mode, (2 * size, 2 * size))
        if image.mode.startswith("I;16"):
            return from_unit(_sixteen_bits(image), size)
        if image.mode in ("I", "F"):
            raise Undecodable(f"range of grey values not stated: {image.format} of 32 bits a pixel")
        return np.asarray(resize(image.convert(mode), size))


def _sixteen_bits(image: Image.Image) -> np.ndarray:
    """Grey values of a PNG or TIFF of 9 to 16 bits, scaled to [0, 1]."""
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_TIFF_BITS, (16,))[0]
    values: np.ndarray = np.asarray(image).astype(np.float32) / (2**bits - 1)
    # Pillow inverts 8-bit TIFF in which white is zero, but leaves 16 bits as they are.
    return 1 - values if tags.get(_TIFF_PHOTOMETRIC) == _WHITE_IS_ZERO else values


def _line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:199] + "…"
