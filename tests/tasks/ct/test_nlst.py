from functools import partial
from pathlib import Path

import numpy as np
import pytest
from bench.builtin.tasks.ct import ChestCT
from bench.builtin.tasks.ct.nlst import DATASET, NlstOptions, read

from bench.data import cohorts
from tests.miniatures import PATIENTS, Miniature, balanced, refused, refused_without, touch, write_rows

TABLE = "nlst_780_prsn_idc_20210527.csv"
MIDDLE, ALL = NlstOptions(slices="middle"), NlstOptions(slices="all")


def row(pid, race="1", gender="1", age="60", days=("10", "380", "750"), res=("1", "1", "1"), **others):
    return {
        "cen": "AF", "pid": pid, "race": race, "gender": gender, "age": age, "can_scr": "0", "candx_days": "",
        **{f"scr_days{n}": days[n] for n in range(3)}, **{f"scr_res{n}": res[n] for n in range(3)}, **others,
    }  # fmt: skip


def scan(pid, exam=0, slices=3, series="1.000000-0OPAGELSQXD3602.512080.00.11.5-56765", root="NLST"):
    folder = f"{root}/{pid}/01-02-{1999 + exam}-NLST-LSS-55322/{series}"
    return [f"{folder}/1-{number:03d}.dcm" for number in range(1, slices + 1)]


def copy_of(root, rows, *scans, name=TABLE):
    write_rows(root / name, rows)
    touch(root, [path for paths in scans for path in paths])
    return root


def labels_of(root, name, options=MIDDLE, **columns):
    """The target of the scans at T0 of participants, each with one of these values."""
    rows = [
        row(str(i), **dict(zip(columns, values, strict=True)))
        for i, values in enumerate(zip(*columns.values(), strict=True))
    ]
    copy_of(root, rows, *(scan(row["pid"]) for row in rows))
    return read(root, options).table[name].tolist()


def test_slices_of_an_exam_share_its_study(tmp_path):
    root = copy_of(tmp_path, [row("100", race="2")], scan("100"), scan("100", exam=1))
    table = balanced(read(root, ALL), 6).table
    assert table["study"].unique().tolist() == [
        "100/01-02-1999-NLST-LSS-55322",
        "100/01-02-2000-NLST-LSS-55322",
    ]
    assert table.groupby("study").size().tolist() == [3, 3]
    assert table["image"].iloc[0] == scan("100")[0]
    assert set(table["patient"]) == {"100"}
    assert set(table["race"]) == {"Black"}
    # 380 days after the first, which was 10 days after the age was recorded.
    assert table["age"].tolist() == [60, 60, 60, 61, 61, 61]


def test_slices_are_chosen(tmp_path):
    root = copy_of(tmp_path, [row("1"), row("2")], scan("1", slices=25), scan("2", slices=7))

    def numbers(**options):
        reading = balanced(read(root, NlstOptions(**options)), 32)
        images = reading.table["image"]
        return [images[images.str.contains(f"NLST/{pid}/")].str[-7:-4].astype(int).tolist() for pid in "12"]

    assert numbers() == [[3, 13, 23], [4]]
    assert numbers(slices="middle") == [[13], [4]]
    assert numbers(every_n=6) == [[1, 7, 13, 19, 25], [4]]
    assert numbers(slices="all") == [list(range(1, 26)), list(range(1, 8))]
    assert read(root, NlstOptions()).excluded == {"slice not chosen (slices=every_n)": 28}


def test_slices_are_ordered_by_number(tmp_path):
    folder = "NLST/1/01-02-1999-NLST-LSS-1/series"
    root = copy_of(tmp_path, [row("1")], [f"{folder}/1-{number}.dcm" for number in range(1, 12)])
    assert read(root, MIDDLE).table["image"].tolist() == [f"{folder}/1-6.dcm"]


def test_the_longest_series_of_an_exam_is_taken(tmp_path):
    localizer = scan("1", slices=2, series="0.000000-0OPAGELSLOC")
    reading = balanced(read(copy_of(tmp_path, [row("1")], localizer, scan("1", slices=9)), ALL), 11)
    assert len(reading.table) == 9
    assert reading.excluded == {"slice of another series of the exam": 2}


def test_cancer_within_a_year_of_the_scan(tmp_path):
    # The scan is on day 10.
    given = {
        "can_scr": ["0", "1", "2", "4", "1", "1", "0", "", ".M"],
        "candx_days": ["", "10", "375", "376", "", ".M", "100", "", ""],
    }
    expected = [0, 1, 1, 0, np.nan, np.nan, np.nan, np.nan, np.nan]
    np.testing.assert_array_equal(labels_of(tmp_path, "cancer", **given), expected)


def test_who_was_not_followed_for_a_year_is_unknown(tmp_path):
    given = {"fup_days": ["375", "374", "", "100"], "can_scr": ["0", "0", "0", "1"], "candx_days": ["", "", "", "50"]}
    np.testing.assert_array_equal(labels_of(tmp_path, "cancer", **given), [0, np.nan, 0, 1])


def test_results_of_the_screen(tmp_path):
    codes = ["1", "2", "3", "4", "5", "6", "10", ""]
    results = {"res": [(code, "", "") for code in codes]}
    expected = [0, 0, 0, 1, 1, 1, np.nan, np.nan]
    np.testing.assert_array_equal(labels_of(tmp_path, "suspicious", **results), expected)
    expected = [1, 0, 0, 0, 0, 0, np.nan, np.nan]
    np.testing.assert_array_equal(labels_of(tmp_path, "no_finding", **results), expected)


def test_a_scan_after_the_diagnosis_is_left_out(tmp_path):
    rows = [
        row("1", can_scr="1", candx_days="100"),
        row("2", days=("10", ".E", ".N"), can_scr="1", candx_days="20"),
        row("3", days=(".N", "380", "750")),
    ]
    scans = [scan(pid, exam, slices=2) for pid in "123" for exam in (0, 1)]
    reading = balanced(read(copy_of(tmp_path, rows, *scans), ALL), 12)
    assert reading.excluded == {"scan after the diagnosis": 4}
    # A scan without a date has no age and no answer.
    unknown = reading.table[reading.table["age"].isna()]
    assert set(unknown["patient"]) == {"3"}
    assert unknown["cancer"].isna().all()
    assert len(unknown) == 2


def test_races_beyond_the_groups_are_counted(tmp_path):
    codes = ["1", "2", "3", "4", "5", "6", "7", "95", "98", "99", ""]
    rows = [row(str(i), race=code) for i, code in enumerate(codes)]
    reading = balanced(read(copy_of(tmp_path, rows, *(scan(str(i)) for i in range(11))), MIDDLE), 33)
    by_patient = reading.table.set_index("patient")["race"]
    assert by_patient[["0", "1", "2"]].tolist() == ["White", "Black", "Asian"]
    assert by_patient.isna().sum() == 8
    assert reading.excluded == {"slice not chosen (slices=middle)": 22}
    assert reading.unknown == {
        f"race set to unknown ({race})": 1
        for race in ("more than one", "American Indian or Alaska Native", "Native Hawaiian or Other Pacific Islander")
    }


def test_what_is_left_out_is_counted(tmp_path):
    undated = [f"NLST/1/1.2.840.113654/series/1-{number}.dcm" for number in range(4)]
    root = copy_of(tmp_path, [row("1")], scan("1"), scan("2"), undated)
    reading = balanced(read(root, ALL), 10)
    assert reading.excluded == {
        "exam without a year (1999 to 2001) in its folder's name": 4,
        "participant not in the table": 3,
    }


def test_downloads_in_manifests(tmp_path):
    scans = [scan("1", root="manifest-1/NLST"), scan("2", root="manifest-2/NLST")]
    root = copy_of(tmp_path, [row("1"), row("2")], *scans, name="participant_d040722.csv")
    assert read(root, ALL).table["patient"].nunique() == 2


def test_the_defaults_of_the_task_work(tmp_path):
    rows = [
        row(str(i), race=str(1 + i % 3), gender=str(1 + i % 2), res=(str(1 + i // 3 % 6), "1", "1"),
            can_scr=str(i // 2 % 2), candx_days="100" if i // 2 % 2 else "")
        for i in range(240)
    ]  # fmt: skip
    root = copy_of(tmp_path, rows, *(scan(row["pid"], slices=2) for row in rows))
    cohort = cohorts.build(balanced(read(root, NlstOptions()), 480), ChestCT, DATASET, image_size=64)
    assert (len(cohort), cohort.rows_in, cohort.excluded) == (240, 480, {"slice not chosen (slices=every_n)": 240})
    assert cohort.spec.targets == ChestCT.targets
    assert cohort.spec.groups == ("Asian", "Black", "White")


def test_a_folder_that_lacks_something_says_what(tmp_path):
    says = partial(refused, read, options=MIDDLE)
    assert "nlst_780_prsn*.csv" in says(tmp_path)
    root = copy_of(tmp_path, [row("1")])
    assert "1999 to 2001" in says(root)
    copy_of(tmp_path, [row("1")], scan("1"))
    refused_without(["pid", "race", "scr_res2", "scr_days0", "candx_days", "can_scr"], root / TABLE, read, root, MIDDLE)
    assert "'8'" in says(copy_of(tmp_path, [row("1", race="8")]))
    assert "'9'" in says(copy_of(tmp_path, [row("1", res=("9", "1", "1"))]))
    assert "'3'" in says(copy_of(tmp_path, [row("1", gender="3")]))
    assert "'5'" in says(copy_of(tmp_path, [row("1", can_scr="5")]))
    assert "participant 1" in says(copy_of(tmp_path, [row("1"), row("1", age="61")]))
    assert "of a participant" in says(copy_of(tmp_path, [row("7")]))
    write_rows(tmp_path / "nlst_780_prsn_2.csv", [row("1")])
    assert "several files" in says(tmp_path)
    with pytest.raises(ValueError, match="every_n"):
        NlstOptions(every_n=1)


def miniature(root: Path) -> None:
    rows = [
        row(str(n), race=("1", "2", "3", "6", "99")[n % 5], gender=str(1 + n // 2 % 2),
            res=(str(1 + n % 6), "1", "1"), can_scr=str(n // 3 % 2), candx_days="100" if n // 3 % 2 else "")
        for n in range(PATIENTS)
    ]  # fmt: skip
    copy_of(root, rows, *(scan(row["pid"], slices=2) for row in rows))


MINIATURE = Miniature(
    miniature,
    tables={TABLE: ("pid", "race", "gender", "age", "can_scr", "candx_days", "scr_res0")},
    words=((TABLE, "race", "8"), (TABLE, "gender", "3")),
    listed=False,
)
