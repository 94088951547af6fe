"""``bench data check`` on data sets that are well, doubtful and wrong."""

import dataclasses
import sys

import numpy as np
import pytest
from PIL import Image

from bench.cli import main
from bench.config import compose
from bench.data.check import check, warnings_of
from bench.data.cohorts.chosen import choose
from bench.records import Attrition, Cell
from tests.tasks_for_tests import replaced_dataset

PHANTOM = ("task=cxr", "task.patients=200", "task.image_size=32")


def run(monkeypatch, capsys, *arguments):
    """The exit code of ``bench data check …``, what it printed, and the error."""
    monkeypatch.setattr(sys, "argv", ["bench", "data", "check", *arguments])
    try:
        main()
    except SystemExit as end:
        code = end.code
    else:
        code = 0
    said = capsys.readouterr()
    return code or 0, said.out, said.err


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    """NIH ChestX-ray14 with 120 patients of an image each."""
    root = tmp_path_factory.mktemp("nih")
    header = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position\n"
    findings = ("No Finding", "Effusion", "Cardiomegaly|Infiltration", "Effusion|Mass")
    rows = [f"{i:08d}_000.png,{findings[i % 4]},0,{i},{30 + i % 50},{'MF'[i // 4 % 2]},PA\n" for i in range(1, 121)]
    (root / "Data_Entry_2017_v2020.csv").write_text(header + "".join(rows) + "junk.png,No Finding,0,7,40,M,LL\n")
    (root / "images").mkdir()
    for i in range(1, 121):
        picture = np.random.default_rng(i).integers(0, 256, (8, 8), dtype=np.uint8)
        Image.fromarray(picture).save(root / "images" / f"{i:08d}_000.png")
    return root


@pytest.fixture
def spoilt(hospital):
    """Write into some of the hospital's files; they are mended in the end."""
    before = {}

    def spoil(numbers, content):
        for number in numbers:
            file = hospital / "images" / f"{number:08d}_000.png"
            before.setdefault(file, file.read_bytes())
            file.write_bytes(content)

    yield spoil
    for file, content in before.items():
        file.write_bytes(content)


def nih(hospital):
    targets = "task.targets=[effusion,cardiomegaly,opacity,no_finding]"
    options = ("task.dataset=nih_cxr14", f"task.root={hospital}", "task.protected=sex", "task.image_size=16")
    return ("task=cxr", targets, *options)


def test_a_data_set_that_is_well(hospital, monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, *nih(hospital), "--sample=20")
    assert code == 0
    lines = [line.split() for line in out.splitlines()]
    assert ["in", "the", "data", "set's", "table", "121"] in lines
    assert ["left", "out:", "view", "other", "than", "PA", "or", "AP", "-1"] in lines
    assert "20 images were looked at." in out
    assert "Nothing was found that would make a run wrong." in out
    assert "fewer than the 20 that a score needs" in out  # 120 patients are too few for scores in val


def test_the_sample_is_drawn_by_the_seed(hospital, spoilt):
    spoilt(range(1, 4), b"no image")
    seen = [check(compose([*nih(hospital), f"seed={seed}"]), 30).warnings for seed in (0, 0, 1, 2, 3)]
    assert seen[0] == seen[1]
    assert len({tuple(warnings) for warnings in seen}) > 1


def test_unreadable_images_are_borne_up_to_the_share(hospital, spoilt, monkeypatch, capsys):
    spoilt(range(1, 6), b"no image")
    every = (*nih(hospital), "--sample=1000")
    code, out, _ = run(monkeypatch, capsys, *every)
    assert code == 0
    assert "5 of the 120 images sampled cannot be read: images/00000001_000.png (not a DICOM, PNG" in out
    code, out, err = run(monkeypatch, capsys, *every, "task.max_unreadable=0.04")
    assert code == 2
    assert "in the data set's table" in out
    assert err.splitlines()[-1].startswith("error: 5 of the 120 images sampled cannot be read")
    assert "No more than 0.04 of them" in err


def test_every_file_is_looked_for(hospital, spoilt):
    spoilt(range(1, 11), b"")
    found = check(compose(list(nih(hospital))), 1)
    assert [error[:34] for error in found.errors] == ["10 of the 120 images cannot be read"[:34]]
    assert "images/00000001_000.png (empty file)" in found.errors[0]


def test_blank_images_are_told(hospital, spoilt, tmp_path):
    Image.fromarray(np.full((8, 8), 9, dtype=np.uint8)).save(tmp_path / "blank.png")
    spoilt([3, 4], (tmp_path / "blank.png").read_bytes())
    (warning,) = [text for text in check(compose(list(nih(hospital))), 120).warnings if "throughout" in text]
    assert warning == (
        "2 of the 120 images sampled are of one value throughout: 'images/00000003_000.png', 'images/00000004_000.png'."
    )


def copied(hospital, spoilt, *pairs):
    """The image of the first number in the place of the second, of each pair."""
    for first, again in pairs:
        spoilt([again], (hospital / "images" / f"{first:08d}_000.png").read_bytes())


def test_images_that_are_another_again_are_told(hospital, spoilt, monkeypatch, capsys, tmp_path):
    copied(hospital, spoilt, (1, 2), (5, 9), (5, 10))
    every = (*nih(hospital), f"cache_dir={tmp_path}")
    found = check(compose([*every]), 1)
    assert found.doubtful
    told = [text for text in found.warnings if "are the same as another" in text]
    assert sum(int(text.split()[0]) for text in told) == 3
    assert any("images/00000001_000.png and images/00000002_000.png" in text for text in told)
    assert found.compared.startswith("The bytes of all files were compared")
    code, out, _ = run(monkeypatch, capsys, *every, "--sample=3")
    assert code == 0
    assert "a run compares the pixels of all" in " ".join(out.split())
    assert "Nothing was found" not in out


def test_pixels_are_compared_where_the_bytes_are_others(hospital, spoilt, tmp_path):
    image = Image.open(hospital / "images" / "00000007_000.png")
    image.save(tmp_path / "again.png", compress_level=0)
    spoilt([70], (tmp_path / "again.png").read_bytes())
    config = compose([*nih(hospital), f"cache_dir={tmp_path}"])

    def told(sample):
        return [text for text in check(config, sample).warnings if "are the same as another" in text]

    assert told(1) == []
    assert "images/00000007_000.png and images/00000070_000.png" in told(120)[0]
    chosen = choose(config.task)
    chosen.open_images(chosen.cohort(), tmp_path)
    assert told(1) == told(120)
    assert check(config, 1).compared == "The pixels of all images were compared with each other."


def test_broken_and_blank_images_are_not_told_twice(hospital, spoilt, tmp_path):
    Image.fromarray(np.full((8, 8), 9, dtype=np.uint8)).save(tmp_path / "blank.png")
    spoilt([3, 4], (tmp_path / "blank.png").read_bytes())
    spoilt([5, 6], b"no image")
    found = check(compose([*nih(hospital), f"cache_dir={tmp_path}"]), 120)
    assert not [text for text in found.warnings if "are the same as another" in text]
    assert not found.doubtful


def test_patients_written_in_two_ways_are_told(hospital, tmp_path, monkeypatch, capsys):
    (tmp_path / "images").symlink_to(hospital / "images")
    table = (hospital / "Data_Entry_2017_v2020.csv").read_text().splitlines()
    rows = [line.split(",") for line in table[1:-1]]
    spelt = [[*row[:3], f"P{(n + 1) // 2}" if n % 2 else f"p0{(n + 1) // 2}", *row[4:]] for n, row in enumerate(rows)]
    (tmp_path / "Data_Entry_2017_v2020.csv").write_text("\n".join([table[0], *map(",".join, spelt)]) + "\n")
    code, out, _ = run(monkeypatch, capsys, *nih(tmp_path), f"cache_dir={tmp_path}")
    words = " ".join(out.split())
    assert code == 0
    assert "118 patients of 118 images are written like another" in words
    assert "may be 59 persons" in words
    assert "of which patient written like another (kept) 118" in words
    assert "Nothing was found" not in out


def test_what_would_stop_a_run_is_an_error_beside_the_tables(monkeypatch, capsys):
    def one_class(dataset):
        def read(root, options):
            reading = dataset.read(root, options)
            return dataclasses.replace(reading, table=reading.table.assign(effusion=1.0))

        return dataclasses.replace(dataset, read=read)

    replaced_dataset(monkeypatch, one_class)
    code, out, err = run(monkeypatch, capsys, *PHANTOM, "--sample=2")
    assert code == 2
    assert "'effusion' is 1 for all of split 'train'" in err.splitlines()[-1]
    assert "one class of effusion only" in out
    assert "Nothing was found" not in out


def test_a_phantom_that_does_not_render_is_an_error(monkeypatch):
    replaced_dataset(monkeypatch, lambda dataset: dataclasses.replace(dataset, render=lambda *given: 1 / 0))
    found = check(compose(list(PHANTOM)), 2)
    assert "ZeroDivisionError" in found.errors[0]


@pytest.mark.parametrize("arguments", [("task.root=/nowhere", "task.dataset=nih_cxr14"), ("task.targets=[x]",)])
def test_bad_input_is_one_paragraph(arguments, monkeypatch, capsys):
    code, _, err = run(monkeypatch, capsys, *arguments)
    assert code == 2
    assert err.splitlines()[-1].startswith("error: ")


def test_which_groups_are_too_small_to_score():
    def told(split, patients, positive, negative):
        cell = Cell(
            split=split, group="Black", images=100, patients=patients,
            positive={"effusion": positive}, negative={"effusion": negative},
        )  # fmt: skip
        rows = {"rows": 100, "kept": 100, "patients": patients, "excluded": {}, "unknown": {}, "set_to_unknown": {}}
        return warnings_of(Attrition(**rows, cells=[cell]), "race")

    assert told("test", 20, 10, 10) == []
    assert told("test", 19, 50, 50) == ["race Black, test: 19 patients, fewer than the 20 that a score needs."]
    assert "9 positive and 50 negative images of effusion" in told("val", 30, 9, 50)[0]
    assert "one class of effusion only (0 positive and 50 negative images)" in told("train", 30, 0, 50)[0]
    assert told("train", 3, 1, 50) == []
