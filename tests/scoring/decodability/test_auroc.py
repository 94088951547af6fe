import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.metrics import roc_auc_score

from bench.scoring.decodability.auroc import (
    Pairs,
    hand_till,
    log_odds,
    mean_over_cells,
    mean_over_pairings,
    one_vs_one_pairs,
    one_vs_rest_pairs,
    pooled_over_cells,
)


def posteriors(seed: int, n: int = 300, groups: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Log posteriors and codes of images; posteriors are multiples of 1/(10 + groups), so that many tie."""
    rng = np.random.default_rng(seed)
    codes = rng.choice(groups, n, p=np.arange(1, groups + 1) / np.arange(1, groups + 1).sum())
    drawn = rng.multinomial(10, softmax(rng.normal(size=(n, groups)) + np.eye(groups)[codes], axis=1))
    return np.log((drawn + 1) / (10 + groups)), codes


@pytest.mark.parametrize("groups", [2, 3, 4])
def test_hand_till_is_that_of_scikit_learn(groups: int) -> None:
    logs, codes = posteriors(groups, groups=groups)
    expected = roc_auc_score(codes, np.exp(logs)[:, 1] if groups == 2 else np.exp(logs), multi_class="ovo")
    assert hand_till(np.exp(logs)[None], codes)[0] == pytest.approx(expected, abs=1e-12)
    assert hand_till(log_odds(logs)[None], codes)[0] == pytest.approx(expected, abs=1e-12)
    cells = np.zeros(len(codes), dtype=int)
    terms = [mean_over_cells(p, np.ones((len(codes), 1))) for p in one_vs_one_pairs(log_odds(logs), codes, cells)]
    assert mean_over_pairings(terms)[0] == pytest.approx(expected, abs=1e-12)


def test_hand_till_leaves_out_pairs_that_do_not_occur() -> None:
    logs, codes = posteriors(0)
    two = codes != 1
    # Group 0 against 2 and 2 against 0 remain, each by its own score.
    expected = (
        roc_auc_score(codes[two] == 0, log_odds(logs)[two, 0]) + roc_auc_score(codes[two] == 2, log_odds(logs)[two, 2])
    ) / 2
    assert hand_till(log_odds(logs)[None, two], codes[two])[0] == pytest.approx(expected, abs=1e-12)
    assert np.isnan(hand_till(logs[None, codes == 0], codes[codes == 0])[0])


def test_one_vs_rest_is_that_of_scikit_learn() -> None:
    logs, codes = posteriors(1)
    cells = np.zeros(len(codes), dtype=int)
    for group, pairs in enumerate(one_vs_rest_pairs(log_odds(logs), codes, cells)):
        expected = roc_auc_score(codes == group, logs[:, group])
        assert mean_over_cells(pairs, np.ones((len(codes), 1)))[0] == pytest.approx(expected, abs=1e-12)


def test_log_odds_are_those_of_the_posterior_and_do_not_saturate() -> None:
    logs, _ = posteriors(2)
    posterior = np.exp(logs)
    np.testing.assert_allclose(log_odds(logs + 5.0), np.log(posterior / (1 - posterior)), rtol=1e-8, atol=1e-9)
    extreme = log_odds(np.array([[0.0, -100.0, -200.0], [0.0, -101.0, -200.0]]))
    assert extreme[1, 0] > extreme[0, 0] > 99


@given(st.integers(0, 10_000))
def test_counts_equal_a_loop_over_all_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 25
    scores, cells = rng.integers(0, 5, n).astype(float), rng.integers(0, 4, n)
    roles = rng.integers(0, 3, n)  # positive, negative, neither
    weights = rng.integers(0, 3, (n, 3)).astype(float)
    won, total = np.zeros(3), np.zeros(3)
    for i in np.flatnonzero(roles == 0):
        for j in np.flatnonzero((roles == 1) & (cells == cells[i])):
            won += weights[i] * weights[j] * ((scores[i] > scores[j]) + 0.5 * (scores[i] == scores[j]))
            total += weights[i] * weights[j]
    pairs = Pairs.of(scores, roles == 0, roles == 1, cells)
    counted = [part.sum(axis=0) for part in pairs.count(weights)]
    np.testing.assert_allclose(counted, [won, total])
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(pooled_over_cells(pairs, weights), won / total)


def test_the_mean_over_cells_is_that_of_each_cells_auroc() -> None:
    rng = np.random.default_rng(0)
    n = 400
    cells, positive, scores = rng.integers(0, 4, n), rng.random(n) < 0.3, rng.normal(size=n)
    scores += 100 * cells  # scores of different cells are never compared
    weights = rng.integers(0, 3, (n, 2)).astype(float)
    expected = [
        np.mean(
            [roc_auc_score(positive[c], scores[c], sample_weight=weights[c, r]) for c in (cells == k for k in range(4))]
        )
        for r in range(2)
    ]
    np.testing.assert_allclose(mean_over_cells(Pairs.of(scores, positive, ~positive, cells), weights), expected)


def test_no_pairs_give_nan() -> None:
    nothing = Pairs.of(
        np.arange(4.0), np.array([1, 1, 0, 0], bool), np.array([0, 0, 1, 1], bool), np.array([0, 0, 1, 1])
    )
    assert np.isnan(mean_over_cells(nothing, np.ones((4, 2)))).all()
    assert np.isnan(pooled_over_cells(nothing, np.ones((4, 2)))).all()
    assert np.isnan(mean_over_pairings([np.array([np.nan]), np.array([np.nan])]))[0]
    assert mean_over_pairings([np.array([np.nan]), np.array([0.7])])[0] == 0.7
