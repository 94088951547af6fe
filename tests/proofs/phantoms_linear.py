"""How much of race a phantom's images hold, read without a network: ``python -m tests.proofs.phantoms_linear mammo``.

What runs at +45° less what runs at -45°, in four octaves and 8 × 8 places, as shares of both together; a logistic
regression on these numbers, fitted on three fifths of the patients and read on the others. Printed are macro
one-vs-rest and Black against White, by image and by study (the mean over its images), and the limit that the latents
themselves set. Seconds on an idle machine: for setting the numbers of an arrangement before a network is trained.
"""

from __future__ import annotations

import importlib
import sys

import numpy as np
import pandas as pd
from scipy import fft
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bench.phantom import Arrangement
from tests.phantoms import Subject

SIZE, _PLACES, _OCTAVES = 64, 8, (2.5, 5.0, 10.0, 20.0)
#: Patients of each, of which the first three in five are learned from.
PATIENTS = {"mammo": 900, "ct": 900, "hand": 4000, "cxr": 2500}
#: What of the row decides how the numbers are to be weighed: the other breast and the other view are mirrored.
_INTERACTIONS = {"mammo": {"side": "R", "view": "MLO"}, "ct": {"window": "lung"}}


def energies(images: np.ndarray) -> np.ndarray:
    """The numbers ``(N, 256)`` of images ``(N, 64, 64)``."""
    frequency = fft.fftfreq(SIZE) * SIZE
    down, across = np.meshgrid(frequency, frequency, indexing="ij")
    radius, angle = np.hypot(down, across), np.arctan2(down, across)
    spectra = fft.fft2(images.astype(np.float32))
    found = []
    for center in _OCTAVES:
        band = np.exp(-0.5 * (np.log2(np.maximum(radius, 0.1) / center) / 0.45) ** 2)
        power = []
        for at in (np.pi / 4, -np.pi / 4):
            lobe = np.exp(-0.5 * ((angle - at) / 0.35) ** 2)
            local = np.abs(fft.ifft2(spectra * (band * lobe))) ** 2
            power.append(local.reshape(-1, _PLACES, SIZE // _PLACES, _PLACES, SIZE // _PLACES).mean(axis=(2, 4)))
        plus, minus = power
        total = plus + minus
        found.append(((plus - minus) / (total + 0.3 * np.median(total, axis=0) + 1e-3)).reshape(len(images), -1))
    return np.concatenate(found, axis=1)


def read(log_posteriors: np.ndarray, race: np.ndarray, names: list[str]) -> str:
    """Macro one-vs-rest, and Black against White by their own odds."""
    macro = np.mean([roc_auc_score(race == name, log_posteriors[:, k]) for k, name in enumerate(names)])
    pair = np.isin(race, ["Black", "White"])
    odds = log_posteriors[:, names.index("Black")] - log_posteriors[:, names.index("White")]
    return f"macro {macro:.3f}, Black against White {roc_auc_score(race[pair] == 'Black', odds[pair]):.3f}"


def main(task: str) -> None:
    """Print what is read of a task's phantom."""
    one = Subject(task)
    table = one.table(PATIENTS[task])
    numbers = energies(one.render(table, SIZE))
    for column, value in _INTERACTIONS.get(task, {}).items():
        numbers = np.concatenate([numbers, numbers * (table[column] == value).to_numpy()[:, None]], axis=1)
    race, names = table["race"].to_numpy(), sorted(one.races)
    test = table["patient"].str[1:].astype(int).to_numpy() % 5 >= 3
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.003, max_iter=300))
    found = model.fit(numbers[~test], race[~test]).predict_log_proba(numbers[test])
    print(f"{task}, image: {read(found, race[test], names)}")
    studies = table.loc[test, "study"].to_numpy()
    if len(np.unique(studies)) < len(studies):
        of_study = pd.Series(race[test]).groupby(studies).first().to_numpy()
        by_study = pd.DataFrame(np.exp(found)).groupby(studies).mean()
        print(f"{task}, study: {read(np.log(by_study.to_numpy()), of_study, names)}")
    print(f"{task}, latents: {read(*_latents(task, names), names)}")


def _latents(task: str, names: list[str], each: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Log posteriors of patients of equal groups, given their latents, and their races."""
    arrangement: Arrangement = importlib.import_module(f"bench.builtin.tasks.{task}.phantom").ARRANGEMENT
    centers = np.array([arrangement.centers[name] for name in names])
    drawn = centers[:, None] + arrangement.scatter * np.random.default_rng(0).standard_normal((len(names), each, 2))
    distance = np.square(drawn.reshape(-1, 1, 2) - centers).sum(axis=2)
    return log_softmax(-0.5 * distance / arrangement.scatter**2, axis=1), np.repeat(names, each)


if __name__ == "__main__":
    main(sys.argv[1])
