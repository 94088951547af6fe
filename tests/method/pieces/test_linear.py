"""Linear models of features, against scikit-learn and NumPy."""

from __future__ import annotations

import numpy as np
import sklearn
import torch
from packaging.version import Version
from scipy.linalg import sqrtm
from sklearn.linear_model import LinearRegression, LogisticRegression

from bench.method.pieces.linear import (
    LinearFit,
    basis,
    group_directions,
    head_of,
    least_squares,
    logistic_regression,
    standardisation,
    whitening,
)

N, D = 300, 5
#: How scikit-learn is asked for an L1 penalty.
LASSO = {"l1_ratio": 1.0} | ({} if Version(sklearn.__version__) >= Version("1.8") else {"penalty": "elasticnet"})


def data(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Features of several sizes, and two targets that they tell something of."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(N, D)) * [1.0, 2.0, 0.5, 3.0, 1.0] + 1.0
    y = (x @ rng.normal(size=(D, 2)) + 2 * rng.normal(size=(N, 2)) > 1.0).astype(float)
    return torch.tensor(x), torch.tensor(y)


def reference(x: torch.Tensor, y: torch.Tensor, **options: object) -> np.ndarray:
    """scikit-learn's coefficients and intercept, to the last digits."""
    fit = LogisticRegression(tol=1e-10, max_iter=20_000, **options).fit(x.numpy(), y.numpy())
    return np.append(fit.coef_[0], fit.intercept_)


def found(fit: LinearFit, target: int) -> np.ndarray:
    return np.append(fit.weight[target].numpy(), fit.bias[target].item())


def test_ridge_is_that_of_scikit_learn() -> None:
    x, y = data()
    fit = logistic_regression(x, y, l2=1 / (2 * 0.3 * N))
    for target in range(2):
        np.testing.assert_allclose(found(fit, target), reference(x, y[:, target], C=0.3), atol=1e-4)


def test_lasso_is_that_of_scikit_learn_with_its_zeros() -> None:
    x, y = data()
    x = standardisation(x).features
    fit = logistic_regression(x, y, l1=1 / (0.05 * N))
    for target in range(2):
        expected = reference(x, y[:, target], C=0.05, solver="saga", **LASSO)
        np.testing.assert_allclose(found(fit, target), expected, atol=1e-4)
        np.testing.assert_array_equal(found(fit, target) == 0, expected == 0)
    assert (fit.weight == 0).any()


def test_weights_count_as_copies_and_unknown_labels_as_absent() -> None:
    x, y = data(1)
    weights = torch.randint(0, 4, (N, 2), generator=torch.Generator().manual_seed(0)).double()
    y[:20, 0] = torch.nan
    fit = logistic_regression(x, y, weights, l2=0.01)
    for target in range(2):
        copies = torch.arange(N)[~torch.isnan(y[:, target])]
        copies = copies.repeat_interleave(weights[copies, target].long())
        alone = logistic_regression(x[copies], y[copies, target, None], l2=0.01)
        np.testing.assert_allclose(found(fit, target), found(alone, 0), atol=1e-5)


def test_an_anchor_is_where_an_infinite_penalty_ends() -> None:
    x, y = data(2)
    anchor = LinearFit(torch.randn(2, D, dtype=torch.float64), torch.zeros(2, dtype=torch.float64))
    fit = logistic_regression(x, y, l2=1e6, anchor=anchor)
    torch.testing.assert_close(fit.weight, anchor.weight, atol=1e-5, rtol=0)
    free = logistic_regression(x, y, l2=1e-3, anchor=anchor)
    assert (free.weight - anchor.weight).abs().max() > 0.1


def test_a_target_of_one_class_keeps_the_anchor() -> None:
    x, y = data(3)
    y[:, 1] = 1.0
    anchor = LinearFit(torch.ones(2, D, dtype=torch.float64), torch.full((2,), 7.0, dtype=torch.float64))
    fit = logistic_regression(x, y, l2=0.1, anchor=anchor)
    assert torch.equal(fit.weight[1], anchor.weight[1])
    assert fit.bias[1] == 7.0
    assert not torch.equal(fit.weight[0], anchor.weight[0])


def test_without_an_intercept_it_goes_through_zero() -> None:
    x, y = data(4)
    fit = logistic_regression(x, y[:, :1], l2=1 / (2 * N), intercept=False)
    expected = LogisticRegression(C=1.0, fit_intercept=False, tol=1e-10).fit(x.numpy(), y[:, 0].numpy()).coef_[0]
    np.testing.assert_allclose(fit.weight[0].numpy(), expected, atol=1e-4)
    assert fit.bias[0] == 0


def test_standardised_features_and_back() -> None:
    x, y = data(5)
    x[:, 2] = 4.0
    shown = standardisation(x)
    expected = (x - x.mean(0)) / np.where(np.arange(D) == 2, 1.0, x.numpy().std(0))
    np.testing.assert_allclose(shown.features.numpy(), expected, atol=1e-12)
    fit = logistic_regression(shown.features, y, l2=0.01)
    torch.testing.assert_close(shown.undo(fit)(x), fit(shown.features))


def test_a_fit_goes_into_a_layer_and_comes_out_of_it() -> None:
    fit = LinearFit(torch.randn(2, D, dtype=torch.float64), torch.randn(2, dtype=torch.float64))
    layer = torch.nn.Linear(D, 2)
    fit.copy_to(layer)
    torch.testing.assert_close(head_of(layer).weight, fit.weight, atol=1e-6, rtol=0)
    x = torch.randn(4, D)
    torch.testing.assert_close(layer(x).double(), fit(x), atol=1e-5, rtol=0)


def test_least_squares_is_that_of_scikit_learn() -> None:
    x, y = data(6)
    expected = LinearRegression().fit(x.numpy(), y.numpy())
    fit = least_squares(x, y)
    np.testing.assert_allclose(fit.weight.numpy(), expected.coef_, atol=1e-10)
    np.testing.assert_allclose(fit.bias.numpy(), expected.intercept_, atol=1e-10)


def test_whitening_is_the_inverse_root_of_the_covariance() -> None:
    x, _ = data(7)
    w, inverse = whitening(x)
    root = sqrtm(np.cov(x.numpy().T, bias=True)).real
    np.testing.assert_allclose(inverse.numpy(), root, atol=1e-10)
    np.testing.assert_allclose(w.numpy(), np.linalg.inv(root), atol=1e-10)


def test_whitening_is_invertible_where_features_are_constant() -> None:
    x, _ = data(8)
    x[:, 1] = 2.0
    for features in (x, torch.full((9, D), 3.0)):
        w, inverse = whitening(features)
        torch.testing.assert_close(w @ inverse, torch.eye(D, dtype=torch.float64), atol=1e-6, rtol=0)


def test_group_directions_are_the_differences_of_means_and_a_basis_drops_what_is_rounding() -> None:
    x, _ = data(9)
    groups = torch.arange(N) % 3
    directions = group_directions(x, groups)
    means = torch.stack([x[groups == k].mean(0) for k in range(3)])
    expected = (means - x.mean(0)).T * (1 / 3) ** 0.5
    torch.testing.assert_close(directions, expected)
    assert basis(directions, 1.0).shape == (D, 2)
    small = basis(1e-6 * directions, 1.0)
    torch.testing.assert_close(small @ small.T @ directions, directions)
    assert basis(1e-12 * directions, 1.0).shape == (D, 0)
