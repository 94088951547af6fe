"""Influence values against derivatives of the scores, formulas of the papers, and the scatter of resampled patients."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t as student

from bench.scoring import Computed, choose_thresholds, score
from bench.scoring.evaluation import Evaluation, evaluate
from bench.scoring.influence import diagnoses, of_diagnosis, of_reading
from bench.scoring.suites import V2
from bench.statistics.bootstrap import PatientBootstrap
from bench.statistics.metrics import Sample, brier, weighted_auroc
from tests.data.cohorts.test_building import build, table
from tests.scoring.decodability.samples import QUICK, decode, planted
from tests.scoring.test_catalogue import network

NAMES = ("effusion", "opacity")


def evaluation(patients: int = 60, images: int = 3, seed: int = 0, noise: float = 1.0) -> Evaluation:
    """Patients of some images each, whose labels are in part unknown and whose probabilities tie."""
    rng = np.random.default_rng(0)
    codes = 7 + 2 * np.repeat(np.arange(patients), images)  # with gaps, as of patients who are not in this set
    truth = rng.normal(size=(len(codes), 2)) + rng.normal(size=(patients, 2))[np.repeat(np.arange(patients), images)]
    targets = (truth > 0.3).astype(float)
    targets[rng.random(targets.shape) < 0.1] = np.nan
    z = truth + noise * np.random.default_rng(seed).normal(size=truth.shape)
    probabilities = np.round(1 / (1 + np.exp(-z)), 2)
    return evaluate(targets, probabilities, np.full(2, 0.5), NAMES, [], PatientBootstrap(codes, 5))


def score_of(metric: str, made: Evaluation, t: int, weights: np.ndarray) -> float:
    """The metric of one target when the images weigh so much."""
    rows = made.known(t)
    scores, positives = made.probabilities[rows, t], made.targets[rows, t] == 1
    if metric == "auroc":
        return float(weighted_auroc(scores, positives, weights[rows, None])[0])
    return float(brier(Sample(scores, positives), weights[rows, None])[0])


@pytest.mark.parametrize("metric", ["auroc", "brier"])
def test_influence_is_the_derivative_of_the_score_by_the_patients_weight(metric: str) -> None:
    made, step = evaluation(), 1e-5
    patients = np.unique(made.bootstrap.patients)
    found = of_diagnosis(made)
    for t, target in enumerate(NAMES):
        slopes = []
        for patient in patients:
            up, down = (1 + sign * step * (made.bootstrap.patients == patient) for sign in (1, -1))
            slopes.append((score_of(metric, made, t, up) - score_of(metric, made, t, down)) / (2 * step))
        np.testing.assert_allclose(found[f"{metric}/target={target}"], slopes, atol=1e-8)
    macro = [found[f"{metric}/target={target}"] for target in NAMES]
    np.testing.assert_allclose(found[f"{metric}/target=macro"], np.mean(macro, axis=0))


@pytest.mark.parametrize("metric", ["auroc", "brier"])
def test_the_sum_of_squares_is_the_variance_by_leaving_patients_out(metric: str) -> None:
    made = evaluation(patients=200)
    patients = np.unique(made.bootstrap.patients)
    left = [score_of(metric, made, 0, (made.bootstrap.patients != patient).astype(float)) for patient in patients]
    jackknife = (len(left) - 1) / len(left) * np.square(np.array(left) - np.mean(left)).sum()
    influence = of_diagnosis(made)[f"{metric}/target=effusion"]
    assert np.square(influence).sum() == pytest.approx(jackknife, rel=0.03)
    assert influence.sum() == pytest.approx(0, abs=1e-12)


def test_auroc_of_one_image_a_patient_has_the_variance_of_delong() -> None:
    """DeLong et al. (1988): the variances of the two samples' structural components, each over its size."""
    made = evaluation(patients=150, images=1)
    rows = made.known(0)
    p, y = made.probabilities[rows, 0], made.targets[rows, 0] == 1
    wins = (p[y][:, None] > p[~y]) + 0.5 * (p[y][:, None] == p[~y])
    expected = wins.mean(axis=1).var() / y.sum() + wins.mean(axis=0).var() / (~y).sum()
    assert np.square(of_diagnosis(made)["auroc/target=effusion"]).sum() == pytest.approx(expected, rel=1e-12)


def test_brier_is_each_images_loss_beyond_the_mean() -> None:
    made = evaluation()
    rows = made.known(1)
    losses = (made.probabilities[rows, 1] - made.targets[rows, 1]) ** 2
    owners = made.bootstrap.patients[rows]
    expected = [(losses[owners == patient] - losses.mean()).sum() / len(losses) for patient in np.unique(owners)]
    known = np.isin(np.unique(made.bootstrap.patients), owners)
    influence = of_diagnosis(made)["brier/target=opacity"]
    np.testing.assert_allclose(influence[known], expected, atol=1e-15)
    assert not influence[~known].any()


@pytest.mark.parametrize("metric", ["auroc", "brier"])
def test_differences_of_influence_are_the_scatter_of_a_paired_difference(metric: str) -> None:
    """Two networks on the same patients, against patients drawn with replacement for both at once."""
    one, other = evaluation(300, seed=1), evaluation(300, seed=2, noise=1.5)
    psi = [of_diagnosis(made)[f"{metric}/target=effusion"] for made in (one, other)]
    draws = [
        score_of(metric, one, 0, weights) - score_of(metric, other, 0, weights)
        for chunk in PatientBootstrap(one.bootstrap.patients, 1000).chunks()
        for weights in chunk.T
    ]
    paired = np.sqrt(np.square(psi[0] - psi[1]).sum())
    assert paired == pytest.approx(np.std(draws), rel=0.1)
    # They see the same patients: far from what two independent networks would scatter by.
    assert paired < 0.9 * np.sqrt(np.square(psi).sum())


def test_a_target_of_one_class_has_no_influence_on_auroc_and_none_in_its_mean() -> None:
    made = evaluation()
    made.targets[:, 1] = np.where(np.isnan(made.targets[:, 1]), np.nan, 1.0)
    found = of_diagnosis(made)
    assert "auroc/target=opacity" not in found
    np.testing.assert_array_equal(found["auroc/target=macro"], found["auroc/target=effusion"])
    assert "brier/target=opacity" in found


@pytest.mark.parametrize("distance", [0.0, 1.0])
def test_the_headlines_influence_gives_its_standard_error(distance: float) -> None:
    """With one division the sum of squares is all; with several, what patients owe to each other comes on top."""
    features, groups, patients = planted(distance, patients=150, images=3, features=6)
    sizes = np.bincount(groups[::3])
    quantile = student.ppf(0.975, sizes.min() - 1)

    def both(folds: int) -> tuple[float, float]:
        suite = replace(QUICK, folds=replace(V2.folds, count=folds))
        found = decode(features, groups, patients, suite=suite, controls=False)
        influence = of_reading(found, "race", 150)["decodability/attribute=race/layer=features"]
        assert influence.sum() == pytest.approx(0, abs=1e-12)
        error = (found.one_vs_one.high - found.one_vs_one.value) / quantile
        return float(np.sqrt((influence**2).sum())), error

    alone, error = both(1)
    assert alone == pytest.approx(error, rel=1e-9)
    part, whole = both(5)
    assert np.sqrt(0.6) * whole <= part <= whole
    assert part < alone


def test_a_network_diagnoses_where_its_interval_lies_above_chance() -> None:
    rng = np.random.default_rng(0)
    patients = np.repeat(np.arange(200), 2)
    truth = rng.integers(0, 2, (400, 2)).astype(float)
    truth[:50, 0] = np.nan
    noise = rng.normal(size=truth.shape)
    assert diagnoses(truth, np.nan_to_num(truth) + noise, patients)
    assert not diagnoses(truth, noise, patients)
    assert not diagnoses(truth, -truth + noise, patients)
    assert not diagnoses(np.ones_like(truth), noise, patients)
    # The same images again and again say no more than once.
    weak = np.tile(0.3 * truth[:60, 1:] + noise[:60, 1:], (20, 1))
    many = np.tile(truth[:60, 1:], (20, 1))
    assert diagnoses(many, weak, np.arange(1200))
    assert not diagnoses(many, weak, np.tile(np.arange(60), 20))


def test_patients_of_unknown_group_have_no_influence_on_the_headline() -> None:
    features, groups, patients = planted(1.0, patients=60, features=4)
    groups = np.where(np.isin(patients, (0, 17, 59)), -1, groups)
    found = decode(features, groups, patients, suite=QUICK, fast=True)
    (influence,) = of_reading(found, "race", 60).values()
    assert influence.shape == (60,)
    assert not influence[[0, 17, 59]].any()
    assert np.count_nonzero(influence) > 50
    order = np.random.default_rng(0).permutation(len(patients))
    again = decode(features[order], groups[order], patients[order], suite=QUICK, fast=True)
    np.testing.assert_array_equal(again.influence, found.influence)


def test_what_is_kept_of_an_arena_is_labelled_as_its_scores_are() -> None:
    part = build(table(patients=300, seed=1)).part("test")
    outputs = network(part)
    made = score(Computed(part, outputs, choose_thresholds(part, outputs), (0, 1)), QUICK, replicates=5)
    labels = {found.label for found in made.scores}
    targets = (*part.spec.targets, "macro")
    expected = [f"{metric}/target={target}" for metric in ("auroc", "brier") for target in targets]
    expected += [f"decodability{given}/attribute=race/layer=network" for given in ("", "_given_diagnosis")]
    expected += [f"decodability/attribute=race/layer={layer}" for layer in ("features", "outputs")]
    assert list(made.influence) == expected
    assert set(expected) <= labels
    for values in made.influence.values():
        assert values.shape == (part.table["patient"].nunique(),)
        assert values.sum() == pytest.approx(0, abs=1e-12)
        assert values.any()
