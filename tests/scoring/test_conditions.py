"""The diagnosis in three test conditions, rendered and by weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score

from bench.records import Scores
from bench.scoring.conditions import Predicted, influence, scores, weights
from bench.scoring.measures import AS_TRAINED, BALANCED, CONDITIONS, INVERTED
from bench.statistics.bootstrap import PatientBootstrap

NAMES = ("effusion", "nodule")


def predicted(n: int, rendered: bool, seed: int = 0, use: float = 1.0) -> Predicted:
    """Patients of two groups, of whom one is ill more often; the network adds ``use`` times what the group says.

    Rendered: the same patients three times, whose group is ill more often, as often, and less often.
    """
    rng = np.random.default_rng(seed)
    group, health, noise = rng.integers(0, 2, n), rng.random((n, 2)), rng.standard_normal((n, 2))
    parts = []
    for tie in (0.2, 0.0, -0.2) if rendered else (0.2,):
        ill = health < (0.4 + tie * (2 * group[:, None] - 1))
        logits = 1.0 * ill + noise + use * (2 * group[:, None] - 1) - 0.5
        parts.append((ill.astype(float), 1 / (1 + np.exp(-logits))))
    targets, probabilities = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    condition = np.repeat(np.arange(3), n) if rendered else None
    groups = np.tile(group, len(parts))
    return Predicted(targets, probabilities, np.array([0.5, 0.5]), NAMES, groups, ("Black", "White"), condition)


def scored(found: Predicted, replicates: int = 100) -> Scores:
    patients = np.arange(len(found.targets)) % (len(found.targets) // (1 if found.condition is None else 3))
    return Scores(scores(found, PatientBootstrap(patients, replicates)), "race")


def test_each_condition_is_scored_on_its_own_images_and_the_loss_is_their_difference():
    found = predicted(400, rendered=True)
    read = scored(found)
    by_target = []
    for c, condition in enumerate(CONDITIONS):
        own = found.condition == c
        for t, target in enumerate(NAMES):
            truth, p = found.targets[own, t], found.probabilities[own, t]
            asked = {"target": target, "attribute": "condition", "group": condition}
            assert read.value("auroc", **asked) == pytest.approx(roc_auc_score(truth, p))
            assert read.value("brier", **asked) == pytest.approx(brier_score_loss(truth, p))
            by_target.append(read.value("auroc", **asked))
    means = np.array(by_target).reshape(3, 2).mean(axis=1)
    for c, condition in ((1, BALANCED), (2, INVERTED)):
        loss = read.one("condition_loss", target="macro", attribute="condition", group=condition)
        assert loss is not None
        assert loss.value == pytest.approx(means[0] - means[c])
        assert (loss.n, loss.patients) == (400, 400)
    assert read.every("effective_share") == []


@pytest.mark.parametrize("rendered", [True, False])
def test_a_network_that_uses_race_loses_and_one_that_does_not_loses_nothing(rendered: bool):
    def loss(use: float, condition: str) -> tuple[float, float, float]:
        one = scored(predicted(2000, rendered, seed=3, use=use)).one(
            "condition_loss", target="macro", attribute="condition", group=condition
        )
        assert one is not None
        assert one.value is not None
        assert one.low is not None
        assert one.high is not None
        return one.low, one.value, one.high

    users, others = [loss(1.0, c)[1] for c in (BALANCED, INVERTED)], [loss(0.0, c) for c in (BALANCED, INVERTED)]
    assert 0.02 < users[0] < users[1]
    # Within four standard errors.
    assert all(abs(value) < high - low < 0.05 for low, value, high in others)


def test_the_paired_interval_is_that_of_the_influence_values_and_narrower_than_of_two_samples():
    found = predicted(900, rendered=True)
    patients = np.tile(np.arange(900), 3)
    bootstrap = PatientBootstrap(patients, 600)
    read = Scores(scores(found, bootstrap), "race")
    moved = influence(found, bootstrap)
    for condition in (BALANCED, INVERTED):
        loss = read.one("condition_loss", target="macro", attribute="condition", group=condition)
        assert loss is not None
        values = moved[f"condition_loss/target=macro/attribute=condition/group={condition}"]
        error = float(np.sqrt(values @ values))
        assert values.sum() == pytest.approx(0, abs=1e-9)
        assert (loss.high - loss.low) / (2 * 1.96) == pytest.approx(error, rel=0.15)
    ends = [read.one("auroc", target="macro", attribute="condition", group=c) for c in (AS_TRAINED, INVERTED)]
    apart = np.hypot(*[(one.high - one.low) / (2 * 1.96) for one in ends])
    assert error < 0.95 * apart


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1), st.integers(2, 4))
def test_weights_untie_and_invert_and_leave_groups_their_size(seed: int, number: int):
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, number, 300)
    groups[: 2 * number] = np.repeat(np.arange(number), 2)
    positive = rng.random(300) < rng.uniform(0.2, 0.8, number)[groups]
    positive[: 2 * number] = np.tile([True, False], number)
    drawn = rng.integers(1, 3, (300, 2)).astype(float)

    def odds(images: np.ndarray) -> np.ndarray:
        """Log odds of the positive, by group and over all, of each weighting."""
        members = [groups == g for g in range(number)] + [np.ones(300, bool)]
        return np.array([np.log(images[m & positive].sum(0) / images[m & ~positive].sum(0)) for m in members])

    before, balanced, inverted = (odds(weights(groups, positive, drawn, c)) for c in CONDITIONS)
    np.testing.assert_allclose(balanced[:-1], np.broadcast_to(before[-1], balanced[:-1].shape), atol=1e-9)
    np.testing.assert_allclose(inverted[:-1] - before[-1], before[-1] - before[:-1], atol=1e-9)
    for condition in CONDITIONS:
        weighed = weights(groups, positive, drawn, condition)
        sizes = np.array([[(one[groups == g]).sum(0) for g in range(number)] for one in (drawn, weighed)])
        np.testing.assert_allclose(sizes[0], sizes[1])


def test_weighted_conditions_agree_with_scikit_learn_and_with_patients_of_that_condition():
    found = predicted(6000, rendered=False)
    read = scored(found)
    truth = predicted(6000, rendered=True, seed=1)
    of_truth = scored(truth)
    for condition in CONDITIONS:
        asked = {"target": "effusion", "attribute": "condition", "group": condition}
        weighed = weights(found.groups, found.targets[:, 0] == 1, np.ones((6000, 1)), condition)[:, 0]
        own = roc_auc_score(found.targets[:, 0], found.probabilities[:, 0], sample_weight=weighed)
        assert read.value("auroc", **asked) == pytest.approx(own)
        assert read.value("auroc", **asked) == pytest.approx(of_truth.value("auroc", **asked), abs=0.02)
        share = read.value("effective_share", **asked)
        assert share == pytest.approx(weighed.sum() ** 2 / (weighed**2).sum() / 6000)
    assert influence(found, PatientBootstrap(np.arange(6000), 100)) == {}


def test_groups_without_overlap_are_left_out_or_the_target_is_refused_in_words():
    found = predicted(600, rendered=False)
    groups = found.groups.copy()
    groups[:30] = 2  # a third group, in which nobody has the first finding
    targets = found.targets.copy()
    targets[:30, 0] = 0.0
    targets[np.flatnonzero(groups == 1)[:3], 1] = np.nan
    three = Predicted(targets, found.probabilities, found.thresholds, NAMES, groups, ("Black", "White", "Asian"), None)
    one = scored(three).one("auroc", target="effusion", attribute="condition", group=INVERTED)
    assert one is not None
    assert one.value is not None
    assert one.n == 570
    assert one.note == "left out, since too few are of one class: Asian (0 positive, 30 negative images)"
    targets[groups == 1, 0] = 1.0
    read = scored(three)
    refused = read.one("condition_loss", target="effusion", attribute="condition", group=INVERTED)
    assert refused is not None
    assert refused.value is None
    assert (refused.note or "").startswith("no overlap: fewer than two groups have enough images of both classes")
    macro = read.one("condition_loss", target="macro", attribute="condition", group=INVERTED)
    assert macro is not None
    assert (macro.value is not None, macro.note) == (True, "mean over targets without effusion")
