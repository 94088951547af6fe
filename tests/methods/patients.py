"""Patients of three races as a trained network shows them: six features that tell race and two findings."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bench.method import Encoded

#: What race, the findings and noise do to the features; the same for all patients.
_RNG = np.random.default_rng(0)
RACE, FINDING, MIX = _RNG.normal(size=(3, 6)), 1.5 * _RNG.normal(size=(2, 6)), _RNG.normal(size=(6, 6))


def patients(n: int = 600, seed: int = 0, race: float = 1.0) -> Encoded:
    """Patients with findings that go with race; a target and a race in twenty are unknown. Logits are 0."""
    rng = np.random.default_rng(seed)
    groups = rng.choice(3, n, p=[0.2, 0.3, 0.5])
    targets = (rng.random((n, 2)) < 0.3 + 0.15 * groups[:, None]).astype(float)
    features = (rng.normal(size=(n, 6)) + race * RACE[groups] + targets @ FINDING) @ MIX + 3.0
    targets[rng.random((n, 2)) < 0.05] = np.nan
    groups[rng.random(n) < 0.05] = -1
    shown = torch.tensor(features, dtype=torch.float32)
    return Encoded(shown, torch.zeros(n, 2), torch.tensor(targets).float(), torch.tensor(groups))


def linear_probe(fitted: Encoded, fresh: Encoded) -> float:
    """AUROC, one race against the others and averaged, of a linear reader of race fitted on some and read on others."""
    a, b = fitted.groups >= 0, fresh.groups >= 0
    x, y = fitted.features[a].double().numpy(), fresh.features[b].double().numpy()
    scale = x.std(0).max()
    reader = LogisticRegression(max_iter=2000).fit((x - x.mean(0)) / scale, fitted.groups[a])
    return float(roc_auc_score(fresh.groups[b], reader.predict_proba((y - x.mean(0)) / scale), multi_class="ovr"))
