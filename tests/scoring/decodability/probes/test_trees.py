import builtins

import numpy as np
import pytest
from lightgbm import LGBMClassifier, early_stopping
from scipy.special import log_softmax
from sklearn.metrics import roc_auc_score

from bench.errors import BenchError
from bench.scoring.decodability.probes.probe import Training
from bench.scoring.decodability.probes.trees import Trees


def training(
    coordinates: np.ndarray, groups: np.ndarray, weights: np.ndarray | None = None, select: float = 0.2
) -> Training:
    """The last share of the images selects."""
    n = len(groups) - int(select * len(groups))
    weights = np.ones(n) if weights is None else weights
    k = int(groups.max()) + 1
    width = coordinates.shape[1]
    return Training(coordinates[:n], groups[:n], weights, np.ones(width), coordinates[n:], groups[n:], k)


def xor(n: int, width: int = 6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    groups = rng.integers(0, 2, n)
    coordinates = rng.normal(size=(n, width))
    sign = np.where(rng.random(n) < np.where(groups, 0.85, 0.15), 1, -1)
    coordinates[:, 0] = np.abs(coordinates[:, 0]) * np.sign(coordinates[:, 1]) * sign
    return coordinates, groups


def test_it_is_scikit_learn_style_lightgbm() -> None:
    rng = np.random.default_rng(0)
    groups = rng.choice(3, 800, p=[0.2, 0.3, 0.5])
    given = training(rng.normal(size=(800, 5)) + np.eye(3, 5)[groups], groups, rng.uniform(0.5, 1.5, 640))
    reader = Trees.fit(given)
    settings = {
        "max_bin": 63,
        "random_state": 0,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        "n_jobs": 1,
    }
    theirs = LGBMClassifier(n_estimators=200, learning_rate=0.05, num_leaves=31, **settings)
    theirs.fit(
        given.fit,
        given.groups,
        sample_weight=given.weights,
        eval_X=given.select,
        eval_y=given.select_groups,
        callbacks=[early_stopping(20, verbose=False)],
    )
    assert reader.booster.best_iteration == theirs.best_iteration_ < 200
    expected = np.log(theirs.predict_proba(given.select))
    np.testing.assert_allclose(reader.predict(given.select)[0], expected, atol=1e-9)


def test_it_reads_xor_and_nothing_where_nothing_is() -> None:
    coordinates, groups = xor(4000)
    scores = Trees.fit(training(coordinates[:2500], groups[:2500])).predict(coordinates[2500:])[0]
    assert roc_auc_score(groups[2500:], scores[:, 1] - scores[:, 0]) > 0.8
    shuffled = np.random.default_rng(3).permutation(groups)
    reader = Trees.fit(training(coordinates[:2500], shuffled[:2500]))
    assert reader.booster.best_iteration < 50
    scores = reader.predict(coordinates[2500:])[0]
    assert roc_auc_score(shuffled[2500:], scores[:, 1] - scores[:, 0]) == pytest.approx(0.5, abs=0.05)


def test_the_same_training_gives_the_same_scores() -> None:
    given = training(*xor(600))
    np.testing.assert_array_equal(Trees.fit(given).predict(given.select), Trees.fit(given).predict(given.select))


def test_weights_move_the_prevalence() -> None:
    groups = np.tile([0, 1], 200)
    weights = np.where(groups[:320] == 0, 1.5, 0.5)
    reader = Trees.fit(training(np.ones((400, 1)), groups, weights))  # nothing to split on
    np.testing.assert_allclose(np.exp(reader.predict(np.ones((3, 1)))), np.tile([0.75, 0.25], (1, 3, 1)), atol=1e-6)


@pytest.mark.parametrize("width", [0, 1, 40])
def test_tiny_groups_and_few_coordinates(width: int) -> None:
    coordinates, groups = np.random.default_rng(0).normal(size=(30, width)), np.tile([0, 1, 2, 2, 2], 6)
    given = training(coordinates, groups)
    scores = Trees.fit(given).predict(coordinates)
    assert scores.shape == (1, 30, 3)
    assert np.isfinite(scores).all()
    if width == 0:
        np.testing.assert_allclose(log_softmax(scores, axis=2)[0, 7], np.log(given.prevalence))


def test_a_machine_without_openmp_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = builtins.__import__

    def broken(name: str, *args: object, **kwargs: object) -> object:
        if name == "lightgbm":
            raise OSError("libgomp.so.1: cannot open shared object file: No such file or directory")
        return whole(name, *args, **kwargs)

    given = training(*xor(100))
    monkeypatch.setattr(builtins, "__import__", broken)
    with pytest.raises(BenchError, match=r"libgomp\.so\.1: cannot open .*apt-get install libgomp1"):
        Trees.fit(given)
