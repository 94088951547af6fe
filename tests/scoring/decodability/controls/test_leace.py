import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import sqrtm
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bench.scoring.decodability.controls.leace import Leace

N, D, K = 900, 12, 3


def data(seed: int = 0, spread: np.ndarray | float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    groups = rng.choice(K, N, p=[0.2, 0.3, 0.5])
    latent = rng.normal(size=(N, D)) + 0.8 * rng.normal(size=(K, D))[groups]
    return latent * spread @ np.linalg.qr(rng.normal(size=(D, D)))[0] + 5, groups


def spectrum(decades: float) -> np.ndarray:
    return np.logspace(0, -decades / 2, D)


def means(features: np.ndarray, groups: np.ndarray) -> np.ndarray:
    return np.stack([features[groups == group].mean(axis=0) for group in range(K)])


@pytest.mark.parametrize("decades", [0, 8, 14, 30])
def test_every_group_has_the_same_mean(decades: float) -> None:
    features, groups = data(spread=spectrum(decades))
    erased = Leace.fit(features, groups, K).apply(features)
    before, after = (np.ptp(means(x, groups), axis=0).max() for x in (features, erased))
    assert after < 1e-12 < before


def test_no_linear_reader_finds_anything() -> None:
    features, groups = data(spread=spectrum(6))
    erased = Leace.fit(features, groups, K).apply(features)

    def posterior(x: np.ndarray) -> np.ndarray:
        # The K - 1 directions that are gone come last.
        whitened = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[0][:, : D - K + 1] * np.sqrt(N)
        return LogisticRegression(C=1e6, max_iter=1000).fit(whitened, groups).predict_proba(whitened)

    assert roc_auc_score(groups, posterior(features), multi_class="ovo") > 0.8
    prevalence = np.bincount(groups) / N
    np.testing.assert_allclose(posterior(erased), np.tile(prevalence, (N, 1)), atol=1e-4)


def test_agrees_with_the_published_formula() -> None:
    features, groups = data(1)
    covariance = np.cov(features.T, bias=True)
    whiten = np.linalg.inv(sqrtm(covariance).real)
    cross = np.cov(features.T, np.eye(K)[groups].T, bias=True)[:D, D:]
    concept = whiten @ cross
    projection = concept @ np.linalg.pinv(concept, rcond=1e-10)
    removed = (features - features.mean(axis=0)) @ (np.linalg.inv(whiten) @ projection @ whiten).T
    np.testing.assert_allclose(Leace.fit(features, groups, K).apply(features), features - removed, atol=1e-9)


def test_no_other_erasure_moves_the_features_less() -> None:
    features, groups = data(2, spectrum(3))
    fitted = Leace.fit(features, groups, K)
    cost = ((fitted.apply(features) - features) ** 2).sum()
    centred = features - features.mean(axis=0)
    deviations = means(features, groups) - features.mean(axis=0)
    basis = np.linalg.svd(deviations.T, full_matrices=False)[0][:, : K - 1]
    assert ((centred @ basis @ basis.T) ** 2).sum() > 1.05 * cost  # the orthogonal projection of the means

    rng = np.random.default_rng(0)
    keep = np.eye(D) - basis @ basis.T  # any map may be added that does not see the means
    for size in (1e-3, 1e-1):
        other = fitted.readout @ fitted.displacement + size * keep @ rng.normal(size=(D, D))
        np.testing.assert_allclose(deviations @ (np.eye(D) - other), 0, atol=1e-10)
        assert ((centred @ other) ** 2).sum() > cost


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**32 - 1))
def test_affine_maps_of_the_features_change_nothing(seed: int) -> None:
    features, groups = data(3)
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.normal(size=(D, D)))[0]
    mixed = rotation * rng.uniform(0.1, 10, D) @ np.linalg.qr(rng.normal(size=(D, D)))[0]
    offset = rng.normal(size=D)
    expected = Leace.fit(features, groups, K).apply(features) @ mixed + offset
    moved = features @ mixed + offset
    np.testing.assert_allclose(Leace.fit(moved, groups, K).apply(moved), expected, atol=1e-8)


def test_new_images_are_moved_by_the_same_map_and_twice_is_once() -> None:
    features, groups = data(4)
    fitted = Leace.fit(features[:600], groups[:600], K)
    whole = fitted.apply(features)
    np.testing.assert_allclose(fitted.apply(features[600:]), whole[600:], atol=1e-12)
    np.testing.assert_allclose(fitted.apply(whole), whole, atol=1e-9)
    again = Leace.fit(whole[:600], groups[:600], K)
    assert again.readout.shape == (D, 0)


def test_an_xor_code_survives() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(4000, 6))
    groups = (features[:, 0] * features[:, 1] > 0).astype(int)
    features[:, 5] += 2 * groups
    erased = Leace.fit(features, groups, 2).apply(features)
    assert roc_auc_score(groups, erased[:, 5]) < 0.6
    reader = QuadraticDiscriminantAnalysis(reg_param=1e-3).fit(erased[:2000], groups[:2000])
    assert roc_auc_score(groups[2000:], reader.predict_proba(erased[2000:])[:, 1]) > 0.9


def test_fewer_images_than_features() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1, 2], 10)
    features = rng.normal(size=(30, 80)).astype(np.float32) + 1e3
    erased = Leace.fit(features, groups, K).apply(features)
    assert np.ptp(means(erased, groups), axis=0).max() < 1e-9
    assert erased.var() > 0.5  # 2 of 29 directions are gone, not all of them


def test_a_group_that_does_not_occur_and_constant_columns() -> None:
    features, groups = data(5)
    features[:, 3] = 0.1
    features, groups = features[groups != 1], groups[groups != 1]
    erased = Leace.fit(features, groups, K).apply(features)
    assert np.abs(erased[groups == 0].mean(axis=0) - erased[groups == 2].mean(axis=0)).max() < 1e-12
    np.testing.assert_allclose(erased[:, 3], 0.1, rtol=1e-15)
    constant = np.full((20, 4), 0.1)
    np.testing.assert_array_equal(Leace.fit(constant, np.arange(20) % 3, K).apply(constant), constant)
