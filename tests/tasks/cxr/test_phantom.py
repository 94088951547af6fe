"""The phantom: same rows, same pixels; dials that do what they say; findings that are where they should be."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import chi2_contingency, norm
from sklearn.metrics import roc_auc_score

from bench.errors import BenchError
from tasks.cxr import _phantom_image as drawing
from tasks.cxr import _phantom_texture as texture
from tasks.cxr.phantom import (
    DATASET,
    FINDINGS,
    PREVALENCE,
    RACES,
    SEPARATION,
    Bias,
    PhantomOptions,
    read,
    render,
)

OPTIONS = PhantomOptions(patients=300)
UNBIASED = Bias(prevalence=0.0, race_signal=0.0)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return read(None, OPTIONS).table


@pytest.fixture(scope="module")
def large() -> pd.DataFrame:
    return read(None, PhantomOptions(patients=40_000)).table


def twins(rows: pd.DataFrame, **cells: object) -> pd.DataFrame:
    return rows.assign(**cells)


# The table


def test_a_seed_is_a_cohort(table: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(read(None, OPTIONS).table, table)
    assert not read(None, PhantomOptions(patients=300, seed=1)).table.equals(table)


@given(st.integers(1, 299))
@settings(max_examples=10, deadline=None)
def test_more_patients_leave_the_first_as_they_are(patients: int) -> None:
    whole = read(None, OPTIONS).table
    part = read(None, PhantomOptions(patients=patients)).table
    pd.testing.assert_frame_equal(part, whole.iloc[: len(part)])
    assert part["patient"].nunique() == patients


def test_the_default_cohort_has_the_promised_size() -> None:
    table = DATASET.read(None, DATASET.options()).table
    assert 7_800 <= len(table) <= 8_200
    images = table.groupby("patient").size()
    assert images.between(1, 5).all()
    assert 1.55 < images.mean() < 1.65
    patients = table.drop_duplicates("patient")["race"].value_counts()
    assert patients["Asian"] * 0.3 >= 285
    for race, (share, _) in RACES.items():
        assert abs(patients[race] / patients.sum() - share) < 4 * np.sqrt(share * (1 - share) / patients.sum())


def test_names_are_unique_and_tell_patient_and_study(table: pd.DataFrame) -> None:
    assert table["image"].is_unique
    assert (table["image"].str.rsplit("-", n=1).str[0] == table["study"]).all()
    assert (table["study"].str.split("-").str[0] == table["patient"]).all()
    assert table["image"].is_monotonic_increasing


def test_what_belongs_to_patients_and_studies_stays(table: pd.DataFrame) -> None:
    assert (table.groupby("patient")[["race", "sex", "age", "bmi"]].nunique() == 1).all(axis=None)
    assert (table.groupby("study")[[*FINDINGS, "no_finding", "view", "scanner"]].nunique() == 1).all(axis=None)
    assert (table.groupby("patient")[list(FINDINGS)].nunique() == 2).any(axis=None)
    assert (table.groupby("study").size() > 1).any()


def test_labels_agree(large: pd.DataFrame) -> None:
    assert large[[*FINDINGS, "no_finding"]].isin([0.0, 1.0]).all(axis=None)
    assert (large["no_finding"] == (large[list(FINDINGS)].sum(axis=1) == 0)).all()
    assert large["age"].between(18, 100).all()
    assert large["bmi"].between(16, 50).all()
    assert set(large["sex"]) == {"F", "M"}
    assert set(large["scanner"]) == {"DR", "CR"}
    assert set(large["view"]) == {"PA", "AP"}


def test_prevalence_is_what_the_dial_says() -> None:
    options = PhantomOptions(patients=40_000, bias=Bias(prevalence=0.1))
    first = read(None, options).table.drop_duplicates("patient")
    for race, (_, burden) in RACES.items():
        group = first[first["race"] == race]
        for finding, base in PREVALENCE.items():
            expected = base + 0.1 * burden
            assert abs(group[finding].mean() - expected) < 4 * np.sqrt(expected * (1 - expected) / len(group))


def test_without_the_dial_nothing_goes_with_race() -> None:
    table = read(None, PhantomOptions(patients=40_000, bias=UNBIASED)).table
    first = table.drop_duplicates("patient")
    coarse = first.assign(age=first["age"] // 20, bmi=first["bmi"] // 5, images=table.groupby("patient").size().values)
    for column in (*FINDINGS, "no_finding", "sex", "age", "bmi", "scanner", "view", "images"):
        assert chi2_contingency(pd.crosstab(coarse["race"], coarse[column])).pvalue > 1e-3, column


def test_the_dial_only_adds_to_one_group_and_takes_from_another(large: pd.DataFrame) -> None:
    without = read(None, PhantomOptions(patients=40_000, bias=UNBIASED)).table
    unmoved = [column for column in large if column not in (*FINDINGS, "no_finding")]
    pd.testing.assert_frame_equal(without[unmoved], large[unmoved])
    change = (large[list(FINDINGS)] - without[list(FINDINGS)]).groupby(large["race"]).agg(["min", "max"])
    assert set(change.loc["Asian"]) == {0}
    assert change.loc["Black"].tolist() == [0, 1] * 3
    assert change.loc["White"].tolist() == [-1, 0] * 3


# The pixels


def test_pixels_depend_on_the_row_alone(table: pd.DataFrame) -> None:
    rows = table.iloc[:48]
    images = render(rows, 64, OPTIONS)
    order = np.random.default_rng(0).permutation(48)
    np.testing.assert_array_equal(render(rows.iloc[order], 64, OPTIONS), images[order])
    with ThreadPoolExecutor(4) as pool:
        chunks = list(pool.map(lambda at: render(rows.iloc[at : at + 7], 64, OPTIONS), range(0, 48, 7)))
    np.testing.assert_array_equal(np.concatenate(chunks), images)
    more = PhantomOptions(patients=5_000)
    np.testing.assert_array_equal(render(rows, 64, more), images)
    assert len(np.unique(images.reshape(48, -1), axis=0)) == 48


def test_another_seed_is_another_body(table: pd.DataFrame) -> None:
    rows = table.iloc[:2]
    assert (render(rows, 64, OPTIONS) != render(rows, 64, PhantomOptions(seed=1))).mean() > 0.5


@pytest.mark.parametrize("size", [16, 63, 64, 160, 256])
def test_any_size_fills_the_grey_range(table: pd.DataFrame, size: int) -> None:
    images = render(table.iloc[:6], size, OPTIONS)
    assert images.shape == (6, size, size)
    assert images.dtype == np.uint8
    low, high = np.percentile(images, [2, 98], axis=(1, 2))
    assert (low < 80).all()
    assert (high > 150).all()
    assert (images == 255).mean() < 0.10
    assert (images == 0).mean() < 0.25


def test_every_size_shows_the_same_patient(table: pd.DataFrame) -> None:
    rows = table.iloc[:8]
    small = render(rows, 64, OPTIONS).reshape(8, -1)
    shrunk = render(rows, 256, OPTIONS).reshape(8, 64, 4, 64, 4).mean(axis=(2, 4)).reshape(8, -1)
    likeness = np.corrcoef(small, shrunk)[:8, 8:]
    assert (np.diag(likeness) > 0.98).all()
    assert (likeness.argmax(axis=1) == np.arange(8)).all()


def test_no_rows_are_no_images(table: pd.DataFrame) -> None:
    assert render(table.iloc[:0], 64, OPTIONS).shape == (0, 64, 64)


def test_without_race_signal_every_race_has_the_same_pixels(table: pd.DataFrame) -> None:
    rows, options = table.iloc[:16], PhantomOptions(bias=UNBIASED)
    asian, black, white = (render(twins(rows, race=race), 64, options) for race in RACES)
    np.testing.assert_array_equal(asian, black)
    np.testing.assert_array_equal(asian, white)


def test_counterfactual_twins_differ_by_race_alone(table: pd.DataFrame) -> None:
    rows = table.iloc[:4]
    others = [DATASET.twin(rows, race) for race in RACES]
    images = [render(other, 32, OPTIONS) for other in others]
    own = np.stack(images)[[list(RACES).index(race) for race in rows["race"]], np.arange(4)]
    assert np.array_equal(own, render(rows, 32, OPTIONS))
    assert not any(np.array_equal(a, b) for a, b in itertools.combinations(images, 2))
    nobody = [render(DATASET.twin(other, None), 32, OPTIONS) for other in others]
    assert all(np.array_equal(nobody[0], image) for image in nobody)
    assert not any(np.array_equal(nobody[0], image) for image in images)
    assert all(other.drop(columns="race").equals(rows.drop(columns="race")) for other in others)


def test_race_signal_changes_texture_not_brightness(table: pd.DataFrame) -> None:
    rows = table.iloc[:64]
    asian, black = (render(twins(rows, race=race), 64, OPTIONS).astype(float) for race in ("Asian", "Black"))
    change = asian - black
    assert (np.abs(change).mean(axis=(1, 2)) > 2).all()
    assert abs(change.mean()) < 0.5
    assert abs(asian.std(axis=(1, 2)).mean() / black.std(axis=(1, 2)).mean() - 1) < 0.02


def _brightened(rows: pd.DataFrame, finding: str) -> np.ndarray:
    """Mean change of the grey values, (64, 64), when the finding appears in the same images."""
    without, present = (render(twins(rows, **{finding: value}), 64, OPTIONS).astype(float) for value in (0.0, 1.0))
    return (present - without).mean(axis=0)


def test_findings_are_where_they_belong(table: pd.DataFrame) -> None:
    rows = table.iloc[:100]
    change = {finding: _brightened(rows, finding) for finding in FINDINGS}
    for finding, mean in change.items():
        assert mean.max() > 5, finding
        assert mean.min() > -0.5 * mean.max(), finding
    # In sixteenths of the image, from the top and from the left: costophrenic angles, left heart border, mid lung.
    tiles = {finding: mean.reshape(16, 4, 16, 4).mean(axis=(1, 3)) for finding, mean in change.items()}
    down, across = np.unravel_index(tiles["effusion"].argmax(), (16, 16))
    assert 10 <= down <= 12
    assert across <= 4 or across >= 11
    assert tiles["effusion"][:6].max() < 0.25 * tiles["effusion"].max()
    down, across = np.unravel_index(tiles["cardiomegaly"].argmax(), (16, 16))
    assert 7 <= down <= 11
    assert 9 <= across <= 13
    down, across = np.unravel_index(tiles["opacity"].argmax(), (16, 16))
    assert 4 <= down <= 10
    assert 3 <= across <= 6 or 9 <= across <= 12
    assert tiles["opacity"][:, 7:9].max() < 0.3 * tiles["opacity"].max()


def test_the_best_reader_has_the_stated_auroc(table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """How marked findings are drawn, read off what the drawing is given: AUROC Φ(d/√2) against the labels."""
    drawn = []

    def spy(size: int, patient: object, disease: drawing.Disease, *rest: object) -> np.ndarray:
        drawn.append([getattr(disease, finding) for finding in FINDINGS])
        return np.zeros((size, size), np.uint8)

    monkeypatch.setattr(drawing, "radiograph", spy)
    rows = read(None, PhantomOptions(patients=4000)).table.drop_duplicates("study")
    render(rows, 16, OPTIONS)
    for finding, marked in zip(FINDINGS, np.array(drawn).T, strict=True):
        assert roc_auc_score(rows[finding], marked) == pytest.approx(norm.cdf(SEPARATION / np.sqrt(2)), abs=0.012)


def test_sex_age_and_weight_show(table: pd.DataFrame) -> None:
    rows = table.iloc[:40]

    def mean(**cells: object) -> np.ndarray:
        return render(twins(rows, **cells), 64, OPTIONS).astype(float).mean(axis=0)

    breasts = mean(sex="F") - mean(sex="M")
    assert breasts[36:44, 14:18].mean() > 4
    spine = (mean(age=30.0) - mean(age=80.0))[:, 30:34]
    assert 1 < spine.mean() < 40
    flanks = (mean(bmi=40.0) - mean(bmi=20.0))[40:, :8]
    assert flanks.mean() > 10


def test_scanners_and_views_differ(table: pd.DataFrame) -> None:
    rows = table.iloc[:20]
    sharp, blurred = (render(twins(rows, scanner=scanner), 64, OPTIONS).astype(float) for scanner in ("DR", "CR"))
    contrast = [np.subtract(*np.percentile(images, [90, 10])) for images in (sharp, blurred)]
    assert contrast[0] > 1.05 * contrast[1]
    standing, lying = (render(twins(rows, view=view), 64, OPTIONS).astype(float) for view in ("PA", "AP"))
    assert (lying - standing)[:, 40:46].mean() > 3


# The textures


def test_textures_have_unit_variance_whatever_the_latents() -> None:
    rng = np.random.default_rng(0)
    assert np.mean([texture.clouds(rng, 64).var() for _ in range(200)]) == pytest.approx(1, abs=0.05)
    for latents in ((0.0, 0.0), (1.6, -0.9), (0.0, 1.2)):
        fields = [texture.oriented(rng, 64, np.array(latents)) for _ in range(200)]
        assert np.var(fields) == pytest.approx(1, abs=0.05)


def test_a_texture_is_one_field_at_every_size() -> None:
    """192 = 3 · 64: every third pixel has the centre of a pixel of the smaller image."""
    coarse, fine = (texture.clouds(np.random.default_rng(1), size) for size in (64, 192))
    np.testing.assert_allclose(fine[1::3, 1::3], coarse, atol=1e-4)


def test_race_is_an_arrangement_that_averages_out() -> None:
    """The lean of the texture, the mean product of its gradients, has opposite signs in opposite halves."""
    rng = np.random.default_rng(2)
    lean = np.zeros((64, 64))
    for _ in range(200):
        down, across = np.gradient(texture.oriented(rng, 64, np.array([1.6, 0.0])))
        lean += down * across / 200
    left, right = lean[:, 4:28].mean(), lean[:, 36:60].mean()
    assert left * right < 0
    assert abs(left) == pytest.approx(abs(right), rel=0.1)
    assert abs(lean.mean()) < 0.1 * abs(right)


# Bad input


@pytest.mark.parametrize(
    "options",
    [
        {"patients": 0},
        {"patients": "many"},
        {"patients": 10.5},
        {"seed": -1},
        {"bias": {"prevalence": 0.3}},
        {"bias": {"prevalence": -0.1}},
        {"bias": {"race_signal": -1.0}},
        {"bias": {"race_signal": "strong"}},
        {"bias": {"presentatoin": 0.1}},
        {"patient": 3},
    ],
)
def test_bad_options_are_refused(options: dict) -> None:
    with pytest.raises(ValidationError):
        PhantomOptions(**options)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"race": "Blakc"}, "Did you mean 'Black'"),
        ({"scanner": "MR"}, "scanner 'MR'"),
        ({"image": "00000001_000.png"}, "no image of the phantom"),
        ({"effusion": np.nan}, "no effusion"),
    ],
)
def test_a_cell_that_was_never_written_is_named(table: pd.DataFrame, cells: dict, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        render(twins(table.iloc[:1], **cells), 64, OPTIONS)


def test_a_missing_column_and_an_impossible_size_are_named(table: pd.DataFrame) -> None:
    with pytest.raises(BenchError, match="'bmi'"):
        render(table.drop(columns="bmi"), 64, OPTIONS)
    for size in (8, 4096):
        with pytest.raises(BenchError, match=f"not {size}"):
            render(table.iloc[:1], size, OPTIONS)


def test_it_is_announced_as_synthetic() -> None:
    assert DATASET.synthetic
    assert DATASET.name == "phantom"
    assert "synthetic" in DATASET.summary
