"""The mammographic phantom's own: views and sides, density that hides masses, findings of a breast."""

import numpy as np
import pandas as pd
import pytest
from bench.builtin.tasks.mammo._phantom_patients import FINDINGS, RACES
from bench.builtin.tasks.mammo.phantom import PhantomOptions, organ, read, render
from scipy.stats import norm, spearmanr
from sklearn.metrics import roc_auc_score

OPTIONS = PhantomOptions(patients=120)
HEALTHY = {f"severity_{name}": -1.0 for name in FINDINGS.names}
UNBIASED = dict.fromkeys(type(OPTIONS.bias).model_fields, 0.0)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return read(None, OPTIONS).table.assign(**HEALTHY)


@pytest.fixture(scope="module")
def large() -> pd.DataFrame:
    return read(None, PhantomOptions.model_validate({"patients": 6000, "bias": UNBIASED})).table


def drawn(rows: pd.DataFrame, **cells: object) -> np.ndarray:
    return render(rows.assign(**cells), 64, OPTIONS).astype(float)


def of(table: pd.DataFrame, **cells: object) -> pd.DataFrame:
    return table[(table[list(cells)] == list(cells.values())).all(axis=1)]


def test_an_exam_is_both_breasts_in_both_views(large: pd.DataFrame) -> None:
    kinds = large.groupby("study")[["side", "view"]].agg(tuple)
    assert len(large) == 4 * large["study"].nunique()
    shots = large.groupby("study")[["side", "view"]].apply(lambda exam: len(exam.drop_duplicates()))
    assert (shots == 4).all()
    assert kinds["view"].nunique() == 2
    of_breast = ["cancer", "true_cancer", "suspicious", "no_finding", *HEALTHY]
    assert (large.groupby(["study", "side"])[of_breast].nunique() == 1).all(axis=None)
    assert (large.groupby("study")["true_cancer"].nunique() == 2).any()
    assert (large.groupby("patient")[["race", "age", "bmi", "density", "glandular", "site"]].nunique() == 1).all(
        axis=None
    )


def test_targets_follow_from_findings(large: pd.DataFrame) -> None:
    assert (large["true_suspicious"] >= large["true_cancer"]).all()
    assert (large["true_suspicious"] + large["true_no_finding"] <= 1).all()
    quiet = (large["true_suspicious"] == 0) & (large["true_no_finding"] == 0)
    # Coarse calcifications alone: seen, benign by their look, not recalled.
    assert large.loc[quiet, "severity_coarse"].mean() > 2
    malignant = 1 - (1 - FINDINGS.prevalence["spiculated"]) * (1 - FINDINGS.prevalence["fine"])
    assert large["true_cancer"].mean() == pytest.approx(malignant, abs=0.02)


def test_density_falls_with_age_and_weight(large: pd.DataFrame) -> None:
    women = large.drop_duplicates("patient")
    shares = women["density"].value_counts(normalize=True)
    assert shares[[1, 2, 3, 4]].to_numpy() == pytest.approx([0.1, 0.4, 0.4, 0.1], abs=0.03)
    assert spearmanr(women["density"], women["age"]).statistic < -0.2
    assert spearmanr(women["density"], women["bmi"]).statistic < -0.2


def test_density_alone_hardly_tells_race() -> None:
    """As in the paper: .54, and .61 with age; a woman's weight goes with race, and her density with her weight."""
    women = read(None, PhantomOptions(patients=6000)).table.drop_duplicates("patient")
    apart = [roc_auc_score(women["race"] == race, women["density"]) for race in RACES]
    assert 0.50 <= np.mean([max(value, 1 - value) for value in apart]) <= 0.58


def test_the_breast_lies_at_its_wall_and_sides_are_mirrored(table: pd.DataFrame) -> None:
    left, right = (of(table, side=side).iloc[:24] for side in ("L", "R"))
    columns = [organ(rows, 64, OPTIONS).mean(axis=(0, 1)) for rows in (left, right)]
    for at_wall, at_edge in ((columns[0][:4], columns[0][-4:]), (columns[1][-4:], columns[1][:4])):
        assert at_wall.min() > 0.5
        assert at_edge.max() < 0.05
    images = drawn(left)
    assert images[organ(left, 64, OPTIONS)].mean() > 60
    assert images[:, :, -6:].mean() < 40


def test_the_muscle_shows_in_the_oblique_view_alone(table: pd.DataFrame) -> None:
    rows = of(table, side="L", density=2.0).iloc[:16]
    above, oblique = (drawn(rows, view=view)[:, :10, :8].mean() for view in ("CC", "MLO"))
    assert oblique > above + 60


def test_denser_breasts_are_brighter(table: pd.DataFrame) -> None:
    rows = of(table, view="CC").iloc[:16]
    means = [drawn(rows, glandular=dense)[organ(rows, 64, OPTIONS)].mean() for dense in (-2.0, 0.0, 2.0)]
    assert means[0] + 5 < means[1] < means[2] - 5


@pytest.mark.parametrize("finding", FINDINGS.names)
def test_a_finding_shows_in_the_breast_and_more_the_more_severe_it_is(table: pd.DataFrame, finding: str) -> None:
    rows = table.iloc[:16]
    images = [drawn(rows, **{f"severity_{finding}": severity}) for severity in (-1.0, 1.0, 2.0, 4.0)]
    change = [np.abs(image - images[0]).mean() for image in images[1:]]
    assert change == sorted(change)
    assert 0 < change[0] < 0.8 * change[-1]
    np.testing.assert_array_equal(drawn(rows, **{f"severity_{finding}": -2.0}), images[0])
    gained = images[3] - images[0]
    assert gained.max(axis=(1, 2)).min() > 10
    assert np.abs(gained[~organ(rows, 64, OPTIONS)]).mean() < 0.3


def test_dense_tissue_hides_masses_but_not_calcifications(table: pd.DataFrame) -> None:
    rows = table.iloc[:32]

    def shows(finding: str, dense: float) -> float:
        ill = drawn(rows, glandular=dense, **{f"severity_{finding}": 3.0})
        return float(np.abs(ill - drawn(rows, glandular=dense)).mean())

    for finding in ("spiculated", "round"):
        assert shows(finding, 2.0) < 0.6 * shows(finding, -2.0), finding
        assert shows(finding, 2.0) / shows(finding, -2.0) < shows("fine", 2.0) / shows("fine", -2.0)


def test_both_views_show_a_mass_at_the_same_distance_from_the_wall(table: pd.DataFrame) -> None:
    rows = of(table, side="L", view="CC").iloc[:24]
    centers = []
    for view in ("CC", "MLO"):
        added = drawn(rows, view=view, severity_round=4.0) - drawn(rows, view=view)
        weight = np.clip(added, 0, None).sum(axis=1)
        centers.append((weight * np.arange(64)).sum(axis=1) / weight.sum(axis=1))
    assert np.corrcoef(*centers)[0, 1] > 0.8


def test_the_other_breast_has_another_place(table: pd.DataFrame) -> None:
    rows = of(table, view="CC").drop_duplicates("patient").iloc[:4]
    changed = [drawn(rows, side=side, severity_round=3.0) - drawn(rows, side=side) for side in ("L", "R")]
    assert not np.allclose(changed[0], changed[1][:, :, ::-1], atol=20)


def test_the_best_reader_has_the_stated_auroc(large: pd.DataFrame) -> None:
    breasts = large.drop_duplicates(["study", "side"])
    worst = breasts[["severity_spiculated", "severity_fine"]].max(axis=1)
    limit = norm.cdf(FINDINGS.separation / np.sqrt(2))
    assert 0.9 < roc_auc_score(breasts["true_cancer"], worst) < limit
