"""The CT phantom's own: levels, windows, Hounsfield units, findings of an exam."""

import numpy as np
import pandas as pd
import pytest
from bench.builtin.tasks.ct._phantom_numbers import SCANNERS, WINDOWS, acquire
from bench.builtin.tasks.ct._phantom_patients import FINDINGS, SITES
from bench.builtin.tasks.ct.phantom import PhantomOptions, organ, read, render

OPTIONS = PhantomOptions(patients=120)
HEALTHY = {f"severity_{name}": -1.0 for name in FINDINGS.names}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return read(None, OPTIONS).table.assign(**HEALTHY, window="lung")


@pytest.fixture(scope="module")
def large() -> pd.DataFrame:
    return read(None, PhantomOptions(patients=4000)).table


def drawn(rows: pd.DataFrame, **cells: object) -> np.ndarray:
    return render(rows.assign(**cells), 64, OPTIONS).astype(float)


def test_an_exam_is_slices_from_apex_to_liver(large: pd.DataFrame) -> None:
    assert len(large) == 4 * large["study"].nunique()
    positions = large.groupby("study")["slice_position"].apply(sorted)
    gaps = np.diff(np.stack(positions.to_list()), axis=1)
    assert gaps.min() > 0.05
    assert large["slice_position"].between(0, 1).all()
    of_exam = ["cancer", "true_cancer", "suspicious", "no_finding", "window", "scanner", *HEALTHY]
    assert (large.groupby("study")[of_exam].nunique() == 1).all(axis=None)
    assert (large.groupby("patient")[["race", "sex", "age", "bmi", "site"]].nunique() == 1).all(axis=None)
    for site, (names, _, _) in SITES.items():
        assert set(large.loc[large["site"] == site, "scanner"]) == set(names)


def test_targets_follow_from_findings(large: pd.DataFrame) -> None:
    assert (large["true_suspicious"] >= large["true_cancer"]).all()
    assert (large["true_suspicious"] + large["true_no_finding"] <= 1).all()
    ill = large[(large["true_suspicious"] == 0) & (large["true_no_finding"] == 0)]
    assert ill[["severity_emphysema", "severity_honeycombing"]].max(axis=1).mean() > 2


def test_scanners_choose_their_windows(large: pd.DataFrame) -> None:
    exams = large.drop_duplicates("study")
    shares = (exams["window"] == "lung").groupby(exams["scanner"]).mean()
    for name, scanner in SCANNERS.items():
        assert shares[name] == pytest.approx(scanner.lung, abs=0.05)


def test_the_window_is_dicoms() -> None:
    scanner, (center, width) = SCANNERS["south smooth"], WINDOWS["soft tissue"]
    for shown, grey in ((center - width, 0), (center, 127.5), (center + width, 255)):
        image = acquire(np.full((64, 64), shown), scanner, "soft tissue", np.random.default_rng(0))
        assert image.mean() == pytest.approx(grey, abs=6)


def test_lungs_are_dark_in_one_window_and_black_in_the_other(table: pd.DataFrame) -> None:
    rows = table.iloc[:24]
    inside = organ(rows, 64, OPTIONS)
    lung, soft = (drawn(rows, window=window) for window in ("lung", "soft tissue"))
    assert 30 < lung[inside].mean() < 130
    assert np.median(soft[inside]) == 0
    assert lung[:, 30:34, 30:34].mean() > 150 or soft[:, 30:34, 30:34].mean() > 60


def test_both_lungs_are_there_and_the_liver_takes_the_right_one(table: pd.DataFrame) -> None:
    rows = table.iloc[:16]
    areas = {}
    for level in (0.15, 0.5, 0.95):
        masks = organ(rows.assign(slice_position=level), 64, OPTIONS)
        areas[level] = masks[:, :, :32].mean(), masks[:, :, 32:].mean()
    assert min(areas[0.5]) > 0.06
    assert sum(areas[0.15]) < sum(areas[0.5])
    # The patient's right is on the left of the image.
    assert areas[0.95][0] < 0.6 * areas[0.5][0]


@pytest.mark.parametrize("finding", FINDINGS.names)
def test_a_finding_shows_in_the_lungs_and_more_the_more_severe_it_is(table: pd.DataFrame, finding: str) -> None:
    rows = table.iloc[:24]
    images = [drawn(rows, **{f"severity_{finding}": severity}) for severity in (-1.0, 1.0, 2.0, 4.0)]
    change = [np.abs(image - images[0]).mean() for image in images[1:]]
    assert change == sorted(change)
    assert 0 < change[0] < 0.8 * change[-1]
    np.testing.assert_array_equal(drawn(rows, **{f"severity_{finding}": -2.0}), images[0])
    moved, inside = images[3] - images[0], organ(rows, 64, OPTIONS)
    assert np.abs(moved[inside]).mean() > 5 * np.abs(moved[~inside]).mean()
    assert (moved[inside].mean() < 0) == (finding == "emphysema")


def test_emphysema_is_at_the_top_and_honeycombing_at_the_pleura_of_the_bases(table: pd.DataFrame) -> None:
    rows = table.iloc[:16]

    def change(finding: str, level: float) -> np.ndarray:
        rows_ = rows.assign(slice_position=level)
        moved = np.abs(drawn(rows_, **{f"severity_{finding}": 3.0}) - drawn(rows_))
        return np.asarray([moved[k][mask].mean() for k, mask in enumerate(organ(rows_, 64, OPTIONS))])

    assert change("emphysema", 0.2).mean() > 1.2 * change("emphysema", 0.9).mean()
    assert change("honeycombing", 0.9).mean() > 1.2 * change("honeycombing", 0.2).mean()


def test_slices_of_an_exam_cut_the_same_mass(table: pd.DataFrame) -> None:
    exam = table[table["study"] == table["study"].iloc[0]].sort_values("slice_position")
    added = np.clip(drawn(exam, severity_mass=4.0) - drawn(exam), 0, None)
    seen = added.reshape(4, -1).sum(axis=1) > 2000
    assert seen.sum() >= 2
    down, across = np.indices((64, 64)).reshape(2, -1)
    centers = [np.average(np.stack([down, across]), axis=1, weights=image.ravel()) for image in added[seen]]
    assert np.ptp(np.stack(centers), axis=0).max() < 10


def test_women_have_breasts_at_the_middle_levels_alone(table: pd.DataFrame) -> None:
    rows = table.iloc[:12]
    for level, more in ((0.6, True), (0.1, False)):
        women, men = (drawn(rows, sex=sex, slice_position=level)[:, 4:22].mean() for sex in "FM")
        assert (women > men + 2) == more
