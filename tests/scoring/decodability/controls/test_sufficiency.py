import numpy as np
import pytest

from bench.scoring.decodability.controls.sufficiency import insufficient, shortfall
from bench.scoring.suites import V2


def diagnosis(n: int = 1500, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Features of which two carry two labels, the labels (some unknown), the best logits, and patients of 2 images."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 2, (n, 2)).astype(float)
    features = rng.normal(size=(n, 20))
    features[:, :2] += 1.2 * targets
    logits = features[:, :2].copy()
    targets[rng.random(n) < 0.1, 1] = np.nan
    return features @ np.linalg.qr(rng.normal(size=(20, 20)))[0], targets, logits, np.arange(n) // 2


def test_features_that_the_head_reads_suffice() -> None:
    lacking = shortfall(*diagnosis(), suite=V2)
    assert lacking.value == pytest.approx(0, abs=0.015)
    assert not insufficient(lacking, V2)


def test_constant_features_lack_the_whole_diagnosis() -> None:
    features, targets, logits, patients = diagnosis()
    lacking = shortfall(np.full_like(features, 0.3), targets, logits, patients, suite=V2)
    assert lacking.value == pytest.approx(0.30, abs=0.03)
    assert insufficient(lacking, V2)


def test_features_without_one_of_the_labels_are_insufficient() -> None:
    features, targets, logits, patients = diagnosis()
    blind = np.delete(features @ np.linalg.pinv(features) @ logits, 1, axis=1)
    noise = np.random.default_rng(1).normal(size=(len(features), 3))
    lacking = shortfall(np.hstack([blind, noise]), targets, logits, patients, suite=V2)
    assert lacking.value == pytest.approx(0.15, abs=0.03)
    assert insufficient(lacking, V2)


def test_with_few_patients_chance_is_not_mistaken_for_a_shortfall() -> None:
    flagged = [insufficient(shortfall(*diagnosis(200, seed), suite=V2), V2) for seed in range(20)]
    assert sum(flagged) <= 2


def test_nothing_can_be_said_where_no_target_has_both_classes() -> None:
    features, targets, logits, patients = diagnosis(200)
    lacking = shortfall(features, np.ones_like(targets), logits, patients, suite=V2)
    assert np.isnan(lacking.value)
    assert not insufficient(lacking, V2)
