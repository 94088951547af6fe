"""Gradient-boosted trees: thresholds and their interactions, indifferent to the scale of each coordinate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import log_softmax

from bench.errors import BenchError
from bench.scoring.decodability.probes.probe import Coordinates, Training

if TYPE_CHECKING:
    from lightgbm import Booster

_ROUNDS, _PATIENCE = 200, 20


@dataclass(frozen=True)
class Trees:
    """LightGBM (Ke et al., 2017), multiclass: 200 rounds at a rate of .05, trees of 31 leaves, one setting.

    Stops early once the log-loss of the select part has not fallen for 20 rounds, and reads with the best round. Scores
    are the raw sums of leaves, so that posteriors near 0 and 1 do not saturate. Deterministic. One thread: a tree of so
    few images is soon grown, and threads that wait for each other on a busy machine took up to 60 times as long.
    Thresholds are sought among 63 a coordinate: as good as 255 (AUROC -.004 to +.012 over five plants), mostly in half
    the time.

    ``booster``: None where there is no coordinate to split on; then every image is scored ``prior`` (K,), the log
    prevalence.
    """

    booster: Booster | None
    prior: np.ndarray

    name: ClassVar[str] = "trees"
    inputs: ClassVar[tuple[Coordinates, ...]] = ("principal", "leading", "reduced")
    linear: ClassVar[bool] = False
    settings: ClassVar[tuple[str, ...]] = ("31 leaves",)

    @classmethod
    def fit(cls, training: Training) -> Trees:
        """Fit and stop early.

        Raises:
            BenchError: LightGBM finds no OpenMP on this machine.
        """
        prior = np.log(training.prevalence)
        if not training.fit.shape[1]:
            return cls(None, prior)
        try:
            import lightgbm
        except OSError as error:
            raise BenchError(
                f"LightGBM, which the decodability suite reads with, cannot be loaded: {error}. It needs the OpenMP "
                "runtime of the system, which is not installed by pip: on Debian or Ubuntu `apt-get install libgomp1`, "
                "on Fedora or Rocky `dnf install libgomp`, with conda `conda install -c conda-forge libgomp`, on macOS "
                "`brew install libomp`."
            ) from error
        parameters = {
            "objective": "multiclass",
            "num_class": training.n_groups,
            "learning_rate": 0.05,
            "num_leaves": 31,
            "max_bin": 63,
            "seed": training.seed,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": 1,
            "verbosity": -1,
        }
        fit = lightgbm.Dataset(training.fit, training.groups, weight=training.weights, params=parameters)
        select = lightgbm.Dataset(training.select, training.select_groups, reference=fit)
        stop = lightgbm.early_stopping(_PATIENCE, verbose=False)
        return cls(lightgbm.train(parameters, fit, _ROUNDS, valid_sets=[select], callbacks=[stop]), prior)

    def predict(self, coordinates: np.ndarray) -> np.ndarray:
        """Log posteriors (1, n, K) of coordinates (n, d)."""
        if self.booster is None:
            return np.tile(self.prior, (1, len(coordinates), 1))
        raw = np.asarray(self.booster.predict(coordinates, raw_score=True, num_threads=1))
        scores: np.ndarray = log_softmax(raw.reshape(1, len(coordinates), -1), axis=2)
        return scores
