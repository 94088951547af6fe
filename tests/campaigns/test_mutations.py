"""Broken files of every kind: refused with a reason, or read as another decoder reads them."""

import os
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from bench.data.pixels.decode import decode
from bench.data.pixels.integrity import Undecodable
from tests.campaigns import mutations
from tests.campaigns.mutants import Case, resized
from tests.campaigns.mutations import EXIT, REFUSED, SAME
from tests.campaigns.originals import originals
from tests.data.files import reason

#: How many files: more by hand, BENCH_TEST_MUTATIONS=300.
FILES = int(os.environ.get("BENCH_TEST_MUTATIONS", "80"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return {one.kind: one for one in originals(tmp_path_factory.mktemp("whole"))}


def test_mutated_files_are_refused_or_read_as_others_read_them(tmp_path):
    results = mutations.run(FILES, 0, tmp_path, in_processes=1 if FILES <= 80 else 5)
    assert len(results) == FILES
    outcomes = [outcome for _, outcome, _ in results]
    assert outcomes.count(REFUSED) > FILES / 3
    assert outcomes.count(EXIT) > FILES / 12
    assert all(why for _, outcome, why in results if outcome in (REFUSED, EXIT))
    # Nothing of what a file holds is quoted where it may be a patient's.
    assert not any("Secret" in why or "MRN-12345" in why for _, _, why in results)


def test_the_files_are_valid_before_they_are_mutated(whole, tmp_path):
    for number, original in enumerate(whole.values()):
        case = Case(original, "none", original.suffix, original.content)
        if not original.is_image:
            assert mutations.table(case, tmp_path / f"table{number}", False) == (SAME, "")
    for channels in (1, 3):
        some = [
            Case(one, "none", one.suffix, one.content)
            for one in whole.values()
            if one.is_image and one.channels == channels
        ]
        found = mutations.images(some, tmp_path / f"images{channels}", channels)
        assert [outcome for _, outcome, _ in found] == [SAME] * len(some)


@pytest.mark.parametrize("family", ["PNG", "JPEG", "DICOM"])
def test_wherever_a_file_is_cut_it_is_refused(family, whole, tmp_path):
    for original in (one for one in whole.values() if one.family == family):
        path = tmp_path / f"cut{original.suffix}"
        length = len(original.content)
        for cut in [*range(1, 40), *range(40, length, 1 + length // 40)]:
            path.write_bytes(original.content[:-cut])
            assert reason(path, 64, channels=original.channels), (original.kind, cut)


@pytest.mark.parametrize("family", ["PNG", "JPEG", "DICOM"])
def test_zeros_behind_a_whole_file_are_padding(family, whole, tmp_path):
    for original in (one for one in whole.values() if one.family == family):
        path, padded = tmp_path / f"a{original.suffix}", tmp_path / f"padded{original.suffix}"
        path.write_bytes(original.content)
        padded.write_bytes(original.content + bytes(6))
        expected = decode(path, 64, original.channels)
        assert np.array_equal(decode(padded, 64, original.channels), expected), original.kind


@pytest.mark.parametrize("kind", ["DICOM, explicit", "DICOM, big endian", "DICOM, RLE", "DICOM, RLE in colour"])
@pytest.mark.parametrize(("width", "height"), [(32, 64), (64, 32), (63, 64)])
def test_dicom_of_more_pixels_than_its_header_states(kind, width, height, whole, tmp_path):
    (tmp_path / "a.dcm").write_bytes(resized(whole[kind].content, width, height))
    assert "corrupt" in reason(tmp_path / "a.dcm", 64, channels=whole[kind].channels)


def test_a_jpeg_of_too_little_data_for_its_size(whole, tmp_path):
    for kind in ("JPEG, grey", "JPEG, progressive", "JPEG, colour"):
        (tmp_path / "a.jpg").write_bytes(resized(whole[kind].content, 9000, 9000))
        assert "bytes of data for 9,000 x 9,000 pixels" in reason(tmp_path / "a.jpg")
    Image.new("L", (4000, 3000)).save(tmp_path / "black.jpg", progressive=True, optimize=True, quality=1)
    assert decode(tmp_path / "black.jpg", 16).max() <= 1  # as little data as there can be


def test_a_jpeg_with_another_inside_it_ends_where_it_ends(whole, tmp_path):
    small = whole["JPEG, grey"].content
    thumbnail = b"\xff\xe1" + struct.pack(">H", len(small) + 2) + small
    content = small[:2] + thumbnail + small[2:]
    (tmp_path / "a.jpg").write_bytes(content)
    (tmp_path / "b.jpg").write_bytes(small)
    assert np.array_equal(decode(tmp_path / "a.jpg", 64), decode(tmp_path / "b.jpg", 64))
    (tmp_path / "a.jpg").write_bytes(content[:-2])
    assert reason(tmp_path / "a.jpg").startswith("corrupt or truncated")


def test_a_tiff_that_its_strips_do_not_cover(whole, tmp_path):
    for kind in ("TIFF, 8 bits", "TIFF, 16 bits", "TIFF, LZW"):
        content = bytearray(whole[kind].content)
        start = int.from_bytes(content[4:8], "little")
        entries = {
            int.from_bytes(content[at : at + 2], "little"): at
            for at in range(start + 2, start + 2 + 12 * content[start], 12)
        }
        taller = bytearray(content)
        taller[entries[257] + 8] = 96
        (tmp_path / "a.tif").write_bytes(taller)
        assert reason(tmp_path / "a.tif") == "corrupt or truncated: 1 of 2 parts of the image are there", kind
        content[entries[262]] ^= 128  # the tag itself
        (tmp_path / "b.tif").write_bytes(content)
        with pytest.raises(Undecodable):
            decode(tmp_path / "b.tif", 64)


def tiff_in_parts(path, pixels, tags, parts):
    """A TIFF of 8 bits in several strips or tiles, written by hand: Pillow writes few kinds of them."""
    height, width, samples = pixels.shape
    words = {256: [width], 257: [height], 258: [8] * samples, 259: [1], 262: [2], 277: [samples], **tags}
    offsets, lengths = (324, 325) if 322 in tags else (273, 279)
    body, places = b"", []
    for part in parts:
        places.append(8 + len(body))
        body += part.tobytes()
    words |= {offsets: places, lengths: [part.nbytes for part in parts]}
    directory, extra = struct.pack("<H", len(words)), b""
    behind = 8 + len(body) + 2 + 12 * len(words) + 4
    for tag, values in sorted(words.items()):
        packed = struct.pack(f"<{len(values)}I", *values)
        value = packed if len(values) == 1 else struct.pack("<I", behind + len(extra))
        directory += struct.pack("<HHI", tag, 4, len(values)) + value
        extra += packed if len(values) > 1 else b""
    path.write_bytes(b"II*\0" + struct.pack("<I", 8 + len(body)) + body + directory + bytes(4) + extra)
    return path


def test_tiffs_in_strips_tiles_and_planes_are_read_if_all_parts_are_there(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    tiles = np.zeros((64, 64, 3), dtype=np.uint8)
    tiles[:40, :40] = pixels
    layouts = [
        ({278: [16]}, [pixels[:16], pixels[16:32], pixels[32:]]),
        ({322: [32], 323: [32]}, [tiles[y : y + 32, x : x + 32] for y in (0, 32) for x in (0, 32)]),
        ({278: [40], 284: [2]}, [pixels[..., band] for band in range(3)]),
    ]
    for tags, parts in layouts:
        assert np.array_equal(decode(tiff_in_parts(tmp_path / "a.tif", pixels, tags, parts), 40, 3), pixels)
        path = tiff_in_parts(tmp_path / "b.tif", pixels, tags, parts[:-1])
        assert reason(path, channels=3).startswith("corrupt or truncated")
    short = [pixels[:16], pixels[16:32], pixels[32:36]]
    assert "4,320 bytes where 40 x 40 pixels take 4,800" in reason(
        tiff_in_parts(tmp_path / "c.tif", pixels, {278: [16]}, short), channels=3
    )


def test_png_checksums_hold_for_its_last_chunk(whole, tmp_path):
    content = whole["PNG, 8 bits"].content
    (tmp_path / "a.png").write_bytes(content[:-4] + struct.pack(">I", zlib.crc32(b"IENE")))
    assert "last chunk" in reason(tmp_path / "a.png")
