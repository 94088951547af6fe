import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from bench.statistics.multinomial import Multinomial, fit_path


def rows(n: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A design (n, 4) and classes that depend on it."""
    rng = np.random.default_rng(seed)
    design = rng.normal(size=(n, 4))
    logits = design @ rng.normal(size=(4, classes)) + rng.normal(size=classes)
    return design, (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_every_fit_of_the_path_is_that_of_scikit_learn(classes: int) -> None:
    design, codes = rows(400, classes)
    penalties = [1.0, 0.01, 1e-4]
    for penalty, found in zip(penalties, fit_path(design, codes, classes, penalties), strict=True):
        # For two classes scikit-learn has one vector of coefficients where here are two that are each other's negative.
        strength = (2 if classes == 2 else 1) / (penalty * len(codes))
        reference = LogisticRegression(C=strength, tol=1e-10, max_iter=10_000).fit(design, codes)
        expected = reference.predict_log_proba(design)
        np.testing.assert_allclose(found.log_posteriors(design), expected, atol=1e-4)


def test_separable_classes_and_absent_ones_stay_finite() -> None:
    design = np.linspace(-1, 1, 40)[:, None]
    (found,) = fit_path(design, (design[:, 0] > 0).astype(int), 3, [1e-4])
    logs = found.log_posteriors(design)
    assert np.isfinite(logs).all()
    assert np.exp(logs[:, 2]).max() < 1e-3
    assert np.exp(logs[-1, 1]) > 0.95


def test_influence_is_what_leaving_a_row_out_changes() -> None:
    design, codes = rows(300, 3)
    gradient = np.random.default_rng(1).normal(size=(5, 2))

    def quantity(found: Multinomial) -> float:
        return float((gradient * found.coefficients).sum())

    (whole,) = fit_path(design, codes, 3, [1e-3])
    moved = whole.moved_by_rows(design, codes, gradient)
    assert moved.sum() == pytest.approx(0, abs=1e-12)
    expected = []
    for row in range(300):
        kept = np.arange(300) != row
        (without,) = fit_path(design[kept], codes[kept], 3, [1e-3])
        expected.append(quantity(whole) - quantity(without))
    # First order against the whole: rows of much leverage differ a little.
    assert np.corrcoef(moved, expected)[0, 1] > 0.995
    assert np.square(moved).sum() == pytest.approx(np.square(expected).sum(), rel=0.15)


def test_a_design_without_columns_gives_the_shares() -> None:
    codes = np.array([0, 0, 1, 2])
    (found,) = fit_path(np.zeros((4, 0)), codes, 3, [1.0])
    np.testing.assert_allclose(np.exp(found.log_posteriors(np.zeros((2, 0))))[0], [0.5, 0.25, 0.25], atol=1e-6)
