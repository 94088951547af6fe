"""``bench data export``: a phantom in DICOM files, read back by the project's own reader of pixels."""

from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
import pytest

from bench.config import compose
from bench.data.cohorts.chosen import choose
from bench.data.export import export
from bench.data.export import rendering as module
from bench.data.export.dicom import Kind, made
from bench.data.pixels.decode import decode
from bench.errors import BenchError
from bench.task import Dataset
from tests.tasks_for_tests import replaced_dataset

SIZE = 32
CONFIG = compose(["task=cxr", "task.patients=60", f"task.image_size={SIZE}"])


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """The folder, the table beside it, and the cohort it is of."""
    out = tmp_path_factory.mktemp("out") / "export"
    table = pd.read_csv(export(CONFIG, out), dtype={"patient": str})
    return out, table, choose(CONFIG.task).cohort(checked=False).table


def contents(folder: Path):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.suffix == ".dcm"}


def test_every_image_reads_back_to_its_pixels(exported):
    out, table, cohort = exported
    chosen = choose(CONFIG.task)
    pixels = chosen.dataset.render(cohort, SIZE, chosen.options)
    assert len(table) == len(contents(out)) == len(pixels) > 70
    for image, rendered in zip(table["image"], pixels, strict=True):
        assert np.array_equal(decode(out / image, SIZE), rendered)


def test_the_files_are_valid_and_say_what_the_table_says(exported, monkeypatch):
    monkeypatch.setattr(pydicom.config.settings, "reading_validation_mode", pydicom.config.RAISE)
    out, table, _ = exported
    found = []
    for row in table.to_dict("records"):
        dataset = pydicom.dcmread(out / row["image"])
        for element in dataset.iterall():
            assert element.value is not None or element.is_empty
        assert (dataset.PatientID, dataset.PatientSex, dataset.EthnicGroup) == (row["patient"], row["sex"], row["race"])
        assert int(dataset.PatientAge.removesuffix("Y")) == row["age"]
        assert (dataset.ViewPosition, dataset.BodyPartExamined) == (row["view"], "CHEST")
        assert "synthetic" in dataset.Manufacturer
        assert (dataset.BitsAllocated, dataset.BitsStored, dataset.BurnedInAnnotation) == (16, 12, "NO")
        assert dataset.file_meta.TransferSyntaxUID == pydicom.uid.ExplicitVRLittleEndian
        found.append((dataset.PhotometricInterpretation, dataset.PresentationLUTShape, dataset.Modality))
        found[-1] += (dataset.SOPInstanceUID, dataset.StudyInstanceUID, dataset.SOPClassUID.name)
    kinds = pd.DataFrame(found, columns=["photometric", "shape", "modality", "image", "study", "object"])
    assert set(zip(kinds["photometric"], kinds["shape"], strict=True)) == {
        ("MONOCHROME1", "INVERSE"), ("MONOCHROME2", "IDENTITY"),
    }  # fmt: skip
    objects = {"CR": "Computed Radiography Image Storage", "DX": "Digital X-Ray Image Storage - For Presentation"}
    assert (kinds["modality"].map(objects) == kinds["object"]).all()
    assert kinds["image"].is_unique
    assert kinds["study"].nunique() == table["study"].nunique()
    assert kinds.groupby(table["study"])["study"].nunique().eq(1).all()


def test_the_table_is_the_cohorts(exported):
    _, table, cohort = exported
    hidden = set(choose(CONFIG.task).dataset.drawn_from)
    assert list(table) == [column for column in cohort if column not in hidden]
    assert {"image", "patient", "study", "split", "effusion", "true_effusion", "race", "sex", "age"} <= set(table)
    for column in table.columns.drop("image"):
        assert (table[column] == cohort[column].to_numpy()).all(), column


def test_the_same_again_costs_nothing_and_what_is_torn_is_made_again(exported, tmp_path, monkeypatch):
    out, table, _ = exported
    before = contents(out)
    torn, gone = out / table["image"][0], out / table["image"][70]
    torn.write_bytes(torn.read_bytes()[:-100])
    gone.unlink()
    made_again = []
    write = module.Folder.write
    monkeypatch.setattr(
        module.Folder, "write", lambda self, start, *a: made_again.append(start) or write(self, start, *a)
    )
    monkeypatch.setattr("bench.data.export.rendering.os.cpu_count", lambda: 1)
    export(CONFIG, out)
    assert made_again == [0, 64]
    export(CONFIG, out)
    assert made_again == [0, 64]
    assert contents(out) == before
    assert not [path for path in out.rglob("*") if "partial" in path.name]


def test_a_folder_that_holds_anything_else_is_left_alone(exported, tmp_path):
    (tmp_path / "letter.txt").touch()
    with pytest.raises(BenchError, match="holds files that are no export"):
        export(CONFIG, tmp_path)
    assert not (tmp_path / "export.json").exists()
    with pytest.raises(BenchError, match="holds another export"):
        export(compose(["task=cxr", "task.patients=61", f"task.image_size={SIZE}"]), exported[0])
    with pytest.raises(BenchError, match="no folder that files can be written to"):
        export(CONFIG, tmp_path / "letter.txt")


def test_a_data_set_in_files_is_not_exported(monkeypatch, tmp_path):
    replaced_dataset(monkeypatch, lambda phantom: Dataset(phantom.name, phantom.summary, phantom.read, phantom.options))
    with pytest.raises(BenchError, match="lies in files already"):
        export(CONFIG, tmp_path / "out")
    assert not (tmp_path / "out").exists()


ROW = {"image": "a/b 1", "patient": "..", "study": "s", "age": np.nan, "sex": np.nan}


def test_names_that_are_no_file_names():
    assert module.file_of(ROW) == "images/%2E./a%2Fb%201.dcm"


def saved(path, pixels, modality="DX"):
    made(ROW, pixels, Kind("", modality, "")).save_as(path, enforce_file_format=True)
    return path


@pytest.mark.parametrize("size", [8, 9])
def test_colour_reads_back_too(tmp_path, size):
    pixels = np.random.default_rng(0).integers(0, 256, (size, size, 3), dtype=np.uint8)
    path = saved(tmp_path / "a.dcm", pixels)
    assert np.array_equal(decode(path, size, channels=3), pixels)
    assert pydicom.dcmread(path).Modality == "XC"


def test_what_is_no_radiograph_is_a_secondary_capture_and_unknown_stays_empty(tmp_path):
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    dataset = pydicom.dcmread(saved(tmp_path / "a.dcm", pixels, "CT"))
    assert (dataset.Modality, dataset.SOPClassUID.name) == ("CT", "Secondary Capture Image Storage")
    assert (dataset.PatientAge, dataset.PatientSex) == ("", "")
    assert np.array_equal(decode(tmp_path / "a.dcm", 16), pixels)
