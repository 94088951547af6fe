"""Whether an image file is whole, where Pillow and pydicom read on in silence.

Of a file that ends early or contradicts its header they fill up with zeros what is lacking, and leave out what is too
much: another image than was stored, and no error.
"""

from __future__ import annotations

import io
import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pydicom
    from PIL import Image

#: The next marker after compressed data, in which FF is followed by 00 or by the number of a restart.
_AFTER_DATA = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_END, _SCAN, _BARE = 0xD9, 0xDA, (0x01, *range(0xD0, 0xD8))
#: Frames in Huffman codes: at least one bit a block of 8 x 8.
_HUFFMAN = (0xC0, 0xC1, 0xC2)
#: How a JPEG, JPEG-LS or JPEG 2000 begins.
_CODESTREAMS = (b"\xff\xd8\xff", b"\xff\x4f\xff\x51")
_TIFF = {
    "width": 256, "height": 257, "bits": 258, "compression": 259, "photometric": 262, "offsets": 273, "samples": 277,
    "rows": 278, "lengths": 279, "planar": 284, "tile width": 322, "tile height": 323, "tile offsets": 324,
}  # fmt: skip


class Undecodable(Exception):
    """A file that gives no image. ``reason`` is one line, ``kind of fault`` or ``kind of fault: detail``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Elements(io.BytesIO):
    """A DICOM file that notices when it ends within a data element, which pydicom takes for its regular end.

    ``torn`` tells it of tags and lengths. A value that is skipped leaves the position beyond the end.
    """

    torn = False

    def read(self, size: int | None = -1) -> bytes:
        """As usual. A tag is read as eight bytes, and none at the end of the file; zeros there are padding."""
        got = super().read(size)
        if len(got) < (size or 0) <= 8 and (size != 8 or got.strip(b"\0")):
            self.torn = True
        return got


def check_surplus(dataset: pydicom.Dataset) -> None:
    """Refuse uncompressed pixels that are more than the header states, unless what follows them is padding.

    Raises:
        Undecodable: when they are, as where the number of rows, columns or frames is wrong.
    """
    from pydicom.pixels.utils import get_expected_length

    surplus = bytes(dataset.PixelData[get_expected_length(dataset) :])
    if surplus.strip(surplus[:1]):
        raise Undecodable(f"corrupt or truncated: {len(surplus):,} bytes more of pixels than its header states")


def check_pictures(pixels: bytes, frames: int, rle: bool) -> None:
    """Refuse compressed pixels (PS3.5 A.4) of more frames than the header states, of which the first would be read.

    Args:
        pixels: the element's value: an offset table, and the fragments.
        frames: as the header states them.
        rle: whether every fragment is a frame (PS3.5 A.4.2); JPEG and JPEG 2000 begin a frame with a marker.

    Raises:
        Undecodable: when there are more.
    """
    from pydicom.encaps import parse_basic_offsets, parse_fragments

    buffer = io.BytesIO(pixels)
    found = len(parse_basic_offsets(buffer))
    if not found:
        _, starts = parse_fragments(buffer)
        found = sum(rle or pixels.startswith(_CODESTREAMS, at + 8) for at in starts)
    if found > frames:
        raise Undecodable(f"several frames: {found} in one DICOM file whose header states {frames}")


def check_jpeg(content: bytes, width: int, height: int) -> None:
    """Refuse a JPEG without its end, or with less data than so many pixels take at least.

    Raises:
        Undecodable: when it is so. What is wrong in the data itself no checksum tells.
    """
    at, marker, data, least = 2, -1, 0, 0
    while marker != _END:
        at = content.find(b"\xff", at)
        if not 0 <= at < len(content) - 1:
            raise Undecodable("corrupt or truncated: the file ends before its image does")
        marker = content[at + 1]
        if marker in _HUFFMAN:
            least = math.ceil(width / 8) * math.ceil(height / 8)
        if marker == 0xFF:
            at += 1
        elif marker in _BARE:
            at += 2
        else:
            at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        if marker == _SCAN:
            following = _AFTER_DATA.search(content, at)
            stop = following.start() if following else len(content)
            data, at = data + stop - at, stop
    if 8 * data < least:
        raise Undecodable(f"corrupt or truncated: {data:,} bytes of data for {width:,} x {height:,} pixels")


def check_tiff(image: Image.Image) -> None:
    """Refuse a TIFF whose strips or tiles do not cover it, or that does not say what its values stand for.

    Raises:
        Undecodable: when it is so.
    """
    tags = image.tag_v2  # type: ignore[attr-defined]
    width, height, photometric = (tags.get(_TIFF[name]) for name in ("width", "height", "photometric"))
    if photometric is None:
        raise Undecodable("corrupt or truncated: a TIFF file that does not state its photometric interpretation")
    planes = tags.get(_TIFF["samples"], 1) if tags.get(_TIFF["planar"]) == 2 else 1
    rows = min(tags.get(_TIFF["rows"], height), height)
    wanted, parts = math.ceil(height / rows) * planes, tags.get(_TIFF["offsets"], ())
    tiled = _TIFF["tile offsets"] in tags
    if tiled:
        across, down = (math.ceil(n / tags[_TIFF[t]]) for n, t in ((width, "tile width"), (height, "tile height")))
        wanted, parts = across * down * planes, tags[_TIFF["tile offsets"]]
    if len(parts) != wanted:
        raise Undecodable(f"corrupt or truncated: {len(parts)} of {wanted} parts of the image are there")
    bits = tags.get(_TIFF["bits"], (1,))
    least = height * math.ceil(width * (sum(bits) if planes == 1 else bits[0] * planes) / 8)
    there = sum(tags.get(_TIFF["lengths"], (least,)))
    # Some programs fill up the last strip, which never doubles the whole.
    if not tiled and tags.get(_TIFF["compression"], 1) == 1 and not least <= there < 2 * max(least, 8):
        raise Undecodable(f"corrupt or truncated: {there:,} bytes where {width:,} x {height:,} pixels take {least:,}")
