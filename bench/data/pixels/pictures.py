"""PNG, JPEG and TIFF: which frame is meant, which side is up, and what their values stand for."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import ExifTags, Image

from bench.data.pixels.done import Done
from bench.data.pixels.frames import check_extent, frame_index, from_unit, resize
from bench.data.pixels.integrity import Undecodable, check_jpeg, check_tiff

_FORMATS = ("PNG", "JPEG", "TIFF")
_TIFF_BITS, _TIFF_PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0
#: How a PNG ends: a chunk without content, and its checksum, which Pillow's check leaves out.
_PNG_END = b"IEND\xaeB`\x82"
#: What brings an image upright, by its orientation (Exif 3.0, tag 0x0112; TIFF 6.0, section 8).
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
#: Under what names of Pillow's a JPEG or PNG has EXIF or XMP.
_SAYS_ORIENTATION = {"exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp"}
#: Colours that differ by no more than this between channels, at so many pixels a side, are noise upon grey.
_GREY_NOISE, _LOOKED_AT = 8, 128


def read_picture(content: bytes, size: int, channels: int, frame: int | None, done: list[Done]) -> np.ndarray:
    """A frame of a PNG, JPEG or TIFF file, given whole: the rest as of :func:`bench.data.pixels.decode.decode`.

    ``done`` takes what was done to it. An orientation that cannot be read, or is none of the eight, turns nothing.
    """
    mode = "L" if channels == 1 else "RGB"
    with _checked(content, frame) as image:
        if image.format == "TIFF":
            check_tiff(image)
        if image.format == "JPEG":
            image.draft(mode, (2 * size, 2 * size))
        tags = dict(getattr(image, "tag_v2", {}))  # loading a TIFF turns it, and takes out that it was turned
        upright = _upright(image)
        if upright is not image or tags.get(ExifTags.Base.Orientation) in _TURNS:
            done.append(Done.TURNED)
        if upright.mode.startswith("I;16"):
            return from_unit(_sixteen_bits(upright, tags), size)
        if upright.mode in ("I", "F"):
            raise Undecodable(f"range of grey values not stated: {image.format} of 32 bits a pixel")
        return np.asarray(resize(upright.convert(mode), size))


def ignored(content: bytes, channels: int, frame: int | None) -> list[Done]:
    """What of a file that was read is not to be seen in its pixels: colour or grey where not wanted, transparency."""
    found = []
    with _open(content) as image:
        if frame is not None and frame > 1:
            image.seek(frame - 1)
        image.draft("RGB", (_LOOKED_AT, _LOOKED_AT))  # of a JPEG: a smaller one, decoded faster
        wide = image.mode.startswith("I;16")  # of which Pillow makes no RGBA, and which is never in colour
        if image.has_transparency_data and (wide or np.asarray(image.convert("RGBA"))[..., 3].min() < 255):
            found.append(Done.OPAQUE)
        grey = image.mode in ("1", "L", "LA")
        if channels == 3 and grey:
            found.append(Done.AS_COLOUR)
        if channels == 1 and not wide and not grey:
            small = image.resize((_LOOKED_AT, _LOOKED_AT), Image.Resampling.NEAREST).convert("RGB")
            if np.ptp(np.asarray(small).astype(int), axis=2).max() > _GREY_NOISE:
                found.append(Done.AS_GREY)
    return found


def _checked(content: bytes, frame: int | None) -> Image.Image:
    """The frame that is meant, not yet decoded, of a file that is whole as far as can be told before."""
    image: Image.Image = _open(content)
    check_extent(*image.size)
    index = frame_index(getattr(image, "n_frames", 1), frame, str(image.format))
    if image.format == "PNG":
        image.verify()  # the checksums, which loading the pixels leaves unchecked
        if _PNG_END not in content:
            raise Undecodable("corrupt or truncated: the file ends before its last chunk does")
        image = _open(content)  # one that was verified cannot be loaded
    elif image.format == "JPEG" or (image.format == "MPO" and index == 0):
        check_jpeg(content, *image.size)
    if index:
        image.seek(index)
        check_extent(*image.size)
    return image


def _open(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=_FORMATS)


def _upright(image: Image.Image) -> Image.Image:
    """The image turned as its orientation says; itself where that is none to turn by, or Pillow has turned it."""
    image.load()  # only now is known what a PNG says behind its pixels
    if image.format != "TIFF" and not _SAYS_ORIENTATION & image.info.keys():
        return image  # as most are: asking Pillow takes as long as some pixels do
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # what stands beside the pixels may be broken in any way, and every viewer shows them as stored
        return image
    return image if turn is None else image.transpose(turn)


def _sixteen_bits(image: Image.Image, tags: dict[int, Any]) -> np.ndarray:
    """Grey values of a PNG or TIFF of 9 to 16 bits, scaled to [0, 1]."""
    bits = tags.get(_TIFF_BITS, (16,))[0]
    values: np.ndarray = np.asarray(image).astype(np.float32) / (2**bits - 1)
    # Pillow inverts 8-bit TIFF in which white is zero, but leaves 16 bits as they are.
    return 1 - values if tags.get(_TIFF_PHOTOMETRIC) == _WHITE_IS_ZERO else values
