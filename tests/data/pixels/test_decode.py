import struct
import zlib
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.pixels import get_decoder
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from bench.data.pixels import frames
from bench.data.pixels.decode import decode
from bench.data.pixels.integrity import Undecodable
from tests import places
from tests.data.files import GREY, dicom, reason, saved

REAL = places.REAL / "dicom"
RNG = np.random.default_rng(0)


def test_eight_bits_of_the_same_size_come_out_as_they_are(tmp_path):
    assert np.array_equal(decode(saved(tmp_path / "a.png", GREY), 32), GREY)
    assert np.array_equal(decode(saved(tmp_path / "a.tif", GREY), 32), GREY)
    pixels = decode(saved(tmp_path / "a.jpg", GREY, quality=100), 32)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - GREY).max() <= 3


def test_the_content_says_what_it_is_not_the_name(tmp_path):
    saved(tmp_path / "a.png", GREY).rename(tmp_path / "a.jpg")
    assert np.array_equal(decode(tmp_path / "a.jpg", 32), GREY)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_are_scaled_to_the_whole_range(tmp_path, suffix):
    wide = np.linspace(0, 65535, 32 * 32).astype(np.uint16).reshape(32, 32)
    expected = np.rint(wide / 257).astype(np.uint8)
    assert np.array_equal(decode(saved(tmp_path / f"a.{suffix}", wide), 32), expected)
    # A dark image stays dark: the range is the file's, not what its pixels fill.
    assert decode(saved(tmp_path / f"b.{suffix}", wide // 16), 32).max() == 16


def test_shrinking_averages_areas_before_rounding(tmp_path):
    wide = RNG.integers(0, 65536, (64, 96), dtype=np.uint16)
    expected = np.rint(wide.reshape(16, 4, 16, 6).mean((1, 3)) / 257)
    assert np.abs(decode(saved(tmp_path / "a.png", wide), 16) - expected).max() <= 1
    narrow = (wide >> 8).astype(np.uint8)
    expected = narrow.reshape(16, 4, 16, 6).mean((1, 3))
    assert np.abs(decode(saved(tmp_path / "b.png", narrow), 16) - expected).max() <= 1


def test_growing_interpolates(tmp_path):
    ramp = np.tile(np.array([0, 240], dtype=np.uint8), (2, 1))
    grown = decode(saved(tmp_path / "a.png", ramp), 8)
    assert len(np.unique(grown[0])) > 2
    assert (np.diff(grown[0].astype(int)) >= 0).all()


def test_a_large_jpeg_is_shrunk_on_the_way_to_the_same_picture(tmp_path):
    y, x = np.mgrid[0:1024, 0:1024] / 1024
    smooth = (127 + 120 * np.sin(9 * x) * np.cos(7 * y)).astype(np.uint8)
    got = decode(saved(tmp_path / "a.jpg", smooth, quality=95), 64)
    expected = smooth.reshape(64, 16, 64, 16).mean((1, 3))
    assert np.abs(got - expected).max() <= 3


def test_colour_becomes_luma(tmp_path):
    colour = np.zeros((4, 4, 3), dtype=np.uint8)
    colour[:] = (200, 100, 50)
    luma = 0.299 * 200 + 0.587 * 100 + 0.114 * 50
    assert decode(saved(tmp_path / "a.png", colour), 4)[0, 0] == pytest.approx(luma, abs=1)
    Image.fromarray(colour).quantize(4).save(tmp_path / "palette.png")
    assert decode(tmp_path / "palette.png", 4)[0, 0] == pytest.approx(luma, abs=1)
    alpha = np.dstack([colour, np.zeros((4, 4, 1), dtype=np.uint8)])
    assert decode(saved(tmp_path / "alpha.png", alpha), 4)[0, 0] == pytest.approx(luma, abs=1)


def tiff(path, width, height, bits, photometric, data):
    """A TIFF in one strip, written by hand: Pillow writes neither 12 bits nor white as zero."""
    entries = {
        256: width,
        257: height,
        258: bits,
        259: 1,
        262: photometric,
        273: 8,
        277: 1,
        278: height,
        279: len(data),
    }
    ifd = struct.pack("<H", len(entries))
    ifd += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in sorted(entries.items())) + bytes(4)
    padded = data + bytes(len(data) % 2)
    path.write_bytes(b"II*\0" + struct.pack("<I", 8 + len(padded)) + padded + ifd)
    return path


def test_tiff_of_twelve_bits_and_with_white_as_zero(tmp_path):
    twelve = tiff(tmp_path / "a.tif", 2, 2, 12, 1, bytes([0x00, 0x0F, 0xFF, 0x80, 0x08, 0x00]))  # 0 4095 / 2048 2048
    assert decode(twelve, 2).tolist() == [[0, 255], [128, 128]]
    inverse = np.array([[0, 65535], [257, 514]], dtype="<u2")
    assert decode(tiff(tmp_path / "b.tif", 2, 2, 16, 0, inverse.tobytes()), 2).tolist() == [[255, 0], [254, 253]]


def test_a_range_that_is_not_stated_is_refused(tmp_path):
    Image.fromarray(np.ones((4, 4), dtype=np.float32)).save(tmp_path / "a.tif")
    assert reason(tmp_path / "a.tif") == "range of grey values not stated: TIFF of 32 bits a pixel"


def test_dicom_window(tmp_path):
    stored = np.linspace(0, 4095, 32 * 32).astype(np.uint16).reshape(32, 32)
    path = dicom(tmp_path / "a.dcm", stored, bits=12, WindowCenter=["2048", "5"], WindowWidth=["1024", "7"])
    # PS3.3 C.11.2.1.2.1
    expected = np.clip((stored - 2047.5) / 1023 + 0.5, 0, 1) * 255
    assert np.abs(decode(path, 32) - expected).max() <= 0.5 + 1e-3
    mirrored = dicom(
        tmp_path / "b.dcm", stored, bits=12, WindowCenter="2048", WindowWidth="1024",
        PhotometricInterpretation="MONOCHROME1",
    )  # fmt: skip
    assert np.abs(decode(mirrored, 32) - (255 - expected)).max() <= 0.5 + 1e-3


def test_dicom_whole_window_is_the_range_of_the_bits(tmp_path):
    stored = RNG.integers(1000, 2000, (32, 32), dtype=np.uint16)
    path = dicom(tmp_path / "a.dcm", stored, bits=12, WindowCenter="2048", WindowWidth="4096")
    assert np.array_equal(decode(path, 32), np.rint(stored / 4095 * 255).astype(np.uint8))


@pytest.mark.parametrize("slope", [2.0, -2.0])
def test_dicom_rescale_comes_before_the_window(tmp_path, slope):
    stored = RNG.integers(-2000, 2000, (32, 32), dtype=np.int16)
    tags = {"RescaleSlope": slope, "RescaleIntercept": -100.0, "WindowCenter": "0", "WindowWidth": "2000"}
    expected = np.clip((slope * stored - 100 + 0.5) / 1999 + 0.5, 0, 1) * 255
    assert np.abs(decode(dicom(tmp_path / "a.dcm", stored, **tags), 32) - expected).max() <= 0.5 + 1e-3


@pytest.mark.parametrize(("bits", "entries"), [(16, 4096), (8, 256), (12, 100)])
def test_dicom_voi_lut(tmp_path, bits, entries):
    stored = RNG.integers(0, 4096, (32, 32), dtype=np.uint16)
    curve = np.rint(np.linspace(0, 1, entries) ** 2 * (2**bits - 1)).astype(np.uint16)
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [entries, 50, bits])
    item.add_new("LUTData", "US", curve.tolist())
    path = dicom(
        tmp_path / "a.dcm", stored, bits=12, VOILUTSequence=Sequence([item]), WindowCenter="1", WindowWidth="9"
    )
    expected = curve[np.clip(stored.astype(int) - 50, 0, entries - 1)] / (2**bits - 1) * 255
    assert np.abs(decode(path, 32) - expected).max() <= 0.5 + 1e-3


def test_dicom_without_a_window_takes_its_darkest_to_brightest(tmp_path):
    stored = RNG.integers(300, 700, (32, 32), dtype=np.uint16)
    expected = (stored - stored.min()) / (stored.max() - stored.min()) * 255
    assert np.abs(decode(dicom(tmp_path / "a.dcm", stored), 32) - expected).max() <= 0.5 + 1e-3
    assert not decode(dicom(tmp_path / "b.dcm", np.full((8, 8), 7, np.uint16)), 8).any()


def test_dicom_compressed_and_plain_are_the_same(tmp_path):
    stored = RNG.integers(0, 4096, (32, 32), dtype=np.uint16)
    plain = decode(dicom(tmp_path / "a.dcm", stored, bits=12), 32)
    assert np.array_equal(decode(dicom(tmp_path / "b.dcm", stored, bits=12, syntax=RLELossless), 32), plain)


@pytest.mark.parametrize(
    "name",
    ["MR_small_RLE.dcm", "MR_small_jp2klossless.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm",
     "MR_small_padded.dcm"],
)  # fmt: skip
def test_pydicoms_own_files_in_other_syntaxes(name):
    twin = decode(Path(get_testdata_file("MR_small.dcm", download=False)), 64)
    assert twin.std() > 20
    assert np.array_equal(decode(Path(get_testdata_file(name, download=False)), 64), twin)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SC_rgb_rle_2frame.dcm", "several frames: 2 in one DICOM file"),
        ("MR_truncated.dcm", "corrupt or truncated"),
        ("rtplan.dcm", "DICOM file without pixels"),
    ],
)
def test_dicom_that_is_refused(name, expected):
    assert reason(Path(get_testdata_file(name, download=False))).startswith(expected)


def test_a_transfer_syntax_without_a_decoder_is_named():
    jpeg_ls = Path(get_testdata_file("MR_small_jpeg_ls_lossless.dcm", download=False))
    if get_decoder(pydicom.dcmread(jpeg_ls).file_meta.TransferSyntaxUID).is_available:
        pytest.skip("a plugin for JPEG-LS is installed")
    assert "no decoder installed for this transfer syntax: JPEG-LS" in reason(jpeg_ls)


@pytest.mark.skipif(not REAL.is_dir(), reason="the two real radiographs are not there")
def test_a_real_radiograph_and_its_mirror_in_monochrome1():
    twin = decode(next(REAL.glob("1.2.276*.dcm")), 128)
    assert twin.min() < 20
    assert twin.max() > 220
    # The same stored values under MONOCHROME1 mean the negative.
    assert np.abs(decode(REAL / "Fake_MONOHR1.dcm", 128) - (255.0 - twin)).max() <= 1


def test_files_that_are_not_images(tmp_path):
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("patient,race\n")
    (tmp_path / "text.dcm").write_text("patient,race\n" * 50)
    Image.fromarray(GREY).save(tmp_path / "a.gif")
    assert reason(tmp_path / "none.png") == "file missing"
    assert reason(tmp_path / "empty.png") == "empty file"
    assert reason(tmp_path / "text.png") == "not a DICOM, PNG, JPEG or TIFF file"
    (tmp_path / "cut.png").write_bytes(saved(tmp_path / "b.png", GREY).read_bytes()[:40])
    assert reason(tmp_path / "cut.png") == "corrupt or truncated: its header cannot be read"
    assert reason(tmp_path / "a.gif") == "not a DICOM, PNG, JPEG or TIFF file"
    assert reason(tmp_path / "text.dcm").startswith("not a DICOM file")
    assert reason(tmp_path).startswith("cannot be read")
    frames = [Image.fromarray(GREY), Image.fromarray(GREY)]
    frames[0].save(tmp_path / "two.tif", save_all=True, append_images=frames[1:])
    assert reason(tmp_path / "two.tif").startswith("several frames: 2 in one TIFF file")


def test_decompression_bombs(tmp_path, monkeypatch):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    (tmp_path / "a.png").write_bytes(bomb)
    assert reason(tmp_path / "a.png").startswith("absurdly large")
    assert reason(dicom(tmp_path / "a.dcm", GREY, bits=8, Rows=60000, Columns=60000)).startswith("absurdly large")
    monkeypatch.setattr(frames, "MAX_BYTES", 100)
    assert reason(saved(tmp_path / "b.png", GREY)).startswith("absurdly large")


def test_a_deflated_bomb(tmp_path, monkeypatch):
    path = dicom(tmp_path / "a.dcm", np.zeros((1000, 1000), np.uint8), bits=8, syntax=DeflatedExplicitVRLittleEndian)
    assert path.stat().st_size < 10_000
    assert not decode(path, 16).any()
    monkeypatch.setattr(frames, "MAX_BYTES", 900_000)
    assert reason(path) == "absurdly large: more than 1 MB when unpacked"


def test_one_flipped_bit_of_a_png_is_noticed(tmp_path):
    path = saved(tmp_path / "a.png", GREY)
    content = bytearray(path.read_bytes())
    start = content.index(b"IDAT") + 4
    for at in range(start, start + 900, 75):
        content[at] ^= 4
        path.write_bytes(content)
        assert reason(path).startswith("corrupt or truncated")
        content[at] ^= 4


def test_broken_files_are_refused_or_decoded_and_nothing_else(tmp_path):
    y, x = np.mgrid[0:48, 0:48]
    smooth = (2 * (x + y)).astype(np.uint8)
    originals = [
        saved(tmp_path / "a.png", smooth), saved(tmp_path / "a.jpg", smooth), saved(tmp_path / "a.tif", smooth),
        dicom(tmp_path / "a.dcm", smooth, bits=8), dicom(tmp_path / "b.dcm", smooth, bits=8, syntax=RLELossless),
    ]  # fmt: skip
    rng = np.random.default_rng(1)
    reasons = []
    for path in originals:
        whole = path.read_bytes()
        for trial in range(40):
            content = bytearray(whole)
            if trial % 2:
                del content[rng.integers(1, len(content)) :]
            else:
                for at in rng.integers(0, min(len(content), 1500), size=rng.integers(1, 20)):
                    content[at] ^= 1 << rng.integers(8)
            broken = tmp_path / f"broken{path.suffix}"
            broken.write_bytes(content)
            try:
                pixels = decode(broken, 16)
            except Undecodable as error:
                reasons.append(error.reason)
            else:
                assert pixels.shape == (16, 16)
                assert pixels.dtype == np.uint8
            if trial % 2 and path.suffix in (".png", ".jpg"):
                assert reason(broken)
    assert len(reasons) > 100
    assert not any("Secret" in text or "MRN" in text for text in reasons)


def test_identifiers_are_not_read(tmp_path, monkeypatch):
    path = dicom(tmp_path / "a.dcm", GREY, bits=8)
    read = []
    original = pydicom.dcmread
    monkeypatch.setattr(pydicom, "dcmread", lambda *a, **k: read.append(original(*a, **k)) or read[-1])
    decode(path, 16)
    assert "Rows" in read[0]
    assert "PatientName" not in read[0]
    assert "PatientID" not in read[0]
