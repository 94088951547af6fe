"""One image file, DICOM, PNG, JPEG or TIFF, to grey values or colours in one size, one dtype and one range."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from bench.data.pixels import frames, pictures
from bench.data.pixels.dicom import quietly, read_dicom
from bench.data.pixels.done import Done
from bench.data.pixels.integrity import Undecodable

#: Raised whenever the same file would come out with other pixels: it is part of every image cache's fingerprint.
DECODER_VERSION = 3

_SIGNATURES = (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*")


def decode(path: Path, size: int, channels: int = 1, frame: int | None = None) -> np.ndarray:
    """The image in ``path`` as grey values or colours, squeezed to a square.

    What kind of file it is, its content says, not its name. The range is the one the file states, never the one its
    pixels happen to fill: 0–255 for 8 bits, 0–65535 for 16. In DICOM it is what the modality LUT or rescale and then
    the first VOI LUT or window make of the stored values; a DICOM file without either states none, and its darkest to
    brightest value is taken. Padding that a DICOM file states has no part in this and is black. MONOCHROME1 is
    inverted, so that bone is bright. A photograph is turned upright, as its EXIF orientation says. Borders and
    burned-in text stay; overlays and display shutters are not drawn. Elements of a DICOM header that are there but
    empty count as absent; one that changes what is seen and cannot be honoured has the file refused.

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
    return _decoded(content, _is_dicom(content, path), size, channels, frame, [])


class Examined(NamedTuple):
    """An image, and what was done to it."""

    pixels: np.ndarray
    done: tuple[Done, ...]


def examine(path: Path, size: int, channels: int = 1, frame: int | None = None) -> Examined:
    """The same image as of :func:`decode`, and what was done to it; takes up to twice the time.

    Raises:
        Undecodable: as :func:`decode` does.
    """
    content = _content(path)
    is_dicom = _is_dicom(content, path)
    done: list[Done] = []
    pixels = _decoded(content, is_dicom, size, channels, frame, done)
    if not is_dicom:
        with quietly():  # nothing of it can fail any more: all of the file has been read
            done += pictures.ignored(content, channels, frame)
    if pixels.min() == pixels.max():
        done.append(Done.FLAT)
    return Examined(pixels, tuple(sorted(done, key=list(Done).index)))


def _is_dicom(content: bytes, path: Path) -> bool:
    is_dicom = content[128:132] == b"DICM"
    if not is_dicom and path.suffix.lower() in (".dcm", ".dicom"):
        raise Undecodable("not a DICOM file: its name says so, but the prefix DICM is lacking")
    return is_dicom


def _decoded(
    content: bytes, is_dicom: bool, size: int, channels: int, frame: int | None, done: list[Done]
) -> np.ndarray:
    read = read_dicom if is_dicom else pictures.read_picture
    with quietly():
        try:
            pixels = read(content, size, channels, frame, done)
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
    if channels == 3 and pixels.ndim == 2:
        done.append(Done.AS_COLOUR)
        return np.repeat(pixels[..., None], 3, axis=2)
    return pixels


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


def _line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 200 else text[:199] + "…"
