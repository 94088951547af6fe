import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from bench.scoring.decodability.auroc import hand_till, log_odds
from bench.scoring.decodability.logistic import Logistic
from bench.scoring.decodability.whitening import Whitening


@pytest.mark.parametrize("n_groups", [2, 3])
def test_agrees_with_scikit_learn_along_the_path(n_groups: int) -> None:
    rng = np.random.default_rng(n_groups)
    n, d = 500, 12
    groups = rng.choice(n_groups, 2 * n, p=np.arange(1, n_groups + 1) / np.arange(1, n_groups + 1).sum())
    features = (rng.normal(size=(2 * n, d)) + 0.4 * rng.normal(size=(n_groups, d))[groups]) * np.logspace(0, -2, d)
    whitening = Whitening.fit(features[:n])
    fit, test = whitening.transform(features[:n]), whitening.transform(features[n:])
    predicted = Logistic.fit(fit, whitening.variances, groups[:n], n_groups).predict(test)
    # Undo the whitening of spread, not that of rotation: the penalty acts there.
    spread = np.sqrt(whitening.variances)
    for penalty, ours in list(zip(Logistic.penalties, predicted, strict=True))[::2]:
        # A two-class model of scikit-learn has one weight vector, half of whose squared length two would have.
        strength = (n_groups == 2) + 1
        theirs = LogisticRegression(C=strength / (n * penalty), tol=1e-8, max_iter=10_000, solver="newton-cg")
        expected = theirs.fit(fit * spread, groups[:n]).predict_log_proba(test * spread)
        # The fit stops once ranks have settled; probabilities are then within .01 of the minimiser's.
        np.testing.assert_allclose(np.exp(log_softmax(ours, axis=1)), np.exp(expected), atol=0.01)
        ours_auroc, expected_auroc = (hand_till(log_odds(s)[None], groups[n:])[0] for s in (ours, expected))
        assert ours_auroc == pytest.approx(expected_auroc, abs=5e-4)
