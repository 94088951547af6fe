"""The bias-corrected distance correlation of features and race."""

from __future__ import annotations

import numpy as np
import pytest
from bench.builtin.methods.distance_correlation import DistanceCorrelation

from bench.method import masked_bce
from bench.method.pieces import standardised
from tests.methods.samples import batch, make


def u_centred(points: np.ndarray) -> np.ndarray:
    n = len(points)
    distances = np.sqrt(((points[:, None] - points) ** 2).sum(-1))
    rows = distances.sum(0) / (n - 2)
    centred = distances - rows[:, None] - rows + distances.sum() / ((n - 1) * (n - 2))
    np.fill_diagonal(centred, 0)
    return centred


def test_it_is_szekely_and_rizzos_over_the_images_of_known_race() -> None:
    method, some = make(DistanceCorrelation, {"strength": 5.0}), batch(30)
    known = some.groups >= 0
    z = standardised(method.features(some.images))[known].detach().double().numpy()
    a, b = u_centred(z), u_centred(np.eye(3)[some.groups[known].numpy()])
    wanted = (a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())
    wanted = masked_bce(method(some.images), some.targets).item() + 5.0 * wanted
    assert method.loss(some).item() == pytest.approx(wanted, rel=1e-4)
