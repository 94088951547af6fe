import numpy as np
import pytest
from scipy.stats import f, norm

from tests.scoring.decodability import codes
from tests.scoring.decodability.codes import Cohort, one_vs_one
from tests.scoring.decodability.plants import ROWS, out_of_reach, spectrum
from tests.scoring.decodability.samples import decode

N = 40_000


def oracle(code: codes.Code, cohort: Cohort) -> float:
    return one_vs_one(code[1], cohort.groups)


def arctan(ratio: float) -> float:
    return 2 / np.pi * np.arctan(ratio)


def test_linear_is_that_of_gaussians() -> None:
    cohort = Cohort(N, 0)
    assert oracle(codes.linear(cohort, 1.2), cohort) == pytest.approx(norm.cdf(1.2 / np.sqrt(2)), abs=0.01)


def test_variance_coded_is_that_of_an_arctangent() -> None:
    two, three = Cohort(N, 0, shares=(0.4, 0.6)), Cohort(N, 1)
    assert oracle(codes.variance(two, 2.5), two) == pytest.approx(arctan(2.5), abs=0.01)
    expected = (2 * arctan(2.5) + arctan(2.5**2)) / 3
    assert oracle(codes.variance(three, 2.5), three) == pytest.approx(expected, abs=0.01)


def test_radius_is_that_of_an_f_distribution() -> None:
    cohort = Cohort(N, 0)
    expected = (2 * f.cdf(1.3**2, 8, 8) + f.cdf(1.3**4, 8, 8)) / 3
    assert oracle(codes.radius(cohort, 1.3), cohort) == pytest.approx(expected, abs=0.01)


def test_a_perfect_disease_score_reads_the_difference_in_prevalence() -> None:
    cohort = Cohort(N, 0, shares=(0.3, 0.7))
    prevalences = np.array([0.35, 0.20])
    labels = (cohort.rng.random(N) < prevalences[cohort.groups]).astype(int)
    perfect = codes.disease(cohort, labels, prevalences, shift=12.0)
    at_random = cohort.rng.normal(size=(N, 1))  # ties of a score of two values, broken by a fair coin
    assert oracle((perfect[0], perfect[1] + 1e-3 * at_random * [[1, -1]]), cohort) == pytest.approx(0.575, abs=0.01)
    assert oracle(codes.disease(cohort, labels, prevalences), cohort) == pytest.approx(0.569, abs=0.01)


@pytest.mark.parametrize("make", [codes.linear, codes.xor, codes.radius, codes.variance, codes.products, codes.sine])
def test_no_other_ranking_beats_the_oracle_and_likelihoods_are_calibrated(make) -> None:  # type: ignore[no-untyped-def]
    cohort = Cohort(N, 0, shares=(0.5, 0.5))
    code, log_likelihoods = make(cohort)
    ratio = log_likelihoods[:, 1] - log_likelihoods[:, 0]
    # The likelihood ratio is its own likelihood ratio: among images of ratio r, the second group is r times as likely.
    bins = np.digitize(ratio, np.quantile(ratio, np.linspace(0, 1, 9)[1:-1]))
    share = np.mean(cohort.groups == 1)
    expected = 1 / (1 + np.exp(-ratio) * (1 - share) / share)
    for one in range(8):
        rows = bins == one
        assert np.mean(cohort.groups[rows] == 1) == pytest.approx(expected[rows].mean(), abs=0.03)
    np.testing.assert_allclose((code**2).mean(axis=0), 1, atol=1.2)


@pytest.mark.parametrize("make", [codes.xor, codes.radius, codes.variance, codes.products])
def test_nonlinear_codes_have_equal_means(make) -> None:  # type: ignore[no-untyped-def]
    cohort = Cohort(N, 0)
    code = make(cohort)[0]
    for group in range(3):
        np.testing.assert_allclose(code[cohort.groups == group].mean(axis=0), 0, atol=0.07)


def test_images_of_a_patient_resemble_each_other() -> None:
    cohort = Cohort(N, 0)
    noise = cohort.noise(5)
    together = cohort.patients[1:] == cohort.patients[:-1]
    assert np.bincount(cohort.patients)[:-1].min() >= 1
    assert np.bincount(cohort.patients).max() == 5
    assert (cohort.groups[1:] == cohort.groups[:-1])[together].all()
    np.testing.assert_allclose(np.mean(noise[1:][together] * noise[:-1][together], axis=0), 0.3, atol=0.03)
    np.testing.assert_allclose(noise.var(axis=0), 1, atol=0.05)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_what_it_says(row: str) -> None:
    made, again = (ROWS[row](1200, 64, 3) for _ in range(2))
    assert made.features.shape == (1200, 64)
    assert made.features.dtype == np.float32
    np.testing.assert_array_equal(made.features, again.features)
    assert np.isfinite(made.features).all() == (row not in ("nan", "infinite"))
    if row in ("constant", "nothing"):
        assert made.oracle == 0.5
    elif row == "disease":
        assert made.oracle == pytest.approx(0.57, abs=0.03)
    elif made.oracle is not None:
        assert 0.7 < made.oracle < 0.88
    patient_groups = {(int(p), int(g)) for p, g in zip(made.patients, made.groups, strict=True)}
    assert len(patient_groups) == len(set(made.patients.tolist()))


def test_the_spectrum_and_the_hidden_direction() -> None:
    plain, hidden = (ROWS[row](3000, 64, 0).features.astype(float) for row in ("linear", "low variance"))
    assert np.linalg.cond(np.cov(plain.T)) == pytest.approx(1e4, rel=0.6)
    eigenvalues = np.linalg.eigvalsh(np.cov(hidden.T))
    assert eigenvalues[1] / eigenvalues[-1] == pytest.approx(1e-8, rel=0.8)
    assert eigenvalues[2] / eigenvalues[-1] > 1e-5


def test_what_is_said_to_be_out_of_reach_is_what_ridge_misses() -> None:
    means = codes.simplex(3, 1.47)
    for n, width in ((800, 64), (6000, 64)):
        made = ROWS["low variance"](n, width, 0)
        variances = spectrum(width)
        variances[-2:] = 1e-8
        assert made.beyond_reach == out_of_reach(Cohort(n, 0), np.eye(width)[-1], means, variances) == (n == 800)
        assert made.oracle is not None
        read = decode(made.features, made.groups, made.patients, fast=True).one_vs_one.value
        assert read is not None
        assert (made.oracle - read > 0.04) == made.beyond_reach
