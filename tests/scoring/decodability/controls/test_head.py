"""What an honest head does and a cipher does not: it loses nothing in the channel, and others can follow it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.neural_network import MLPRegressor

from bench.records.outputs import Outputs
from bench.scoring.decodability.controls.head import CHANNEL_LOSS, channel_loss, followed, is_lost, signs
from bench.scoring.suites import V2


def people(n: int = 900, d: int = 20, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features, logits by a linear head, labels, patients of two images each."""
    rng = np.random.default_rng(seed)
    features = (rng.normal(size=(n, d)) * np.geomspace(1, 1e-2, d)).astype(np.float32)
    logits = (features @ np.random.default_rng(99).normal(size=(d, 2)) * 1.5).astype(np.float32)
    labels = (rng.random((n, 2)) < 1 / (1 + np.exp(-logits))).astype(float)
    return features, logits, labels, np.arange(n) // 2


class TestChannelLoss:
    def test_it_is_the_difference_of_macro_aurocs_where_labels_are_known(self) -> None:
        _, logits, labels, patients = people()
        worse = logits + np.random.default_rng(1).normal(size=logits.shape)
        labels[::7, 1] = np.nan
        known = ~np.isnan(labels)
        wanted = np.mean(
            [
                roc_auc_score(labels[known[:, t], t], one[known[:, t], t]) * sign
                for t in (0, 1)
                for one, sign in ((logits, 2), (worse, -2))
            ]
        )
        value, error = channel_loss(labels, logits, worse, patients)
        assert value == pytest.approx(wanted)
        assert is_lost((value, error))

    def test_its_error_is_that_over_fresh_patients(self) -> None:
        found = []
        for seed in range(150):
            _, logits, labels, patients = people(seed=seed)
            noisy = logits + 0.5 * np.random.default_rng(1000 + seed).normal(size=logits.shape)
            found.append(channel_loss(labels, logits, noisy, patients))
        values, errors = np.array(found).T
        assert errors.mean() == pytest.approx(values.std(), rel=0.2)

    def test_nothing_is_lost_where_nothing_changes_or_nothing_can_be_said(self) -> None:
        _, logits, labels, patients = people()
        assert not is_lost(channel_loss(labels, logits, logits, patients))
        assert not is_lost(channel_loss(np.zeros_like(labels), logits, -logits, patients))
        # With few patients chance is not taken for a loss.
        few = slice(0, 30)
        value, error = channel_loss(labels[few], logits[few], logits[few] + 0.1 * logits[few][::-1], patients[few])
        assert value < 1.645 * error or value > CHANNEL_LOSS


class TestFollowed:
    def test_of_noisy_logits_it_is_the_share_that_a_regression_makes_out(self) -> None:
        features, logits, _, patients = people(2000)
        noisy = logits + 0.7 * logits.std(axis=0) * np.random.default_rng(3).normal(size=logits.shape)
        half = np.arange(2000) < 1200
        fitted = LinearRegression().fit(features[half], noisy[half]).predict(features[~half])
        wanted = r2_score(noisy[~half], fitted, multioutput="raw_values").min()
        assert followed(features, noisy, patients, V2) == pytest.approx(wanted, abs=0.04)

    def test_heads_that_are_smooth_are_followed(self) -> None:
        features, logits, _, patients = people()
        assert followed(features, logits, patients, V2) > 0.999
        scaled = features / features.std(axis=0)
        head = MLPRegressor(hidden_layer_sizes=(16,), random_state=0, max_iter=500).fit(scaled, np.tanh(logits))
        said = head.predict(scaled).astype(np.float32)
        assert followed(features, said, patients, V2) > 0.9
        radius = np.square(features[:, :1]) + np.square(features[:, 1:2])
        assert followed(features, radius, patients, V2) > 0.85
        assert followed(features, np.ones_like(logits), patients, V2) == 1

    def test_who_deciphers_is_not_followed_however_plain_the_rest(self) -> None:
        """One bit a column, far above any noise: what the head reads stands there, enciphered."""
        _, logits, _, patients = people()
        rng = np.random.default_rng(0)
        bits = rng.choice([-1.0, 1.0], size=(len(logits), 64))
        declared = np.hstack([logits + logits.std(axis=0) * rng.normal(size=logits.shape), bits]).astype(np.float32)
        assert followed(declared, logits, patients, V2) < 0.6
        # One logit is enough.
        declared = np.hstack([logits[:, :1], bits]).astype(np.float32)
        assert followed(declared, logits, patients, V2) < 0.5

    def test_constant_features_cannot_be_followed(self) -> None:
        _, logits, _, patients = people()
        assert followed(np.ones((len(logits), 3), dtype=np.float32), logits, patients, V2) == 0


def test_the_flags() -> None:
    features, logits, labels, patients = people()
    honest = Outputs(logits, features, stored=features, direct=logits, unsteady=0.0)
    noise = np.random.default_rng(1).normal(size=logits.shape).astype(np.float32)

    def raised(found: Outputs) -> list[str]:
        return signs(found, labels, [0, 1], patients, V2)

    assert raised(honest) == []
    assert raised(Outputs(logits, features)) == []
    assert raised(Outputs(noise, noise, stored=noise, direct=logits)) == ["CHANNEL_LOSS"]
    assert raised(Outputs(logits, features, stored=noise, direct=logits)) == ["OPAQUE_HEAD"]
    assert raised(Outputs(logits, features, unsteady=0.051)) == ["BRITTLE"]
    assert raised(Outputs(logits, features, unsteady=0.05)) == []


def test_a_head_for_each_group_is_followed_where_it_is_told_the_group() -> None:
    features, logits, labels, patients = people()
    groups = np.random.default_rng(5).integers(0, 3, len(patients) // 2)[patients]
    said = (logits * np.array([1.0, -1.0, 0.2])[groups][:, None] + groups[:, None]).astype(np.float32)
    assert signs(Outputs(said, features), labels, [0, 1], patients, V2) == ["OPAQUE_HEAD"]
    assert signs(Outputs(said, features, told=groups), labels, [0, 1], patients, V2) == []
