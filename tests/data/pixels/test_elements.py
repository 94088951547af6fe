"""Every element of a DICOM header that changes what is seen: absent, empty, odd and valid."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from bench.data.pixels.decode import decode, examine
from bench.data.pixels.done import Done
from bench.data.pixels.grey import windowed
from tests.data.files import dicom, reason
from tests.data.pixels.headers import COLOUR, PADDED, PADDING, RAMP, SIDE, SIGNED, TABLE, WINDOW, W, seen, table


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless])
@pytest.mark.parametrize(("tags", "stored", "expected"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_table(tags, stored, expected, syntax, tmp_path):
    if syntax == RLELossless and (isinstance(expected, str) or None in tags.values()):
        pytest.skip("pydicom does not compress what contradicts itself")
    path = dicom(tmp_path / "a.dcm", stored, bits=12, syntax=syntax, **tags)
    if isinstance(expected, str):
        assert reason(path, SIDE).startswith(expected)
    else:
        assert np.abs(decode(path, SIDE) - expected).max() <= 0.5 + 1e-3


@pytest.mark.parametrize("name", ["WindowCenter", "RescaleSlope", "NumberOfFrames"])
def test_a_number_that_is_none_is_refused_by_its_name(name, tmp_path):
    tags = {"WindowCenter": "7777", "WindowWidth": "9", "RescaleSlope": "7777", "RescaleIntercept": "0"}
    path = dicom(
        tmp_path / "a.dcm", RAMP, bits=12, **({"NumberOfFrames": "7777"} if name == "NumberOfFrames" else tags)
    )
    content = path.read_bytes()
    at = content.index(b"7777", content.index({"RescaleSlope": b"\x28\x00\x53\x10"}.get(name, b"7777")))
    path.write_bytes(content[:at] + b"none" + content[at + 4 :])
    assert reason(path, SIDE) == f"DICOM file not understood: {name} is not a number"


@pytest.mark.parametrize(("value", "written"), [(-2000, 63536), (-1, 65535)])
def test_padding_written_with_the_other_sign(value, written, tmp_path):
    stored = np.where(PADDING, value, SIGNED + 2500).astype("<i2")
    path = dicom(tmp_path / "a.dcm", stored, PixelPaddingValue=value)
    content = path.read_bytes()
    tag = b"\x28\x00\x20\x01"
    assert content.count(tag + b"SS") == 1
    path.write_bytes(content.replace(tag + b"SS", tag + b"US"))
    assert np.abs(decode(path, SIDE) - seen(stored, padding=PADDING)).max() <= 0.5 + 1e-3
    assert written == value % 65536


def test_padding_beyond_the_bits_stored_is_looked_for_there(tmp_path):
    stored = RAMP.copy()
    stored[:, :8] = 65535
    stored[0, 9] = 4095  # as bright as twelve bits can be, and what is left of the padding value in twelve bits
    path = dicom(tmp_path / "a.dcm", stored, bits=12, PixelPaddingValue=65535)
    got = decode(path, SIDE)
    assert not got[:, :8].any()
    assert got[0, 9] == 255
    assert np.abs(got - seen(stored & 4095, padding=stored == 65535)).max() <= 0.5 + 1e-3


def test_the_anatomy_of_a_padded_image_keeps_its_grey_levels(tmp_path):
    plain = decode(dicom(tmp_path / "a.dcm", RAMP), SIDE)
    bordered = RAMP.copy()
    bordered[:, :8] = 65535
    got = decode(dicom(tmp_path / "b.dcm", bordered, PixelPaddingValue=65535), SIDE)
    assert len(np.unique(got[:, 8:])) >= len(np.unique(plain[:, 8:])) - 1
    assert not got[:, :8].any()


RGB = {
    "PhotometricInterpretation": "RGB",
    "SamplesPerPixel": 3,
    "PlanarConfiguration": 0,
    "Rows": SIDE,
    "Columns": SIDE,
}


def test_padding_of_colours_is_no_element_of_theirs(tmp_path):
    path = dicom(tmp_path / "a.dcm", COLOUR, bits=8, PixelPaddingValue=int(COLOUR[0, 0, 0]), **RGB)
    assert np.array_equal(decode(path, SIDE, 3), COLOUR)
    path = dicom(tmp_path / "b.dcm", COLOUR, bits=8, PresentationLUTShape="INVERSE", **RGB)
    assert reason(path, SIDE, channels=3) == "DICOM file not understood: PresentationLUTShape INVERSE in RGB"


def test_padding_of_a_palette_is_black(tmp_path):
    stored = COLOUR[..., 0] // 2
    luts = {}
    for colour in ("Red", "Green", "Blue"):
        luts[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        luts[f"{colour}PaletteColorLookupTableData"] = (257 * np.arange(256)).astype("<u2").tobytes()
    tags = {"PhotometricInterpretation": "PALETTE COLOR", "PixelPaddingValue": 5, **luts}
    got = decode(dicom(tmp_path / "a.dcm", stored, bits=8, **tags), SIDE, 3)
    assert np.array_equal(got, np.repeat(np.where(stored == 5, 0, stored)[..., None], 3, axis=2))


def test_a_compressed_file_of_more_frames_than_its_header_states(tmp_path):
    frames = np.stack([RAMP, RAMP[::-1], RAMP.T])
    path = dicom(tmp_path / "a.dcm", frames, bits=12, syntax=RLELossless, NumberOfFrames=3)
    content = path.read_bytes()
    tag = b"\x28\x00\x08\x00IS\x02\x00"
    assert content.count(tag + b"3 ") == 1
    path.write_bytes(content.replace(tag + b"3 ", tag + b"1 "))
    assert reason(path, SIDE) == "several frames: 3 in one DICOM file whose header states 1"


@pytest.mark.parametrize(
    ("tags", "done"),
    [
        ({}, {Done.WHOLE_RANGE}),
        (WINDOW, {Done.WINDOWED}),
        ({"PixelPaddingValue": 4000, **WINDOW}, {Done.WINDOWED, Done.PADDING}),
        ({"RescaleSlope": "1", "RescaleIntercept": "0"}, {Done.WHOLE_RANGE}),
        ({"RescaleSlope": "2", "RescaleIntercept": "0"}, {Done.WHOLE_RANGE, Done.RESCALED}),
        ({"ModalityLUTSequence": table(), "VOILUTSequence": table()}, {Done.MODALITY_LUT, Done.VOI_LUT}),
        ({"PhotometricInterpretation": "MONOCHROME1"}, {Done.WHOLE_RANGE, Done.INVERTED}),
        ({"PixelSpacing": ["0.2", "0.1"]}, {Done.WHOLE_RANGE, Done.NOT_SQUARE}),
        ({"PixelAspectRatio": ["1", "1"], "PixelSpacing": ["0.2", "0.1"]}, {Done.WHOLE_RANGE}),
        ({"ImagerPixelSpacing": ["0.1", "0.1001"]}, {Done.WHOLE_RANGE}),
        ({"ShutterShape": "CIRCULAR"}, {Done.WHOLE_RANGE, Done.SHUTTER}),
    ],
)
def test_what_was_done_is_told(tags, done, tmp_path):
    path = dicom(tmp_path / "a.dcm", PADDED, bits=12, **tags)
    found = examine(path, SIDE)
    assert set(found.done) == done
    assert np.array_equal(found.pixels, decode(path, SIDE))
    assert set(examine(path, SIDE, 3).done) == done | {Done.AS_COLOUR}


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 4095), min_size=16, max_size=16), st.integers(0, 4095), st.integers(0, 4095),
    st.sampled_from([1.0, -1.0, 2.5]), st.booleans(), st.booleans(),
)  # fmt: skip
def test_padding_of_any_range_has_no_part_in_the_rest(tmp_path_factory, values, one, other, slope, inverse, windows):
    stored = np.array(values, "<u2").reshape(4, 4)
    padding = (stored >= min(one, other)) & (stored <= max(one, other))
    tags: dict[str, Any] = {"PixelPaddingValue": one, "PixelPaddingRangeLimit": other}
    tags |= {"RescaleSlope": str(slope), "RescaleIntercept": "3"} | (WINDOW if windows else {})
    tags["PhotometricInterpretation"] = "MONOCHROME1" if inverse else "MONOCHROME2"
    got = decode(dicom(tmp_path_factory.mktemp("p") / "a.dcm", stored, bits=12, **tags), 4)
    assert not got[padding].any()
    if windows or np.unique(stored[~padding]).size > 1:
        expected = seen(stored, slope, 3, W if windows else None, "LINEAR", padding, inverse)
        assert np.abs(got - expected).max() <= 0.5 + 1e-3


@settings(max_examples=60, deadline=None)
@given(st.floats(-3000, 3000), st.floats(1, 6000), st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]))
def test_a_window_rises_from_black_to_white(center, width, function):
    unit = windowed(np.arange(-20000, 9000, 7.0), center, width, function)
    assert unit.dtype == np.float32
    assert 0 <= unit.min() <= unit.max() <= 1
    assert (np.diff(unit) >= 0).all()
