"""Colour, checked against flat colours, Pillow's own decoder, and the colour bars of pydicom's test files."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file

from bench.data.pixels.decode import decode
from tests.data.files import GREY, dicom, reason, saved

COLOUR = np.random.default_rng(1).integers(0, 256, (32, 32, 3), dtype=np.uint8)
#: The bars of pydicom's SC_rgb_* files, ten rows each: middle row → colour. Files in YBR keep it within some units.
BARS = {
    5: (255, 0, 0), 15: (255, 128, 128), 25: (0, 255, 0), 35: (128, 255, 128), 45: (0, 0, 255), 55: (128, 128, 255),
    65: (0, 0, 0), 75: (64, 64, 64), 85: (192, 192, 192), 95: (255, 255, 255),
}  # fmt: skip


def bundled(name):
    return Path(get_testdata_file(name, download=False))


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_colours_come_out_as_they_are(tmp_path, suffix):
    assert np.array_equal(decode(saved(tmp_path / f"a.{suffix}", COLOUR), 32, channels=3), COLOUR)


def test_a_jpeg_in_colour_is_pillows(tmp_path):
    path = saved(tmp_path / "a.jpg", COLOUR, quality=90)
    assert np.array_equal(decode(path, 32, channels=3), np.asarray(Image.open(path)))
    ramp = np.stack(np.broadcast_arrays(*np.ogrid[0:1:1024j, 0:1:1024j], 0.5), axis=2)
    large = saved(tmp_path / "b.jpg", (255 * ramp).astype(np.uint8), quality=95)
    expected = (255 * ramp).reshape(64, 16, 64, 16, 3).mean((1, 3))
    assert np.abs(decode(large, 64, channels=3) - expected).max() <= 3


def test_each_channel_is_shrunk_by_areas(tmp_path):
    expected = COLOUR.reshape(16, 2, 16, 2, 3).mean((1, 3))
    assert np.abs(decode(saved(tmp_path / "a.png", COLOUR), 16, channels=3) - expected).max() <= 1
    path = dicom(tmp_path / "a.dcm", COLOUR, bits=8, **RGB)
    assert np.abs(decode(path, 16, channels=3) - expected).max() <= 1


def test_palettes_and_transparency(tmp_path):
    flat = np.full((4, 4, 3), (200, 100, 50), dtype=np.uint8)
    Image.fromarray(flat).quantize(4).save(tmp_path / "palette.png")
    alpha = saved(tmp_path / "alpha.png", np.dstack([flat, np.zeros((4, 4, 1), dtype=np.uint8)]))
    assert np.array_equal(decode(tmp_path / "palette.png", 4, channels=3), flat)
    assert np.array_equal(decode(alpha, 4, channels=3), flat)


def test_grey_is_repeated(tmp_path):
    wide = np.linspace(0, 65535, 32 * 32).astype(np.uint16).reshape(32, 32)
    files = [
        saved(tmp_path / "a.png", GREY), saved(tmp_path / "a.jpg", GREY), saved(tmp_path / "b.png", wide),
        dicom(tmp_path / "a.dcm", wide, WindowCenter="32768", WindowWidth="65536"),
        dicom(tmp_path / "b.dcm", wide, PhotometricInterpretation="MONOCHROME1"),
    ]  # fmt: skip
    for path in files:
        assert np.array_equal(decode(path, 24, channels=3), np.repeat(decode(path, 24)[..., None], 3, axis=2))


RGB = {"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3, "PlanarConfiguration": 0, "Rows": 32, "Columns": 32}


def test_dicom_rgb_and_its_planes(tmp_path):
    assert np.array_equal(decode(dicom(tmp_path / "a.dcm", COLOUR, bits=8, **RGB), 32, channels=3), COLOUR)
    planes = np.ascontiguousarray(COLOUR.transpose(2, 0, 1))
    path = dicom(tmp_path / "b.dcm", planes, bits=8, **RGB | {"PlanarConfiguration": 1})
    assert np.array_equal(decode(path, 32, channels=3), COLOUR)


def test_dicom_ybr_by_its_definition(tmp_path):
    path = dicom(tmp_path / "a.dcm", COLOUR, bits=8, **RGB | {"PhotometricInterpretation": "YBR_FULL"})
    y, b, r = np.moveaxis(COLOUR.astype(float), 2, 0)
    b, r = b - 128, r - 128
    # PS3.3 C.7.6.3.1.2, solved for red, green and blue.
    expected = np.stack([y + 1.402 * r, y - 0.344136 * b - 0.714136 * r, y + 1.772 * b], axis=2)
    assert np.abs(decode(path, 32, channels=3) - np.clip(expected, 0, 255)).max() <= 0.51


@pytest.mark.parametrize(
    ("name", "off"),
    [("SC_rgb_rle.dcm", 0), ("SC_rgb_rle_16bit.dcm", 0), ("SC_rgb_rle_32bit.dcm", 0), ("SC_rgb_gdcm_KY.dcm", 0),
     ("SC_rgb_dcmtk_+eb+cr.dcm", 1), ("SC_rgb_dcmtk_+eb+cy+n1.dcm", 5), ("SC_rgb_dcmtk_+eb+cy+s2.dcm", 5),
     ("SC_rgb_jpeg_lossy_gdcm.dcm", 5), ("SC_ybr_full_422_uncompressed.dcm", 5)],
)  # fmt: skip
def test_the_colour_bars_of_pydicoms_files(name, off):
    pixels = decode(bundled(name), 100, channels=3)
    for row, colour in BARS.items():
        assert np.abs(pixels[row, 50].astype(int) - colour).max() <= off, row


def test_the_palette_of_pydicoms_file():
    dataset = pydicom.dcmread(bundled("examples_palette.dcm"))
    names = ("Red", "Green", "Blue")
    luts = [np.frombuffer(dataset[f"{name}PaletteColorLookupTableData"].value, "<u2") for name in names]
    stored = np.frombuffer(dataset.PixelData, np.uint8)[: dataset.Rows * dataset.Columns]
    colours = np.stack([lut[stored] / 257 for lut in luts], axis=1).reshape(dataset.Rows, dataset.Columns, 3)
    expected = colours.reshape(50, dataset.Rows // 50, 50, dataset.Columns // 50, 3).mean((1, 3))
    assert np.abs(decode(bundled("examples_palette.dcm"), 50, channels=3) - expected).max() <= 1


def test_dicom_in_colour_is_refused_where_grey_is_wanted():
    assert reason(bundled("SC_rgb_rle.dcm")) == "DICOM file in colour: RGB"
    assert reason(bundled("examples_palette.dcm")) == "DICOM file in colour: PALETTE COLOR"


def test_dicom_in_colours_that_contradict_themselves(tmp_path):
    path = dicom(tmp_path / "a.dcm", GREY, bits=8, **RGB | {"SamplesPerPixel": 1})
    assert reason(path, channels=3) == "DICOM file not understood: 1 samples a pixel in RGB"
    path = dicom(tmp_path / "b.dcm", COLOUR, bits=8, **RGB | {"PixelRepresentation": 1})
    assert reason(path, channels=3) == "DICOM file not understood: colours below zero"
    path = dicom(tmp_path / "c.dcm", COLOUR, bits=8, **RGB | {"PhotometricInterpretation": "YBR_PARTIAL_420"})
    assert reason(path, channels=3) == "DICOM file in colour: YBR_PARTIAL_420"
