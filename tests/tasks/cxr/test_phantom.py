"""The phantom's pixels: same rows, same pixels; twins that differ by race alone; findings where they should be."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from bench.builtin.tasks.cxr import _phantom_patients as patients
from bench.builtin.tasks.cxr._phantom_patients import RACES, Bias
from bench.builtin.tasks.cxr.phantom import DATASET, DRAWN_FROM, PhantomOptions, organ, read, render
from pydantic import ValidationError

from bench.errors import BenchError

FINDINGS = patients.FINDINGS.names
OPTIONS = PhantomOptions(patients=300)
NO_SIGNAL = PhantomOptions(patients=300, bias=Bias(race_signal=0.0))


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return read(None, OPTIONS).table


def drawn(rows: pd.DataFrame, size: int = 64, **cells: object) -> np.ndarray:
    return render(rows.assign(**cells), size, OPTIONS).astype(float)


def test_pixels_depend_on_the_row_alone(table: pd.DataFrame) -> None:
    rows = table.iloc[:48]
    images = render(rows, 64, OPTIONS)
    order = np.random.default_rng(0).permutation(48)
    np.testing.assert_array_equal(render(rows.iloc[order], 64, OPTIONS), images[order])
    with ThreadPoolExecutor(4) as pool:
        chunks = list(pool.map(lambda at: render(rows.iloc[at : at + 7], 64, OPTIONS), range(0, 48, 7)))
    np.testing.assert_array_equal(np.concatenate(chunks), images)
    np.testing.assert_array_equal(render(rows, 64, PhantomOptions(patients=5_000)), images)
    assert len(np.unique(images.reshape(48, -1), axis=0)) == 48


def test_labels_do_not_show_but_severities_do(table: pd.DataFrame) -> None:
    rows = table.iloc[:8]
    images = drawn(rows)
    labels = {name: 1.0 - rows[name] for name in (*FINDINGS, *(f"true_{finding}" for finding in FINDINGS))}
    np.testing.assert_array_equal(drawn(rows, **labels), images)
    for name in FINDINGS:
        assert not np.array_equal(drawn(rows, **{f"severity_{name}": 4.0}), images)


def test_another_seed_is_another_body(table: pd.DataFrame) -> None:
    rows = table.iloc[:2]
    assert (render(rows, 64, OPTIONS) != render(rows, 64, PhantomOptions(seed=1))).mean() > 0.5


@pytest.mark.parametrize("size", [16, 63, 64, 160, 320])
def test_any_size_fills_the_grey_range(table: pd.DataFrame, size: int) -> None:
    images = render(table.iloc[:6], size, OPTIONS)
    assert images.shape == (6, size, size)
    assert images.dtype == np.uint8
    low, high = np.percentile(images, [2, 98], axis=(1, 2))
    assert (low < 90).all()
    assert (high > 150).all()
    assert (images == 255).mean() < 0.05


def test_every_size_shows_the_same_patient(table: pd.DataFrame) -> None:
    rows = table.iloc[:8]
    small = render(rows, 64, OPTIONS).reshape(8, -1)
    shrunk = render(rows, 256, OPTIONS).reshape(8, 64, 4, 64, 4).mean(axis=(2, 4)).reshape(8, -1)
    likeness = np.corrcoef(small, shrunk)[:8, 8:]
    assert (np.diag(likeness) > 0.95).all()
    assert (likeness.argmax(axis=1) == np.arange(8)).all()


def test_no_rows_are_no_images(table: pd.DataFrame) -> None:
    assert render(table.iloc[:0], 64, OPTIONS).shape == (0, 64, 64)


# Race


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


def test_without_race_signal_every_race_has_the_pixels_of_none(table: pd.DataFrame) -> None:
    rows = table.iloc[:16]
    nobody = render(DATASET.twin(rows, None), 64, OPTIONS)
    for race in RACES:
        np.testing.assert_array_equal(render(DATASET.twin(rows, race), 64, NO_SIGNAL), nobody)


def test_race_changes_an_arrangement_not_brightness_or_contrast(table: pd.DataFrame) -> None:
    rows = table.iloc[:96]
    asian, black = (drawn(rows, race=race) for race in ("Asian", "Black"))
    change = asian - black
    assert (np.abs(change).mean(axis=(1, 2)) > 2).all()
    assert abs(change.mean()) < 0.5
    assert abs(asian.std(axis=(1, 2)).mean() / black.std(axis=(1, 2)).mean() - 1) < 0.02
    # It is spread over the image: none of nine patches, and none of three bands of frequencies, is without it.
    patches = np.abs(change[:, :63, :63]).reshape(96, 3, 21, 3, 21).mean(axis=(0, 2, 4))
    assert patches.min() > 1
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(64) * 64, np.fft.fftfreq(64) * 64))
    power = (np.abs(np.fft.fft2(change)) ** 2).mean(axis=0)
    for low, high in ((1, 7), (7, 21), (21, 46)):
        assert power[(radius >= low) & (radius < high)].sum() > 0.05 * power.sum()


# What is seen


def _changed(rows: pd.DataFrame, finding: str) -> np.ndarray:
    """Mean change of the grey values in sixteenths of the image, when a finding becomes severe in the same images."""
    without, present = (drawn(rows, **{f"severity_{finding}": severity}) for severity in (-1.0, 3.0))
    return (present - without).mean(axis=0).reshape(16, 4, 16, 4).mean(axis=(1, 3))


def test_findings_are_where_they_belong(table: pd.DataFrame) -> None:
    rows = table.iloc[:100]
    change = {finding: _changed(rows, finding) for finding in FINDINGS}
    # From the top and from the left: costophrenic angles, left heart border, mid lung.
    down, across = np.unravel_index(change["effusion"].argmax(), (16, 16))
    assert 9 <= down <= 12
    assert across <= 4 or across >= 11
    assert change["effusion"][:5].max() < 0.25 * change["effusion"].max()
    down, across = np.unravel_index(change["cardiomegaly"].argmax(), (16, 16))
    assert 7 <= down <= 11
    assert 9 <= across <= 13
    for finding in ("opacity", "nodule"):
        down, across = np.unravel_index(change[finding].argmax(), (16, 16))
        assert 3 <= down <= 10, finding
        assert 2 <= across <= 6 or 9 <= across <= 13, finding
        assert change[finding][:, 7:9].max() < 0.3 * change[finding].max(), finding
    # Free air is darker, along the chest wall and at the apex; the collapsed lung beside it is brighter.
    down, across = np.unravel_index(change["pneumothorax"].argmin(), (16, 16))
    assert change["pneumothorax"].min() < -3
    assert down <= 8
    assert across <= 6 or across >= 9
    down, across = np.unravel_index(change["pneumothorax"].argmax(), (16, 16))
    assert 5 <= down <= 10
    assert 2 <= across <= 6 or 9 <= across <= 13
    assert np.abs(change["pneumothorax"][14:]).max() < 1


@pytest.mark.parametrize("finding", FINDINGS)
def test_a_finding_shows_more_the_more_severe_it_is(table: pd.DataFrame, finding: str) -> None:
    images = [drawn(table.iloc[:12], **{f"severity_{finding}": severity}) for severity in (-2.0, 1.0, 2.0, 3.5)]
    distance = [np.abs(image - images[0]).mean() for image in images[1:]]
    assert distance == sorted(distance)
    assert distance[0] < 0.7 * distance[-1]


def test_sex_bones_and_weight_show(table: pd.DataFrame) -> None:
    rows = table.iloc[:40]

    def mean(**cells: object) -> np.ndarray:
        return drawn(rows, **cells).mean(axis=0)

    breasts = mean(sex="F") - mean(sex="M")
    assert breasts[36:44, 14:18].mean() > 4
    spine = (mean(bone_density=1.5) - mean(bone_density=-2.0))[8:36, 30:34]
    assert spine.mean() > 1
    assert ((mean(bmi=40.0) - mean(bmi=20.0))[40:56, 4:10]).mean() > 5


def test_scanners_and_views_differ(table: pd.DataFrame) -> None:
    rows = table.iloc[:20]
    sharp, blurred = (drawn(rows, scanner=scanner) for scanner in ("south DR", "south CR"))
    contrast = [np.subtract(*np.percentile(images, [90, 10])) for images in (sharp, blurred)]
    assert contrast[0] > 1.05 * contrast[1]
    standing, lying = (drawn(rows, view=view) for view in ("PA", "AP"))
    assert (lying - standing)[:, 40:46].mean() > 3


def test_the_lungs_are_dark_and_on_both_sides(table: pd.DataFrame) -> None:
    rows = table.iloc[:24]
    masks, images = organ(rows, 64, OPTIONS), render(rows, 64, OPTIONS)
    assert masks.dtype == bool
    assert 0.15 < masks.mean() < 0.45
    assert (masks[:, :, :32].mean(axis=(1, 2)) > 0.1).all()
    assert (masks[:, :, 32:].mean(axis=(1, 2)) > 0.1).all()
    assert not masks[:, :, 31:33].any()
    body = ~masks
    body[:, :, :12] = body[:, :, -12:] = body[:, :12] = False
    assert images[masks].mean() < images[body].mean() - 40
    # The same lungs at another size, and in a twin's image within the obliqueness that race gives the outline.
    fine = organ(rows, 192, OPTIONS)[:, 1::3, 1::3]
    assert (fine == masks).mean() > 0.99
    assert (organ(DATASET.twin(rows, None), 64, OPTIONS) == masks).mean() > 0.99


# Bad input


@pytest.mark.parametrize(
    "options",
    [{"patients": 0}, {"patients": "many"}, {"patients": 10.5}, {"seed": -1}, {"patient": 3}, {"bias": {"race": 1.0}}],
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
        ({"severity_effusion": np.nan}, "no severity_effusion"),
    ],
)
def test_a_cell_that_was_never_written_is_named(table: pd.DataFrame, cells: dict, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        render(table.iloc[:1].assign(**cells), 64, OPTIONS)


def test_a_missing_column_and_an_impossible_size_are_named(table: pd.DataFrame) -> None:
    for column in ("bmi", *DRAWN_FROM):
        with pytest.raises(BenchError, match=f"'{column}'"):
            render(table.drop(columns=column), 64, OPTIONS)
    for size in (8, 4096):
        with pytest.raises(BenchError, match=f"not {size}"):
            render(table.iloc[:1], size, OPTIONS)


def test_it_is_announced_as_synthetic() -> None:
    assert DATASET.synthetic
    assert DATASET.name == "phantom"
    assert "synthetic" in DATASET.summary
