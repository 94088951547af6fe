"""The phantom's causal graph: every arrow from race is a dial, and gone where the dial is 0."""

import numpy as np
import pandas as pd
import pytest
from bench.builtin.tasks.cxr import _phantom_patients as patients
from bench.builtin.tasks.cxr._phantom_patients import RACES, SITES, Bias, draw
from bench.builtin.tasks.cxr._phantom_scanner import SCANNERS
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import chi2_contingency, norm
from sklearn.metrics import roc_auc_score

FINDINGS = patients.FINDINGS.names
SEPARATION = patients.FINDINGS.separation

DIALS = tuple(Bias.model_fields)
UNBIASED = Bias(**dict.fromkeys(DIALS, 0.0))
MANY = 20_000


@pytest.fixture(scope="module")
def large() -> pd.DataFrame:
    return draw(MANY, 0, Bias())


@pytest.fixture(scope="module")
def unbiased() -> pd.DataFrame:
    return draw(MANY, 0, UNBIASED)


def first_images(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop_duplicates("patient")


def share(expected: float, n: int) -> object:
    return pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / n))


def test_a_seed_is_a_cohort() -> None:
    pd.testing.assert_frame_equal(draw(300, 0, Bias()), draw(300, 0, Bias()))
    assert not draw(300, 1, Bias()).equals(draw(300, 0, Bias()))


@given(st.integers(1, 299))
@settings(max_examples=10, deadline=None)
def test_more_patients_leave_the_first_as_they_are(patients: int) -> None:
    whole, part = draw(300, 0, Bias()), draw(patients, 0, Bias())
    pd.testing.assert_frame_equal(part, whole.iloc[: len(part)])
    assert part["patient"].nunique() == patients


def test_the_default_cohort_has_the_promised_size() -> None:
    table = draw(5000, 0, Bias())
    assert 7_600 <= len(table) <= 8_200
    images = table.groupby("patient").size()
    assert images.between(1, 5).all()
    assert 1.55 < images.mean() < 1.65
    # In the test split, 30 % of the patients, the rarest race is large enough to be scored.
    assert first_images(table)["race"].value_counts()["Asian"] * 0.3 > 200


def test_names_are_unique_and_tell_patient_and_study(large: pd.DataFrame) -> None:
    assert large["image"].is_unique
    assert (large["image"].str.rsplit("-", n=1).str[0] == large["study"]).all()
    assert (large["study"].str.split("-").str[0] == large["patient"]).all()
    assert large["image"].is_monotonic_increasing


def test_what_belongs_to_patients_and_studies_stays(large: pd.DataFrame) -> None:
    of_patients = ["race", "sex", "age", "bmi", "bone_density", "site"]
    assert (large.groupby("patient")[of_patients].nunique() == 1).all(axis=None)
    of_studies = [*FINDINGS, *(f"true_{name}" for name in FINDINGS), "no_finding", "view", "scanner"]
    assert (large.groupby("study")[of_studies].nunique() == 1).all(axis=None)
    assert (large.groupby("patient")[list(FINDINGS)].nunique() == 2).any(axis=None)
    assert (large.groupby("study").size() > 1).any()


def test_values_are_in_range_and_labels_agree(large: pd.DataFrame) -> None:
    for prefix in ("", "true_"):
        labels = large[[f"{prefix}{name}" for name in FINDINGS]]
        assert labels.isin([0.0, 1.0]).all(axis=None)
        assert (large[f"{prefix}no_finding"] == (labels.sum(axis=1) == 0)).all()
    assert large["age"].between(18, 100).all()
    assert large["bmi"].between(16, 50).all()
    assert set(large["sex"]) == {"F", "M"}
    assert set(large["view"]) == {"PA", "AP"}
    assert set(large["scanner"]) == set(SCANNERS)
    for site, (names, _, _) in SITES.items():
        assert set(large.loc[large["site"] == site, "scanner"]) == set(names)


def test_every_site_has_its_own_machines() -> None:
    assert len(set(SCANNERS.values())) == len(SCANNERS) == 4
    assert [name for site in SITES.values() for name in site.scanners] == list(SCANNERS)


def test_with_all_dials_at_zero_nothing_goes_with_race(unbiased: pd.DataFrame) -> None:
    first = first_images(unbiased)
    coarse = first.assign(
        age=first["age"] // 20,
        bmi=first["bmi"] // 5,
        bone_density=first["bone_density"] // 1,
        images=unbiased.groupby("patient").size().to_numpy(),
        **{f"severity_{name}": first[f"severity_{name}"] // 2 for name in FINDINGS},
    )
    for column in set(coarse) - {"image", "patient", "study", "race"}:
        assert chi2_contingency(pd.crosstab(coarse["race"], coarse[column])).pvalue > 1e-3, column
    for name in (*FINDINGS, "no_finding"):
        assert (unbiased[name] == unbiased[f"true_{name}"]).all()
    for race in RACES:
        assert (first["race"] == race).mean() == share(1 / 3, len(first))


def test_prevalence_moves_true_findings_by_the_table(large: pd.DataFrame) -> None:
    dial = Bias().prevalence
    first = first_images(large)
    for race in RACES:
        group = first[first["race"] == race]
        for finding, base in patients.FINDINGS.prevalence.items():
            expected = base + dial * patients.FINDINGS.moved[race][finding]
            assert group[f"true_{finding}"].mean() == share(expected, len(group)), (race, finding)


def test_annotation_misses_findings_of_one_group_and_invents_none(large: pd.DataFrame) -> None:
    for finding in FINDINGS:
        true, reported = large[f"true_{finding}"] == 1, large[finding] == 1
        assert not (reported & ~true).any()
        missed = (true & ~reported)[true].groupby(large["race"]).mean()
        assert missed["Asian"] == missed["White"] == 0
        n = first_images(large[true & (large["race"] == "Black")]).shape[0]
        assert missed["Black"] == share(Bias().annotation, n)


def test_presentation_makes_findings_milder_in_one_group(large: pd.DataFrame) -> None:
    for finding in FINDINGS:
        look = large[f"severity_{finding}"].groupby([large["race"], large[f"true_{finding}"]]).mean().unstack()
        assert look[0.0].abs().max() < 0.1
        assert look.loc[["Asian", "White"], 1.0].to_numpy() == pytest.approx(SEPARATION, abs=0.1)
        assert look.loc["Black", 1.0] == pytest.approx(SEPARATION - Bias().presentation, abs=0.1)


def test_acquisition_sampling_and_habitus_do_what_they_say() -> None:
    first = first_images(draw(MANY, 0, Bias(acquisition=0.2, sampling=1.0, habitus=0.5)))
    southern = (first["site"] == "south").groupby(first["race"]).mean()
    n = first["race"].value_counts()
    assert southern["White"] == share(0.5, n["White"])
    assert southern["Black"] == share(0.7, n["Black"])
    assert n["Asian"] / len(first) == share(0.04, len(first))
    assert n["White"] / len(first) == share(0.77, len(first))
    log_bmi = np.log(first["bmi"]).groupby(first["race"]).mean() - np.log(26.5)
    assert log_bmi["Asian"] == pytest.approx(-0.5 * 0.19, abs=0.02)
    assert log_bmi["Black"] == pytest.approx(0.35 * 0.19, abs=0.02)


@pytest.mark.parametrize("dial", DIALS)
def test_a_dial_moves_its_own_columns_alone(dial: str, unbiased: pd.DataFrame) -> None:
    moved = {
        "race_signal": set(),
        "prevalence": {f"{prefix}{name}" for name in (*FINDINGS, "no_finding") for prefix in ("", "true_")}
        | {f"severity_{name}" for name in FINDINGS},
        "presentation": {f"severity_{name}" for name in FINDINGS},
        "annotation": {*FINDINGS, "no_finding"},
        "acquisition": {"site", "scanner"},
        "sampling": {"race"},
        "habitus": {"bmi"},
    }[dial]
    table = draw(MANY, 0, UNBIASED.model_copy(update={dial: 0.2}))
    assert {column for column in table if not table[column].equals(unbiased[column])} == moved


def test_the_best_reader_has_the_stated_auroc(unbiased: pd.DataFrame) -> None:
    rows = unbiased.drop_duplicates("study")
    for finding in FINDINGS:
        auroc = roc_auc_score(rows[f"true_{finding}"], rows[f"severity_{finding}"])
        assert auroc == pytest.approx(norm.cdf(SEPARATION / np.sqrt(2)), abs=0.01)


@pytest.mark.parametrize(
    "dials", [{"prevalence": 0.3}, {"annotation": -0.1}, {"race_signal": "strong"}, {"presentatoin": 0.1}]
)
def test_dials_out_of_range_are_refused(dials: dict) -> None:
    with pytest.raises(ValidationError):
        Bias(**dials)
