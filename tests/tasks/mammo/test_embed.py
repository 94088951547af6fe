from functools import partial
from pathlib import Path

import numpy as np
import pytest
from bench.builtin.tasks.mammo import Mammo
from bench.builtin.tasks.mammo.embed import DATASET, EmbedOptions, read

from bench.data import cohorts
from tests.miniatures import PATIENTS, Miniature, balanced, refused, refused_without, touch, write_rows

CLINICAL, METADATA = "tables/EMBED_OpenData_clinical.csv", "tables/EMBED_OpenData_metadata.csv"
OPTIONS = EmbedOptions()
SCREEN, DIAGNOSTIC = "MG Screening Bilateral w/CAD", "MG Diagnostic Mammo Bilateral"


def finding(exam="1", patient="9", asses="N", side="", severity="", date="2015-03-02", **others):
    return {
        "empi_anon": patient, "acc_anon": exam, "study_date_anon": f"{date} 00:00:00", "desc": SCREEN, "asses": asses,
        "tissueden": "2.0", "numfind": "1", "side": side, "path_severity": severity, "age_at_study": "51.2",
        "ETHNICITY_DESC": "African American  or Black", "ETHNIC_GROUP_DESC": "Non-Hispanic or Latino", **others,
    }  # fmt: skip


def image(name="a", exam="1", patient="9", side="L", **others):
    return {
        "anon_dicom_path": f"/mnt/NAS2/mammo/anon_dicom/cohort_1/{patient}/{exam}/{name}.dcm", "empi_anon": patient,
        "acc_anon": exam, "FinalImageType": "2D", "ImageLateralityFinal": side, "ViewPosition": "CC", "spot_mag": "",
        "ROI_coords": "()", "num_roi": "0", **others,
    }  # fmt: skip


def copy_of(root, findings, images, below="", missing=()):
    write_rows(root / CLINICAL, findings)
    write_rows(root / METADATA, images)
    paths = [below + row["anon_dicom_path"][len("/mnt/NAS2/mammo/anon_dicom/") :] for row in images]
    touch(root, [path for path in paths if not path.endswith(tuple(f"{name}.dcm" for name in missing))])
    return root


def one_label(root, name, *findings, side="L", options=OPTIONS):
    """The target of one image of exam 1, left side unless told."""
    return read(copy_of(root, findings, [image(side=side)]), options).table[name].iloc[0]


def test_a_row_an_image_whatever_the_number_of_findings(tmp_path):
    findings = [finding(side="L"), finding(side="L", asses="B", numfind="2"), finding(side="R")]
    images = [image("a"), image("b", side="R", ViewPosition="MLO")]
    table = balanced(read(copy_of(tmp_path, findings, images), OPTIONS), 2).table
    assert table["image"].tolist() == ["cohort_1/9/1/a.dcm", "cohort_1/9/1/b.dcm"]
    assert table["view"].tolist() == ["CC", "MLO"]
    assert table["density"].tolist() == [2, 2]
    assert table["age"].tolist() == [51.2, 51.2]
    assert table["study"].tolist() == ["1", "1"]
    assert table["patient"].tolist() == ["9", "9"]


def test_findings_belong_to_their_side(tmp_path):
    findings = [finding(side="L", asses="A"), finding(side="R", asses="N")]
    table = read(copy_of(tmp_path, findings, [image("a"), image("b", side="R")]), OPTIONS).table
    assert table["suspicious"].tolist() == [1, 0]
    assert table["no_finding"].tolist() == [0, 1]


@pytest.mark.parametrize("side", ["B", ""])
def test_findings_of_both_sides_or_none_stated_belong_to_both(tmp_path, side):
    root = copy_of(tmp_path, [finding(side=side, asses="A")], [image("a"), image("b", side="R")])
    assert read(root, OPTIONS).table["suspicious"].tolist() == [1, 1]


def test_assessments(tmp_path):
    expected = {"A": (1, 0), "N": (0, 1), "B": (0, 0), "P": (0, 0), "S": (1, 0), "M": (1, 0), "K": (1, 0)}
    findings = [finding(exam=letter, patient=letter, asses=letter) for letter in (*expected, "X", "")]
    findings[-1] |= {"acc_anon": "Z", "empi_anon": "Z"}
    images = [image(exam=letter, patient=letter) for letter in (*expected, "X", "Z")]
    table = read(copy_of(tmp_path, findings, images), OPTIONS).table
    got = list(zip(table["suspicious"], table["no_finding"], strict=True))
    assert got[:-2] == list(expected.values())
    # X is no assessment, as a blank is none.
    assert np.isnan(got[-2:]).all()


def test_the_worst_finding_of_a_breast_counts(tmp_path):
    assert one_label(tmp_path, "suspicious", finding(asses="N"), finding(asses="A", numfind="2")) == 1
    assert one_label(tmp_path, "no_finding", finding(asses="N"), finding(asses="B", numfind="2")) == 0
    assert one_label(tmp_path, "no_finding", finding(asses="N"), finding(asses="X", numfind="2")) == 1
    assert one_label(tmp_path, "suspicious", finding(asses="A"), finding(asses="X", numfind="2")) == 1


@pytest.mark.parametrize(("severity", "cancer"), [("0.0", 1), ("1.0", 1), *((f"{n}.0", 0) for n in range(2, 6))])
def test_pathology(tmp_path, severity, cancer):
    assert one_label(tmp_path, "cancer", finding(asses="A", severity=severity)) == cancer


def test_what_is_neither_proven_nor_cleared_is_unknown(tmp_path):
    for asses in "APSMK":
        assert np.isnan(one_label(tmp_path, "cancer", finding(asses=asses)))
    # Cancer, but not of the breast: it neither proves nor clears.
    assert np.isnan(one_label(tmp_path, "cancer", finding(asses="A", severity="6.0")))
    assert one_label(tmp_path, "cancer", finding(asses="N")) == 0
    assert one_label(tmp_path, "cancer", finding(asses="B")) == 0


def later(date, **others):
    return finding(exam="2", date=date, desc=DIAGNOSTIC, **others)


def test_cancer_within_a_year_of_the_exam(tmp_path):
    def cancer(*findings):
        return one_label(tmp_path, "cancer", finding(asses="A", side="L"), *findings)

    assert cancer(later("2015-03-20", side="L", asses="M", severity="0")) == 1
    assert cancer(later("2016-03-01", side="L", asses="M", severity="1")) == 1
    assert np.isnan(cancer(later("2016-03-02", side="L", asses="M", severity="1")))
    assert np.isnan(cancer(later("2014-12-01", side="L", asses="M", severity="1")))
    assert np.isnan(cancer(later("2015-03-20", side="R", asses="M", severity="0")))
    assert np.isnan(cancer(later("2015-03-20", side="L", asses="M", severity="0", empi_anon="8")))
    assert cancer(later("2015-03-20", side="L", asses="B")) == 0
    assert cancer(later("2015-03-20", side="L", asses="S", severity="4")) == 0


def test_race_strings(tmp_path):
    races = {
        "Caucasian or White": "White", "African American  or Black": "Black", "African American or Black": "Black",
        "Asian": "Asian", "American Indian or Alaskan Native": None, "Native Hawaiian or Other Pacific Islander": None,
        "Multiple": None, "Unknown, Unavailable or Unreported": None, "Not Recorded": None, "Patient Declines": None,
        "": None,
    }  # fmt: skip
    exams = [str(number) for number in range(len(races))]
    findings = [finding(exam, exam, ETHNICITY_DESC=race) for exam, race in zip(exams, races, strict=True)]
    reading = read(copy_of(tmp_path, findings, [image(exam=exam, patient=exam) for exam in exams]), OPTIONS)
    assert reading.table["race"].astype(object).where(reading.table["race"].notna(), None).tolist() == list(
        races.values()
    )
    assert reading.excluded == {}
    assert reading.unknown == {
        f"race set to unknown ({race})": 1
        for race in ("American Indian or Alaskan Native", "Multiple", "Native Hawaiian or Other Pacific Islander")
    }


def test_race_is_in_the_other_column_in_some_releases(tmp_path):
    both = finding(RACE_DESC="Asian", ETHNICITY_DESC="Non-Hispanic")
    assert read(copy_of(tmp_path, [both], [image()]), OPTIONS).table["race"].tolist() == ["Asian"]
    neither = finding()
    del neither["ETHNICITY_DESC"]
    message = refused(read, copy_of(tmp_path, [neither], [image()]), OPTIONS)
    assert "'RACE_DESC' nor 'ETHNICITY_DESC'" in message


def test_two_recorded_races_are_none(tmp_path):
    # The other race stands with an exam of which no image is read.
    findings = [finding(), finding(exam="2", ETHNICITY_DESC="Asian", desc=DIAGNOSTIC)]
    reading = read(copy_of(tmp_path, findings, [image()]), OPTIONS)
    assert reading.table["race"].isna().all()
    assert (reading.excluded, reading.unknown) == ({}, {"race set to unknown (two recorded for the patient)": 1})


def test_density_of_a_male_breast_is_none(tmp_path):
    findings = [finding(str(d), str(d), tissueden=d) for d in ("1", "2.0", "3.0", "4", "5.0", "")]
    findings[-1] |= {"acc_anon": "6", "empi_anon": "6"}
    images = [image(exam=row["acc_anon"], patient=row["acc_anon"]) for row in findings]
    reading = read(copy_of(tmp_path, findings, images), OPTIONS)
    np.testing.assert_array_equal(reading.table["density"], [1, 2, 3, 4, np.nan, np.nan])
    assert (reading.excluded, reading.unknown) == ({}, {"density set to unknown (male breast)": 1})


def test_kinds_of_images_and_exams(tmp_path):
    findings = [finding(), finding(exam="2", desc=DIAGNOSTIC)]
    images = [
        image("a"), image("b", FinalImageType="cview"), image("c", FinalImageType="C-view"),
        image("d", FinalImageType="3D"), image("e", FinalImageType="ROI_SSC"), image("f", exam="2"),
    ]  # fmt: skip
    root = copy_of(tmp_path, findings, images)

    def names(**options):
        return "".join(balanced(read(root, EmbedOptions(**options)), 6).table["image"].str[-5])

    assert names() == "a"
    assert names(image_type="cview") == "bc"
    assert names(image_type="both") == "abc"
    assert names(exams="all") == "af"
    assert read(root, OPTIONS).excluded == {"image type other than 2D": 4, "exam not for screening": 1}


def test_what_is_left_out_is_counted(tmp_path):
    findings = [finding(), finding(exam="2", side="R")]
    images = [
        image("a"), image("a"), image("b", spot_mag="1.0"), image("c", side=""), image("d", exam="7"),
        image("e", exam="2"), image("f", empi_anon=""), image("g"),
    ]  # fmt: skip
    reading = balanced(read(copy_of(tmp_path, findings, images, missing=["g"]), OPTIONS), 8)
    assert reading.table["image"].tolist() == ["cohort_1/9/1/a.dcm"]
    assert reading.excluded == {
        "row repeated": 1,
        "path, patient or exam missing": 1,
        "spot compression or magnification view": 1,
        "side other than L or R": 1,
        "exam or breast not in the clinical table": 2,
        "image file missing": 1,
    }


def test_images_below_a_folder_of_their_own(tmp_path):
    root = copy_of(tmp_path, [finding()], [image()], below="images/")
    assert read(root, OPTIONS).table["image"].tolist() == ["images/cohort_1/9/1/a.dcm"]


def test_the_defaults_of_the_task_work(tmp_path):
    races = ["Caucasian or White", "African American  or Black", "Asian"]
    findings = [
        finding(
            str(i), str(i), asses="NAB"[i // 3 % 3], severity="0" if i % 5 == 0 else "", ETHNICITY_DESC=races[i % 3]
        )
        for i in range(200)
    ]
    images = [image(exam=row["acc_anon"], patient=row["acc_anon"]) for row in findings]
    cohort = cohorts.build(read(copy_of(tmp_path, findings, images), OPTIONS), Mammo, DATASET, image_size=64)
    assert cohort.spec.targets == Mammo.targets
    assert cohort.spec.groups == ("Asian", "Black", "White")
    assert {"density", "view"} <= set(cohort.table)


def test_a_folder_that_lacks_something_says_what(tmp_path):
    says = partial(refused, read, options=OPTIONS)
    assert "EMBED_OpenData_clinical.csv" in says(tmp_path)
    root = copy_of(tmp_path, [finding()], [image()])
    refused_without(
        ["acc_anon", "tissueden", "asses", "path_severity", "desc", "side"], root / CLINICAL, read, root, OPTIONS
    )
    refused_without(["anon_dicom_path", "acc_anon", "FinalImageType", "spot_mag"], root / METADATA, read, root, OPTIONS)
    for column, value in {"asses": "Y", "path_severity": "7", "tissueden": "0", "side": "Q"}.items():
        message = says(copy_of(tmp_path, [finding(**{column: value})], [image()]))
        assert f"'{value}'" in message
        assert repr(column) in message
    assert "'White'" in says(copy_of(tmp_path, [finding(ETHNICITY_DESC="White")], [image()]))
    root = copy_of(tmp_path, [finding()], [image("zz")], missing=["zz"])
    assert "cohort_1/9/1/zz.dcm" in says(root)
    (root / METADATA).unlink()
    assert "EMBED_OpenData_metadata.csv" in says(root)


def miniature(root: Path) -> None:
    white, black = "Caucasian or White", "African American  or Black"
    races = (
        white,
        black,
        "Asian",
        "Multiple",
        "Unknown, Unavailable or Unreported",
        "Not Recorded",
        "Patient Declines",
    )
    findings = [
        finding(str(n), str(n), "NBSAX"[n % 5], side="LRB"[n % 3], severity=("", "0.0", "4.0")[n // 4 % 3],
                ETHNICITY_DESC=races[n % 7])
        for n in range(PATIENTS)
    ]  # fmt: skip
    images = [image(f"i{n}{side}", str(n), str(n), side) for n in range(PATIENTS) for side in "LR"]
    images += [image("cv", "0", "0", FinalImageType="cview"), image("sp", "0", "0", spot_mag="1")]
    copy_of(root, findings, images)


MINIATURE = Miniature(
    miniature,
    tables={
        CLINICAL: ("empi_anon", "acc_anon", "asses", "path_severity", "ETHNICITY_DESC"),
        METADATA: ("anon_dicom_path", "acc_anon", "FinalImageType", "ImageLateralityFinal"),
    },
    words=((CLINICAL, "ETHNICITY_DESC", "African America or Black"),),
)
