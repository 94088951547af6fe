"""Frames, bits and compressed transfer syntaxes of DICOM, against pydicom's files and the definitions of PS3.3."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.pixels import get_decoder
from pydicom.sequence import Sequence

from bench.data.pixels.decode import decode
from bench.data.pixels.frames import split_frame
from tests.data.files import dicom, reason

RNG = np.random.default_rng(2)
FRAMES = RNG.integers(0, 4096, (3, 32, 32), dtype=np.uint16)
WINDOW = {"WindowCenter": "2048", "WindowWidth": "4096"}


def bundled(name):
    return Path(get_testdata_file(name, download=False))


def item(**tags):
    made = Dataset()
    for name, value in tags.items():
        setattr(made, name, value)
    return Sequence([made])


@pytest.mark.parametrize(
    ("image", "expected"),
    [("a/b.dcm", ("a/b.dcm", None)), ("b.dcm#frame=12", ("b.dcm", 12)), ("b#1.dcm", ("b#1.dcm", None)),
     ("b.dcm#frame=x", ("b.dcm#frame=x", None)), ("#frame=1", ("#frame=1", None))],
)  # fmt: skip
def test_a_frame_stands_behind_the_path(image, expected):
    assert split_frame(image) == expected


def test_a_frame_is_chosen_by_its_number_and_only_so(tmp_path):
    path = dicom(tmp_path / "a.dcm", FRAMES, bits=12, NumberOfFrames=3, **WINDOW)
    assert reason(path).startswith("several frames: 3 in one DICOM file")
    for number, frame in enumerate(FRAMES, start=1):
        assert np.array_equal(decode(path, 32, frame=number), np.rint(frame / 4095 * 255))
    assert reason(path, frame=4) == "no such frame: 4 of 3"
    assert reason(path, frame=0) == "no such frame: 0 of 3"
    single = dicom(tmp_path / "b.dcm", FRAMES[0], bits=12, **WINDOW)
    assert np.array_equal(decode(single, 32, frame=1), decode(single, 32))
    assert reason(single, frame=2) == "no such frame: 2 of 1"


def test_a_page_of_a_tiff_is_chosen_by_its_number(tmp_path):
    pages = [Image.fromarray((frame // 16).astype(np.uint8)) for frame in FRAMES]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    assert np.array_equal(decode(tmp_path / "a.tif", 32, frame=2), np.asarray(pages[1]))
    assert reason(tmp_path / "a.tif", frame=4) == "no such frame: 4 of 3"


def test_frames_of_a_compressed_file():
    # The second frame of pydicom's file is the negative of the first.
    first, second = (decode(bundled("SC_rgb_rle_2frame.dcm"), 100, channels=3, frame=n) for n in (1, 2))
    assert first.std() > 50
    assert np.array_equal(first, 255 - second)


def test_the_windows_of_an_enhanced_file_are_those_of_the_frame(tmp_path):
    shared = item(
        PixelValueTransformationSequence=item(RescaleSlope="2", RescaleIntercept="-100", RescaleType="US"),
        FrameVOILUTSequence=item(WindowCenter="1000", WindowWidth="2000"),
    )
    each = Sequence([Dataset(), item(FrameVOILUTSequence=item(WindowCenter="500", WindowWidth="300"))[0], Dataset()])
    path = dicom(
        tmp_path / "a.dcm", FRAMES, bits=12, NumberOfFrames=3,
        SharedFunctionalGroupsSequence=shared, PerFrameFunctionalGroupsSequence=each,
    )  # fmt: skip
    for number, (center, width) in enumerate([(1000, 2000), (500, 300), (1000, 2000)], start=1):
        # PS3.3 C.11.2.1.2.1
        expected = np.clip((2.0 * FRAMES[number - 1] - 100 - (center - 0.5)) / (width - 1) + 0.5, 0, 1) * 255
        assert np.abs(decode(path, 32, frame=number) - expected).max() <= 0.5 + 1e-3


def test_bits_beyond_those_stored_are_not_looked_at(tmp_path):
    clean = decode(dicom(tmp_path / "a.dcm", FRAMES[0], bits=12, **WINDOW), 32)
    assert np.array_equal(decode(dicom(tmp_path / "b.dcm", FRAMES[0] | 0xA000, bits=12, **WINDOW), 32), clean)


def test_signed_values_of_twelve_bits(tmp_path):
    signed = (FRAMES[0].astype(int) - 2048).astype(np.int16)
    unextended = (signed & 0x0FFF).astype(np.uint16)  # the four upper bits do not repeat the sign
    window = {"WindowCenter": "0", "WindowWidth": "4096"}
    clean = decode(dicom(tmp_path / "a.dcm", signed, bits=12, **window), 32)
    assert np.array_equal(clean, np.rint(FRAMES[0] / 4095 * 255))
    path = dicom(tmp_path / "b.dcm", unextended, bits=12, PixelRepresentation=1, **window)
    assert np.array_equal(decode(path, 32), clean)


def test_bits_stored_at_the_upper_end_are_refused(tmp_path):
    # Retired from the standard; pydicom would take the lower twelve bits of sixteen.
    path = dicom(tmp_path / "a.dcm", FRAMES[0] << 4, bits=12, HighBit=15)
    assert reason(path) == "DICOM file not understood: its 12 bits stored end at bit 15"


def test_a_border_and_a_marker_stay_as_they_are(tmp_path):
    framed = np.zeros((32, 32), dtype=np.uint16)
    framed[8:-8, 8:-8], framed[2:5, 2:5] = 1000, 4095
    got = decode(dicom(tmp_path / "a.dcm", framed, bits=12, **WINDOW), 32)
    assert np.array_equal(got, np.rint(framed / 4095 * 255))


def test_the_first_of_two_windows_of_pydicoms_overlay_file():
    dataset = pydicom.dcmread(bundled("examples_overlay.dcm"))
    stored = np.frombuffer(dataset.PixelData, "<u2").reshape(dataset.Rows, dataset.Columns) & 0x0FFF
    shown = np.clip((stored - (450 - 0.5)) / (790 - 1) + 0.5, 0, 1) * 255
    expected = shown.reshape(4, dataset.Rows // 4, 4, dataset.Columns // 4).mean((1, 3))
    assert np.abs(decode(bundled("examples_overlay.dcm"), 4) - expected).max() <= 0.5 + 1e-3


#: Files of pydicom that a plain installation does not decode, and the same picture in another syntax, where there is.
COMPRESSED = [
    ("MR_small_jpeg_ls_lossless.dcm", "MR_small.dcm", 1),
    ("SC_rgb_jpeg_gdcm.dcm", "SC_rgb_rle.dcm", 3),
    ("JPGExtended.dcm", None, 1),
]


@pytest.mark.parametrize(("name", "twin", "channels"), COMPRESSED)
def test_a_plugin_that_is_lacking_is_named_and_one_that_is_there_is_used(name, twin, channels):
    decoder = get_decoder(pydicom.dcmread(bundled(name)).file_meta.TransferSyntaxUID)
    if decoder.missing_dependencies and not any("pylibjpeg" in plugin for plugin in decoder.available_plugins):
        said = reason(bundled(name), channels=channels)
        assert "mitigation-bench[dicom]" in said
        assert decoder.UID.name in said
    elif twin:
        assert np.array_equal(decode(bundled(name), 64, channels), decode(bundled(twin), 64, channels))
    else:
        assert decode(bundled(name), 64).std() > 5
