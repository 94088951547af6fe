"""Photographs: which side is up, and what is told of colour, transparency and images of one value."""

import numpy as np
import pytest
from PIL import Image

from bench.data.pixels.decode import decode, examine
from bench.data.pixels.done import Done
from tests.data.files import GREY, reason, saved

Y, X = np.mgrid[0:48, 0:32]
UPRIGHT = np.stack([4 * X, 3 * Y, 255 - 2 * X - 2 * Y], axis=2).astype(np.uint8)
#: How an upright image lies in a file of this orientation: TIFF 6.0, section 8, "row 0 is the visual …".
STORED = {
    1: UPRIGHT, 2: UPRIGHT[:, ::-1], 3: UPRIGHT[::-1, ::-1], 4: UPRIGHT[::-1],
    5: UPRIGHT.transpose(1, 0, 2), 6: np.rot90(UPRIGHT, 1), 7: np.rot90(UPRIGHT, 2).transpose(1, 0, 2),
    8: np.rot90(UPRIGHT, -1),
}  # fmt: skip


def turned(path, orientation, stored=None, **options):
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = np.ascontiguousarray(STORED[orientation] if stored is None else stored)
    Image.fromarray(pixels).save(path, exif=exif, **options)
    return path


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("suffix", "options"), [("png", {}), ("tif", {}), ("tif", {"compression": "tiff_lzw"})])
def test_every_orientation_is_turned_upright(orientation, suffix, options, tmp_path):
    path = turned(tmp_path / f"a.{suffix}", orientation, **options)
    upright = saved(tmp_path / f"b.{suffix}", UPRIGHT)
    for channels in (1, 3):
        found = examine(path, 16, channels)
        assert np.array_equal(found.pixels, decode(upright, 16, channels))
        assert (Done.TURNED in found.done) == (orientation != 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_a_jpeg(orientation, tmp_path):
    path = turned(tmp_path / "a.jpg", orientation, quality=95, subsampling=0)
    upright = saved(tmp_path / "b.jpg", UPRIGHT, quality=95, subsampling=0)
    assert np.abs(decode(path, 32, 3).astype(int) - decode(upright, 32, 3)).max() <= 4
    large = turned(tmp_path / "c.jpg", orientation, np.kron(STORED[orientation], np.ones((8, 8, 1), np.uint8)))
    assert np.abs(decode(large, 32, 3).astype(int) - decode(upright, 32, 3)).max() <= 12  # shrunk on the way


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_are_turned_as_well(suffix, tmp_path):
    wide = UPRIGHT[..., 0].astype(np.uint16) * 257
    path = turned(tmp_path / f"a.{suffix}", 6, np.rot90(wide, 1))
    assert np.array_equal(decode(path, 16), decode(saved(tmp_path / f"b.{suffix}", wide), 16))


def test_an_orientation_that_is_none_turns_nothing(tmp_path):
    expected = decode(saved(tmp_path / "a.png", UPRIGHT), 16, 3)
    for odd in (0, 9, 65535):
        assert np.array_equal(decode(turned(tmp_path / "b.png", odd, UPRIGHT), 16, 3), expected)
    saved(tmp_path / "c.png", UPRIGHT, exif=b"Exif\0\0" + b"nothing of a TIFF")
    assert np.array_equal(decode(tmp_path / "c.png", 16, 3), expected)


def test_colour_that_grey_loses_is_told_and_grey_in_colour_is_not(tmp_path):
    grey = np.repeat(GREY[..., None], 3, axis=2)
    for suffix in ("png", "jpg", "tif"):
        assert examine(saved(tmp_path / f"a.{suffix}", UPRIGHT), 16).done == (Done.AS_GREY,)
        assert examine(saved(tmp_path / f"a.{suffix}", UPRIGHT), 16, 3).done == ()
        assert examine(saved(tmp_path / f"b.{suffix}", grey), 16).done == ()
        assert examine(saved(tmp_path / f"c.{suffix}", GREY), 16, 3).done == (Done.AS_COLOUR,)
    Image.fromarray(UPRIGHT).quantize(8).save(tmp_path / "palette.png")
    assert examine(tmp_path / "palette.png", 16).done == (Done.AS_GREY,)
    Image.fromarray(GREY).convert("P").save(tmp_path / "grey.png")
    assert examine(tmp_path / "grey.png", 16).done == ()


def test_transparency_is_told_where_there_is_any(tmp_path):
    for alpha, done in ((255, ()), (254, (Done.OPAQUE,))):
        path = saved(tmp_path / "a.png", np.dstack([UPRIGHT, np.full(UPRIGHT.shape[:2], alpha, np.uint8)]))
        assert examine(path, 16, 3).done == done
    wide = GREY.astype(np.uint16) * 257
    assert examine(saved(tmp_path / "b.png", wide, transparency=257), 16).done == (Done.OPAQUE,)


def test_an_image_of_one_value_is_told(tmp_path):
    assert examine(saved(tmp_path / "a.png", np.full((8, 8), 9, np.uint8)), 16).done == (Done.FLAT,)


def test_a_photograph_with_a_second_picture_needs_a_frame(tmp_path):
    first, second = Image.fromarray(UPRIGHT), Image.fromarray(UPRIGHT[::-1])
    first.save(tmp_path / "a.jpg", format="MPO", save_all=True, append_images=[second])
    assert reason(tmp_path / "a.jpg").startswith("several frames: 2 in one MPO file, and none is named")
    top, bottom = (decode(tmp_path / "a.jpg", 16, 3, frame=n).astype(int) for n in (1, 2))
    assert np.abs(top - bottom[::-1]).max() <= 20
    (tmp_path / "b.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:600])
    assert reason(tmp_path / "b.jpg", channels=3, frame=1).startswith("corrupt or truncated")
