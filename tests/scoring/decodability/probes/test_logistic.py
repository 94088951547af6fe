import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from bench.scoring.decodability.probes.logistic import Logistic, logistic_path
from bench.scoring.decodability.whitening import Whitening
from bench.statistics.auroc import one_vs_one
from tests.scoring.decodability.trainings import training


@pytest.mark.parametrize("n_groups", [2, 3])
def test_agrees_with_scikit_learn_along_the_path(n_groups: int) -> None:
    rng = np.random.default_rng(n_groups)
    n, d = 500, 12
    groups = rng.choice(n_groups, 2 * n, p=np.arange(1, n_groups + 1) / np.arange(1, n_groups + 1).sum())
    features = (rng.normal(size=(2 * n, d)) + 0.4 * rng.normal(size=(n_groups, d))[groups]) * np.logspace(0, -2, d)
    whitening = Whitening.fit(features, np.arange(n))
    fit, test = (whitening.transform(features, rows) for rows in (np.arange(n), np.arange(n, 2 * n)))
    predicted = Logistic.fit(training(fit, groups[:n], n_groups, variances=whitening.variances)).predict(test)
    # Undo the whitening of spread, not that of rotation: the penalty acts there.
    spread = np.sqrt(whitening.variances)
    for penalty, ours in list(zip(Logistic.penalties, predicted, strict=True))[::2]:
        # A two-class model of scikit-learn has one weight vector, half of whose squared length two would have.
        strength = (n_groups == 2) + 1
        theirs = LogisticRegression(C=strength / (n * penalty), tol=1e-8, max_iter=10_000, solver="newton-cg")
        expected = theirs.fit(fit * spread, groups[:n]).predict_log_proba(test * spread)
        # The fit stops once ranks have settled; probabilities are then within .01 of the minimiser's.
        np.testing.assert_allclose(np.exp(log_softmax(ours, axis=1)), np.exp(expected), atol=0.01)
        ours_auroc, expected_auroc = (one_vs_one(s[None], groups[n:])[0] for s in (ours, expected))
        assert ours_auroc == pytest.approx(expected_auroc, abs=5e-4)


def test_an_images_weight_is_how_often_it_counts() -> None:
    rng = np.random.default_rng(0)
    groups, weights = rng.integers(0, 3, 200), rng.integers(1, 4, 200)
    fit = rng.normal(size=(200, 4)) + 0.5 * np.eye(3, 4)[groups]
    rows = np.repeat(np.arange(200), weights)
    weighted = Logistic.fit(training(fit, groups, 3, weights=weights / weights.mean()))
    repeated = Logistic.fit(training(fit[rows], groups[rows], 3))
    np.testing.assert_allclose(weighted.coefficients, repeated.coefficients, atol=2e-3)


def test_what_the_offset_knows_is_not_learnt_again() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 2, 4000)
    fit = rng.normal(size=(4000, 3))
    fit[:, 0] += groups - 0.5  # log odds x0, plus those of a second reading that the offset holds
    second = rng.normal(size=4000) + 1.5 * (groups - 0.5)
    offset = np.stack([np.zeros(4000), 1.5 * second], axis=1)
    coefficients, intercepts = logistic_path(training(fit, groups, 2), offset)
    slopes = coefficients[-1][:, 1] - coefficients[-1][:, 0]
    np.testing.assert_allclose(slopes, [1, 0, 0], atol=0.12)
    assert intercepts[-1][1] - intercepts[-1][0] == pytest.approx(0, abs=0.12)
