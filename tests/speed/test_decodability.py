"""The linear probes' paths against scikit-learn's cold fits, side by side, and what decoding takes in memory.

Not part of the default run: ``pytest tests/speed -s -n 0``. One thread each: ``OMP_NUM_THREADS=1``.
"""

from __future__ import annotations

import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import TypeVar

import numpy as np
import sklearn.linear_model
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from bench.scoring.decodability.probes.logistic import Logistic
from bench.scoring.decodability.probes.probe import Training
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.decodability.whitening import Whitening
from tests.scoring.decodability.plants import ROWS, Plant

T = TypeVar("T")


def test_paths_are_fifteen_times_as_fast_as_scikit_learns_cold_fits() -> None:
    found = side_by_side(10_000, 1024)
    for name, value in found.items():
        print(f"{name}: {value:.4f}")
    assert abs(found["ridge AUROC"] - found["scikit-learn ridge AUROC"]) < 5e-4
    assert abs(found["logistic AUROC"] - found["scikit-learn logistic AUROC"]) < 5e-4
    assert found["ratio"] >= 15


def test_decoding_adds_no_more_than_four_times_the_features(tmp_path: Path) -> None:
    made = ROWS["linear"](10_000, 512, 0)
    np.savez(tmp_path / "plant.npz", features=made.features, groups=made.groups, patients=made.patients)
    # The process's high-water mark, not tracemalloc: LightGBM and BLAS allocate where Python does not look. A first,
    # small decoding loads every library, so that code is not counted as data.
    program = f"""
import resource, sys
import numpy as np
from tests.scoring.decodability.samples import decode
rng = np.random.default_rng(0)
decode(rng.normal(size=(120, 8)), np.arange(120) % 3, np.arange(120))
plant = np.load({str(tmp_path / "plant.npz")!r})
features, groups, patients = plant["features"], plant["groups"], plant["patients"]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
decode(features, groups, patients)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) * (1 if sys.platform == "darwin" else 1024) / features.nbytes)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    print(f"decode at n = 10,000, D = 512 adds {float(done.stdout):.2f} × the features")
    assert float(done.stdout) <= 4


def side_by_side(n: int, width: int) -> dict[str, float]:
    """Seconds of both, their ratio, and the best AUROC along each path on 4,000 other images.

    Processor seconds on one thread: whatever else the machine does slows down neither.
    """
    made = ROWS["linear"](n + 4_000, width, 0)
    fit = made.patients < made.patients[n]  # no patient in both
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        ours, our_seconds = _timed(lambda: _ours(made, fit))
        ridge, ridge_seconds = _timed(lambda: _scikit_learns_ridge(made, fit))
        logistic, logistic_seconds = _timed(lambda: _scikit_learns_logistic(made, fit))
    groups = made.groups[~fit]
    return {
        "ridge AUROC": _best(ours[0], groups),
        "scikit-learn ridge AUROC": _best(ridge, groups),
        "logistic AUROC": _best(ours[1], groups),
        "scikit-learn logistic AUROC": _best(logistic, groups),
        "seconds": our_seconds,
        "scikit-learn ridge seconds": ridge_seconds,
        "scikit-learn logistic seconds": logistic_seconds,
        "ratio": (ridge_seconds + logistic_seconds) / our_seconds,
    }


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.process_time()
    return work(), time.process_time() - started


def _ours(made: Plant, fit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows, others = np.flatnonzero(fit), np.flatnonzero(~fit)
    whitening = Whitening.fit(made.features, rows)
    test = whitening.transform(made.features, others)
    training = Training(
        fit=whitening.transform(made.features, rows),
        groups=made.groups[rows],
        weights=np.ones(len(rows)),
        variances=whitening.variances,
        select=test,
        select_groups=made.groups[others],
        n_groups=3,
    )
    return Ridge.fit(training).predict(test), Logistic.fit(training).predict(test)


def _scaled(made: Plant, fit: np.ndarray) -> np.ndarray:
    """Centred and divided by the root mean variance on the fit part: the units in which both count their penalties."""
    features = made.features.astype(np.float64)
    features -= features[fit].mean(axis=0)
    return features / np.sqrt(features[fit].var(axis=0).mean())


def _scikit_learns_ridge(made: Plant, fit: np.ndarray) -> np.ndarray:
    """Regression on one-hot groups, its coefficients turned into discriminants (Hastie, Buja & Tibshirani, 1995)."""
    features = _scaled(made, fit)
    onehot = np.eye(3)[made.groups[fit]]
    prevalence = onehot.mean(axis=0)
    means = features[fit].T @ onehot / onehot.sum(axis=0)
    scores = []
    for penalty in Ridge.penalties:
        fitted = sklearn.linear_model.Ridge(alpha=penalty * fit.sum()).fit(features[fit], onehot)
        slopes = fitted.coef_.T / prevalence
        coefficients = slopes @ np.linalg.inv(np.eye(3) - prevalence[:, None] * (means.T @ slopes))
        scores.append(features[~fit] @ coefficients)
    return np.stack(scores)


def _scikit_learns_logistic(made: Plant, fit: np.ndarray) -> np.ndarray:
    features = _scaled(made, fit)
    scores = []
    for penalty in Logistic.penalties:
        # Until it has converged by its own default tolerance, for which the smallest penalties need many iterations.
        fitted = sklearn.linear_model.LogisticRegression(C=1 / (penalty * fit.sum()), max_iter=1000).fit(
            features[fit], made.groups[fit]
        )
        scores.append(fitted.decision_function(features[~fit]))
    return np.stack(scores)


def _best(scores: np.ndarray, groups: np.ndarray) -> float:
    """Highest macro one-vs-one AUROC of L scores (L, n, K); intercepts do not matter to it."""
    aurocs = []
    for one in scores:
        pairs = [(i, j, (groups == i) | (groups == j)) for i, j in combinations(range(3), 2)]
        aurocs.append(
            np.mean([roc_auc_score(groups[rows] == i, (one[:, i] - one[:, j])[rows]) for i, j, rows in pairs])
        )
    return float(max(aurocs))
