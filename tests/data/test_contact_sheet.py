"""What ``bench data check`` counts of the pixels, and the sheet that it draws."""

import csv
import warnings

import numpy as np
import pytest
from PIL import Image

from bench.data.check import SHOWN, Looked
from bench.data.contact_sheet import sheet
from bench.data.pixels.done import Done
from tests.data.files import dicom
from tests.data.test_check import PHANTOM, run


@pytest.fixture
def hospital(tmp_path):
    root = tmp_path / "hospital"
    root.mkdir()
    grey = np.random.default_rng(0).integers(0, 4000, (16, 16)).astype("<u2")
    grey[:, :4] = 4095
    dicom(root / "padded_$x^2$.dcm", grey, bits=12, PixelPaddingValue=4095)
    dicom(root / "refused.dcm", grey, bits=12, PresentationLUTShape="INVERSE")
    Image.new("L", (16, 16), 7).save(root / "flat.png")
    colour = Image.fromarray(np.dstack([grey, grey // 2, grey // 3]).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    colour.save(root / "turned.png", exif=exif)
    with open(root / "t.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["FILE", "MRN", "EFF", "RACE"])
        names = sorted(path.name for path in root.iterdir() if path.suffix != ".csv")
        writer.writerows([name, f"P{k}", k % 2, "WB"[k % 2]] for k, name in enumerate(names))
    (root / "mapping.yaml").write_text(
        "table: t.csv\nimage: FILE\npatient: MRN\ntargets: {effusion: EFF}\n"
        "race: {column: RACE, values: {W: White, B: Black}}\n"
    )
    return root


def test_what_was_done_is_counted_with_the_first_image(hospital, tmp_path, monkeypatch, capsys):
    arguments = (f"task.root={hospital}", "task.dataset=csv", "task.targets=[effusion]", "task.max_unreadable=0.5")
    code, out, err = run(
        monkeypatch, capsys, "task=cxr", *arguments, "task.image_size=16", f"--sheet={tmp_path / 'sheet.png'}"
    )
    assert "Traceback" not in err
    lines = [" ".join(line.split()) for line in out.splitlines()]
    for kind, first in (
        (Done.FLAT, "flat.png"), (Done.TURNED, "turned.png"), (Done.AS_GREY, "turned.png"),
        (Done.PADDING, "padded_$x^2$.dcm"), (Done.WHOLE_RANGE, "padded_$x^2$.dcm"),
    ):  # fmt: skip
        assert f"{kind} 1 {first}" in lines
    assert "4 images were looked at." in " ".join(lines)
    assert any("refused.dcm (DICOM file not understood" in line for line in lines)
    assert str(tmp_path / "sheet.png") in out.replace("\n", "")
    with Image.open(tmp_path / "sheet.png") as drawn:
        assert drawn.format == "PNG"
        assert drawn.width > drawn.height > 300
    assert code == 2  # four patients are too few to train on, which is told beside


def test_a_phantom_has_nothing_done_and_is_called_synthetic(tmp_path, monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, *PHANTOM, "--sample=9", f"--sheet={tmp_path / 'a.png'}")
    assert "Nothing was done to their pixels but to bring them to their size." in out
    assert code == 0
    assert (tmp_path / "a.png").stat().st_size > 10_000
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("name", ["a.jpg", "nowhere/a.png"])
def test_a_sheet_that_cannot_be_written_is_refused_before_anything_is_read(name, tmp_path, monkeypatch, capsys):
    code, out, err = run(monkeypatch, capsys, *PHANTOM, f"--sheet={tmp_path / name}")
    assert code == 2
    assert out == ""
    assert err.splitlines()[-1].startswith("error: --sheet=")


def test_the_sheet_shows_pixels_names_and_reasons():
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    odd = Looked("folder/" + "x" * 60 + "_$1^$_\x1b[31m.png", (Done.TURNED,), pixels=pixels)
    looked = [odd, Looked("b.dcm", reason="file missing"), *[Looked(f"{k}.png", pixels=pixels) for k in range(90)]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = sheet(looked, "a set")
    assert len(figure.axes) == SHOWN
    assert np.array_equal(figure.axes[0].images[0].get_array(), pixels)
    assert not figure.axes[1].images
    texts = [text.get_text() for text in figure.texts]
    assert f"{SHOWN} of {len(looked)} images looked at, as the network is shown them" in texts
    assert str(Done.TURNED) in texts
    assert "file missing" in texts
    assert not any("\x1b" in text for text in texts)
    assert any(text.startswith("…") and text.endswith("[31m.png") for text in texts)
