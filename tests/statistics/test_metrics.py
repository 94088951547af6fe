import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, recall_score, roc_auc_score

from bench.scoring.catalogue import METRICS
from bench.statistics import metrics
from bench.statistics.metrics import Sample, weighted_auroc


@st.composite
def weighted_samples(draw):
    """Probabilities with many ties, labels of both classes, and three weightings with zeros among them."""
    n = draw(st.integers(2, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = draw(st.sampled_from([3, 10, 1000]))
    scores = rng.integers(0, levels + 1, n) / levels
    positives = rng.random(n) < 0.4
    positives[:2] = True, False
    whole = draw(st.booleans())
    weights = rng.poisson(1.0, (n, 3)).astype(float) if whole else rng.gamma(1.0, size=(n, 3))
    weights[:2] += 1
    return Sample(scores, positives, float(rng.choice(scores))), weights


def columns(function, sample, weights):
    """The reference for each column of weights in turn."""
    return [function(sample.positives, sample.scores, sample_weight=column) for column in weights.T]


@given(weighted_samples())
def test_auroc_is_scikit_learns(case):
    np.testing.assert_allclose(metrics.auroc(*case), columns(roc_auc_score, *case), atol=1e-12)


@given(weighted_samples())
def test_auprc_is_scikit_learns_average_precision(case):
    np.testing.assert_allclose(metrics.auprc(*case), columns(average_precision_score, *case), atol=1e-12)


@given(weighted_samples())
def test_brier_is_scikit_learns(case):
    np.testing.assert_allclose(metrics.brier(*case), columns(brier_score_loss, *case), atol=1e-12)


@given(weighted_samples())
def test_rates_at_the_threshold_are_scikit_learns(case):
    sample, weights = case
    called = sample.scores >= sample.threshold
    for c, column in enumerate(weights.T):
        recall = [recall_score(sample.positives, called, pos_label=k, sample_weight=column) for k in (True, False)]
        assert metrics.sensitivity(sample, weights)[c] == pytest.approx(recall[0], abs=1e-12)
        assert metrics.specificity(sample, weights)[c] == pytest.approx(recall[1], abs=1e-12)
        assert metrics.false_positive_rate(sample, weights)[c] == pytest.approx(1 - recall[1], abs=1e-12)
        assert metrics.selection_rate(sample, weights)[c] == pytest.approx(
            np.average(called, weights=column), abs=1e-12
        )


def ece_by_hand(labels, scores, weights):
    total = 0.0
    for b in range(15):
        low, high = b / 15, (b + 1) / 15
        inside = [i for i, s in enumerate(scores) if low < s <= high or (b == 0 and s == 0)]
        weight = sum(weights[i] for i in inside)
        if weight > 0:
            confidence = sum(weights[i] * scores[i] for i in inside) / weight
            frequency = sum(weights[i] * labels[i] for i in inside) / weight
            total += weight * abs(confidence - frequency)
    return total / sum(weights)


@settings(deadline=None)
@given(weighted_samples())
def test_ece_is_the_sum_over_bins(case):
    sample, weights = case
    by_hand = [ece_by_hand(sample.positives, sample.scores, column) for column in weights.T]
    np.testing.assert_allclose(metrics.ece(sample, weights), by_hand, atol=1e-12)


def test_ece_of_known_miscalibration():
    scores = np.repeat([0.1, 0.9], 100)
    positives = np.tile(np.arange(100) < 30, 2)  # 30% in either bin
    assert metrics.ece(Sample(scores, positives), np.ones((200, 1)))[0] == pytest.approx((0.2 + 0.6) / 2)


@given(weighted_samples(), st.randoms(use_true_random=False))
def test_a_whole_weight_is_a_repetition(case, random):
    sample, weights = case
    counts = np.ceil(weights[:, 0]).astype(int)
    rows = np.repeat(np.arange(len(counts)), counts)
    random.shuffle(rows)
    repeated = Sample(sample.scores[rows], sample.positives[rows], sample.threshold)
    for metric in METRICS:
        weighted = metric.function(sample, counts[:, None].astype(float))
        assert metric.function(repeated, np.ones((len(rows), 1))) == pytest.approx(weighted, abs=1e-12), metric.key


@given(weighted_samples())
def test_columns_do_not_touch_each_other_and_values_lie_in_the_unit_interval(case):
    sample, weights = case
    for metric in METRICS:
        together = metric.function(sample, weights)
        assert together.shape == (3,)
        assert together.dtype == np.float64
        assert np.all((together >= -1e-12) & (together <= 1 + 1e-12)), metric.key
        alone = [metric.function(sample, weights[:, [c]])[0] for c in range(3)]
        np.testing.assert_allclose(together, alone, atol=1e-12, err_msg=metric.key)


@pytest.mark.parametrize("positives", [np.zeros(5, bool), np.ones(5, bool)])
def test_one_class_leaves_undefined_what_needs_two(positives):
    sample, weights = Sample(np.linspace(0.1, 0.9, 5), positives, 0.5), np.ones((5, 2))
    assert np.isnan(metrics.auroc(sample, weights)).all()
    assert np.isnan(metrics.auprc(sample, weights)).all() == (not positives.any())
    assert np.isnan(metrics.sensitivity(sample, weights)).all() == (not positives.any())
    assert np.isnan(metrics.specificity(sample, weights)).all() == positives.all()
    assert np.isfinite(metrics.brier(sample, weights)).all()


def test_a_class_that_weighs_nothing_is_a_missing_class_in_that_column_only():
    sample = Sample(np.array([0.2, 0.4, 0.6]), np.array([False, True, True]), 0.5)
    weights = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    np.testing.assert_array_equal(np.isnan(metrics.auroc(sample, weights)), [False, True])


def test_no_image_and_no_threshold_are_undefined():
    empty = Sample(np.zeros(0), np.zeros(0, bool), 0.5)
    without = Sample(np.array([0.2, 0.8]), np.array([False, True]))
    for metric in METRICS:
        assert np.isnan(metric.function(empty, np.ones((0, 2)))).all(), metric.key
        assert np.isnan(metric.function(without, np.ones((2, 2)))).all() == metric.at_threshold, metric.key


def test_weighted_auroc_takes_any_score():
    scores = np.array([-3.0, 12.0, 0.0, 0.0])
    positives = np.array([False, True, True, False])
    assert weighted_auroc(scores, positives, np.ones((4, 1)))[0] == (1 + 1 + 1 + 0.5) / 4
