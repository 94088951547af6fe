from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import approx_fprime
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier

from bench.scoring.decodability.probes import perceptron
from bench.scoring.decodability.probes.perceptron import Perceptron
from bench.scoring.decodability.probes.probe import Training


def training(coordinates: np.ndarray, groups: np.ndarray, weights: np.ndarray | None = None) -> Training:
    """The last fifth of the images selects."""
    n = len(groups) - len(groups) // 5
    weights = np.ones(n) if weights is None else weights
    k = int(groups.max()) + 1
    width = coordinates.shape[1]
    return Training(coordinates[:n], groups[:n], weights, np.ones(width), coordinates[n:], groups[n:], k)


def test_gradients_are_those_of_the_weighted_loss() -> None:
    rng = np.random.default_rng(0)
    coordinates, groups, weights = rng.normal(size=(7, 2)), rng.integers(0, 3, 7), rng.uniform(0.5, 1.5, 7)
    start = perceptron._start(rng, 2, np.full(3, 1 / 3), 2)
    start = [part.astype(np.float64) for part in start]
    penalties = np.array([0.3, 0.0])

    def loss(flat: np.ndarray) -> float:
        total = 0.0
        hidden, output = flat[: start[0].size].reshape(start[0].shape), flat[start[0].size :].reshape(start[1].shape)
        for network, penalty in enumerate(penalties):
            part = hidden[:, network * 256 : (network + 1) * 256]
            units = np.maximum(coordinates @ part[1:] + part[0], 0)
            logs = log_softmax(units @ output[network, 1:] + output[network, 0], axis=1)
            total -= (weights * logs[np.arange(7), groups]).mean()
            total += penalty / 2 * ((part[1:] ** 2).sum() + (output[network, 1:] ** 2).sum())
        return total

    onehot = np.eye(3)[groups] * weights[:, None]
    found = perceptron._gradients(start, coordinates, onehot, penalties)
    expected = approx_fprime(np.concatenate([part.ravel() for part in start]), loss, 1e-6)
    np.testing.assert_allclose(np.concatenate([part.ravel() for part in found]), expected, atol=2e-5)


def test_steps_are_those_of_scikit_learns_adam() -> None:
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

    rng = np.random.default_rng(0)
    ours = [rng.normal(size=(3, 4)), rng.normal(size=5)]
    theirs = [part.copy() for part in ours]
    adam = perceptron._Adam(ours)
    optimiser = AdamOptimizer(theirs, learning_rate_init=perceptron._RATE)
    for _ in range(10):
        gradients = [rng.normal(size=part.shape) for part in ours]
        optimiser.update_params(theirs, [gradient.copy() for gradient in gradients])
        adam.step(ours, gradients)
    for part, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-5)


def test_it_reads_xor_and_a_radius_at_least_as_well_as_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 2, 2500)
    xor = rng.normal(size=(2500, 8))
    sign = np.where(rng.random(2500) < np.where(groups, 0.9, 0.1), 1, -1)
    xor[:, 0] = np.abs(xor[:, 0]) * np.sign(xor[:, 1]) * sign
    sphere = rng.normal(size=(2500, 8)) * np.where(groups, 1.4, 1.0)[:, None]
    for coordinates in (xor, sphere):
        scores = Perceptron.fit(training(coordinates[:1500], groups[:1500])).predict(coordinates[1500:])
        ours = max(roc_auc_score(groups[1500:], s[:, 1] - s[:, 0]) for s in scores)
        theirs = MLPClassifier(256, early_stopping=True, n_iter_no_change=5, max_iter=60, random_state=0)
        theirs.fit(coordinates[:1500], groups[:1500])
        assert ours > roc_auc_score(groups[1500:], theirs.predict_proba(coordinates[1500:])[:, 1]) - 0.01
        assert ours > 0.75


def test_a_linear_signal_is_read_as_by_logistic_regression() -> None:
    rng = np.random.default_rng(0)
    groups = rng.choice(3, 3000, p=[0.15, 0.25, 0.6])
    coordinates = rng.normal(size=(3000, 5)) + np.eye(3, 5)[groups]
    scores = Perceptron.fit(training(coordinates[:2000], groups[:2000])).predict(coordinates[2000:])
    expected = LogisticRegression().fit(coordinates[:2000], groups[:2000]).predict_log_proba(coordinates[2000:])
    for log_posterior in scores:
        assert np.abs(np.exp(log_softmax(log_posterior, axis=1)) - np.exp(expected)).mean() < 0.04


def test_weights_move_the_prevalence_and_nothing_is_read_where_nothing_is() -> None:
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 2, 1500)
    weights = np.where(groups[:1200] == 0, 1.5, 0.5)
    select_like_fit = rng.random(1500) < np.where(groups == 0, 1.0, 1 / 3)
    given = training(rng.normal(size=(1500, 4)), groups, weights)
    kept = select_like_fit[1200:]
    given = replace(given, select=given.select[kept], select_groups=given.select_groups[kept])
    shares = np.exp(log_softmax(Perceptron.fit(given).predict(rng.normal(size=(500, 4))), axis=2)).mean(axis=1)
    np.testing.assert_allclose(shares[:, 0], 0.75, atol=0.04)


def test_the_best_epoch_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    given = training(rng.normal(size=(120, 20)), rng.integers(0, 2, 120))

    def loss(reader: Perceptron) -> np.ndarray:
        return perceptron._losses([reader.hidden, reader.output], given.select.astype(np.float32), given.select_groups)

    kept = loss(Perceptron.fit(given))
    monkeypatch.setattr(perceptron, "_EPOCHS", 1)
    assert (kept <= loss(Perceptron.fit(given))).all()
    monkeypatch.setattr(perceptron, "_EPOCHS", 0)
    assert (kept <= loss(Perceptron.fit(given))).all()


def test_the_same_training_gives_the_same_scores() -> None:
    rng = np.random.default_rng(0)
    given = training(rng.normal(size=(200, 3)), rng.integers(0, 2, 200))
    first = Perceptron.fit(given).predict(given.select)
    np.testing.assert_array_equal(first, Perceptron.fit(given).predict(given.select))
    assert not np.array_equal(first, Perceptron.fit(replace(given, seed=1)).predict(given.select))


@pytest.mark.parametrize("width", [0, 1, 40])
def test_tiny_groups_and_few_coordinates(width: int) -> None:
    coordinates, groups = np.random.default_rng(0).normal(size=(30, width)), np.tile([0, 1, 2, 2, 2], 6)
    scores = Perceptron.fit(training(coordinates, groups)).predict(coordinates)
    assert scores.shape == (2, 30, 3)
    assert np.isfinite(scores).all()
    if width == 0:
        assert (scores == scores[:, :1]).all()
    assert Perceptron.fit(training(coordinates, groups)).predict(coordinates[:0]).shape == (2, 0, 3)
