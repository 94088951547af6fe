from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bench.data.pixels import dicom_tags
from bench.data.pixels.dicom_tags import read_tags
from tests.miniatures import dicom, picture


def test_only_what_is_asked_for_and_nothing_of_broken_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dicom(tmp_path / "a.dicom", PatientSex="F", PatientAge="058Y", PatientName="Doe^Jane")
    dicom(tmp_path / "blank.dicom", PatientSex="", PatientAge="")
    picture(tmp_path / "c.png")
    (tmp_path / "cut.dicom").write_bytes((tmp_path / "a.dicom").read_bytes()[:200])
    images = pd.Series(["a.dicom", "blank.dicom", "c.png", "cut.dicom", "gone.dicom"], index=[9, 8, 7, 6, 5])
    found = read_tags(tmp_path, images, ["PatientSex", "PatientAge"])
    assert found.index.tolist() == [9, 8, 7, 6, 5]
    assert found.loc[9].tolist() == ["F", "058Y"]
    assert found.iloc[1:].isna().all(axis=None)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(dicom_tags, "_MANY", 5)
    pd.testing.assert_frame_equal(read_tags(tmp_path, images, ["PatientSex", "PatientAge"]), found)
    assert "DICOM headers: 5 of 5" in capsys.readouterr().err


def test_no_name_id_or_date(tmp_path: Path) -> None:
    for tag in ("PatientName", "PatientID", "StudyDate"):
        with pytest.raises(ValueError, match=tag):
            read_tags(tmp_path, pd.Series([], dtype=object), [tag])
