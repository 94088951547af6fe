import numpy as np
import pytest
import sklearn.linear_model
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.decodability.whitening import Whitening
from bench.statistics.auroc import one_vs_one
from tests.scoring.decodability.trainings import training

D, N = 20, 600


def data(n_groups: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(n_groups)
    groups = rng.choice(n_groups, 2 * N, p=np.arange(1, n_groups + 1) / np.arange(1, n_groups + 1).sum())
    features = (rng.normal(size=(2 * N, D)) + 0.4 * rng.normal(size=(n_groups, D))[groups]) * np.logspace(0, -3, D)
    return features[:N], features[N:], groups[:N], groups[N:]


def ridge(
    fit: np.ndarray, groups: np.ndarray, n_groups: int, test: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    whitening = Whitening.fit(fit, np.arange(len(fit)), weights)
    fit, test = (whitening.transform(part, np.arange(len(part))) for part in (fit, test))
    return Ridge.fit(training(fit, groups, n_groups, variances=whitening.variances, weights=weights)).predict(test)


def test_two_groups_are_ranked_as_by_scikit_learns_ridge() -> None:
    fit, test, groups, test_groups = data(2)
    predicted = ridge(fit, groups, 2, test)
    aurocs = one_vs_one(predicted, test_groups)
    mean_eigenvalue = np.linalg.eigvalsh(np.cov(fit.T, bias=True)).mean()
    for penalty, ours in zip(Ridge.penalties, aurocs, strict=True):
        theirs = sklearn.linear_model.Ridge(alpha=penalty * mean_eigenvalue * N, solver="svd").fit(fit, groups == 1)
        scores = np.stack([-theirs.predict(test), theirs.predict(test)], axis=1)
        assert ours == pytest.approx(one_vs_one(scores[None], test_groups)[0], abs=5e-4)


def test_three_groups_get_the_posteriors_of_scikit_learns_discriminant_analysis() -> None:
    fit, test, groups, test_groups = data(3)
    predicted = ridge(fit, groups, 3, test)
    mean_eigenvalue = np.linalg.eigvalsh(np.cov(fit.T, bias=True)).mean()
    within = sum((groups == g).mean() * np.cov(fit[groups == g].T, bias=True) for g in range(3))
    for ours, penalty in zip(predicted[4:], Ridge.penalties[4:], strict=True):
        # (1 - γ) S_w + γ tr(S_w)/D I has the directions of S_w + λ I where λ = γ/(1 - γ) tr(S_w)/D.
        ratio = penalty * mean_eigenvalue / (np.trace(within) / D)
        shrinkage = ratio / (1 + ratio)
        theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(fit, groups)
        scores = theirs.decision_function(test)
        offset = np.log(theirs.priors_)
        # Their covariance is ours times 1 - γ: beside the prior, discriminants are larger by its inverse.
        np.testing.assert_allclose(
            _contrasts(ours - offset), _contrasts(scores - offset) * (1 - shrinkage), rtol=1e-3, atol=1e-5
        )
        expected = one_vs_one(((scores - offset) * (1 - shrinkage))[None], test_groups)[0]
        assert one_vs_one((ours - offset)[None], test_groups)[0] == pytest.approx(expected, abs=5e-4)


def _contrasts(scores: np.ndarray) -> np.ndarray:
    return scores - scores.mean(axis=1, keepdims=True)


def test_more_features_than_images() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1, 2], 20)
    fit = rng.normal(size=(60, 100)) + np.eye(3, 100)[groups] * 3
    assert Whitening.fit(fit, np.arange(60)).rank == 59
    predicted = ridge(fit, groups, 3, fit)
    assert np.isfinite(predicted).all()
    assert one_vs_one(predicted, groups).min() > 0.95


def test_an_images_weight_is_how_often_it_counts() -> None:
    fit, test, groups, _ = data(3)
    weights = np.random.default_rng(0).integers(1, 4, N)
    rows = np.repeat(np.arange(N), weights)
    weighted = ridge(fit, groups, 3, test, weights=weights / weights.mean())
    np.testing.assert_allclose(weighted, ridge(fit[rows], groups[rows], 3, test), rtol=1e-3, atol=1e-4)
