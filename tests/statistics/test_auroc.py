from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import softmax
from sklearn.metrics import roc_auc_score

from bench.statistics.auroc import (
    Contest,
    against_rest,
    decide,
    decide_all,
    hand_till,
    has_opponent,
    one_vs_one,
    pairs,
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
    assert decide_all(hand_till(logs, codes))[0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("groups", [2, 3, 4])
def test_pairs_are_ranked_by_their_own_odds(groups: int) -> None:
    logs, codes = posteriors(groups, groups=groups)
    expected = []
    for i, j in combinations(range(groups), 2):
        both = (codes == i) | (codes == j)
        expected.append(roc_auc_score(codes[both] == i, np.round((logs[:, i] - logs[:, j])[both], 9)))
    assert decide_all(pairs(logs, codes))[0] == pytest.approx(np.mean(expected), abs=1e-12)
    assert one_vs_one(logs[None], codes)[0] == pytest.approx(np.mean(expected), abs=1e-12)


def test_a_third_group_does_not_hide_what_tells_two_apart() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 6000)
    x = rng.normal(size=6000) + np.array([-1.0, 0.0, 1.0])[codes]
    logs = -((x[:, None] - np.array([-1.0, 0.0, 1.0])) ** 2) / 2
    assert decide_all(pairs(logs, codes))[0] > decide_all(hand_till(logs, codes))[0] + 0.02


def test_one_vs_one_leaves_out_pairs_that_do_not_occur() -> None:
    logs, codes = posteriors(0)
    two = codes != 1
    expected = roc_auc_score(codes[two] == 0, np.round((logs[:, 0] - logs[:, 2])[two], 9))
    assert one_vs_one(logs[None, two], codes[two])[0] == pytest.approx(expected, abs=1e-12)
    assert decide_all(pairs(logs[two], codes[two]))[0] == pytest.approx(expected, abs=1e-12)
    assert np.isnan(one_vs_one(logs[None, codes == 0], codes[codes == 0])[0])


def test_one_vs_rest_is_that_of_scikit_learn() -> None:
    logs, codes = posteriors(1)
    for group, contest in enumerate(against_rest(logs, codes)):
        assert decide(contest)[0] == pytest.approx(roc_auc_score(codes == group, logs[:, group]), abs=1e-12)


def test_odds_do_not_saturate() -> None:
    logs = np.array([[0.0, -100.0, -200.0], [0.0, -101.0, -200.0]])
    first = against_rest(logs, np.array([0, 1]))[0]
    assert first.scores[1] > first.scores[0] > 99


@given(st.integers(0, 10_000))
def test_decided_as_by_a_loop_over_all_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 25
    scores, cells = rng.integers(0, 5, n).astype(float), rng.integers(-1, 3, n)
    roles = rng.integers(0, 3, n)  # positive, negative, neither
    won, met = np.zeros(n), np.zeros(n)
    for i in np.flatnonzero(roles == 0):
        for j in np.flatnonzero((roles == 1) & (cells == cells[i])):
            point = (scores[i] > scores[j]) + 0.5 * (scores[i] == scores[j])
            won[[i, j]] += point
            met[[i, j]] += 1
    value, influence = decide(Contest(scores, roles == 0, roles == 1), cells)
    total = met[roles == 0].sum()
    if total == 0:
        assert np.isnan(value)
        assert not influence.any()
    else:
        assert value == pytest.approx(won[roles == 0].sum() / total)
        np.testing.assert_allclose(influence, (won - value * met) / total, atol=1e-12)


def test_the_influence_gives_delongs_variance() -> None:
    rng = np.random.default_rng(0)
    m, n = 40, 60
    x, y = np.round(rng.normal(0.7, 1, m), 1), np.round(rng.normal(0, 1, n), 1)
    kernel = (x[:, None] > y) + 0.5 * (x[:, None] == y)
    # DeLong, DeLong & Clarke-Pearson (1988), eq. 4 and 5: variances of the structural components.
    expected = np.var(kernel.mean(axis=1), ddof=1) / m + np.var(kernel.mean(axis=0), ddof=1) / n
    side = np.arange(m + n) < m
    value, influence = decide(Contest(np.r_[x, y], side, ~side))
    assert value == pytest.approx(kernel.mean())
    inflate = np.where(side, m / (m - 1), n / (n - 1))
    assert (inflate * influence**2).sum() == pytest.approx(expected, rel=1e-12)


def test_contests_without_pairs_are_left_out_of_the_mean() -> None:
    scores, codes = np.arange(4.0), np.array([0, 0, 1, 1])
    real = Contest(scores, codes == 1, codes == 0)
    empty = Contest(scores, codes == 2, codes == 0)
    assert decide_all([real, empty])[0] == 1.0
    value, influence = decide_all([empty])
    assert np.isnan(value)
    assert not influence.any()


def test_an_image_has_an_opponent_where_its_cell_holds_both_sides() -> None:
    cells = np.array([7, 7, 7, 2, 2, 5])
    positive = np.array([True, False, False, True, True, False])
    found = has_opponent(Contest(np.zeros(6), positive, ~positive), cells)
    assert found.tolist() == [True, True, True, False, False, False]
