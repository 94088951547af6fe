from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm

from bench.errors import BenchError
from bench.records.outputs import Outputs
from bench.scoring.counterfactual import EFFECT, SHIFT, scores
from bench.statistics.bootstrap import PatientBootstrap
from bench.task import TaskSpec

SPEC = TaskSpec("chest", ("effusion", "no_finding"), "race", ("Asian", "Black", "White"), 16)


def outputs(logits, randomised=False):
    logits = np.asarray(logits, dtype=np.float32)
    return Outputs(logits, np.zeros((len(logits), 1), np.float32), randomised=randomised)


def one(found, metric, target, group=None):
    (score,) = [s for s in found if (s.metric, s.target, s.group) == (metric, target, group)]
    assert score.attribute == "race"
    return score


def clustered(patients, rng):
    """Three images a patient, half of their variance the patient's; the codes of the patients."""
    codes = np.repeat(np.arange(patients), 3)
    return codes, np.sqrt(0.5) * (rng.normal(size=patients)[codes] + rng.normal(size=3 * patients))


def test_a_logistic_network_that_adds_a_constant_for_each_group():
    """logit = x + c_g with x ~ N(0, 1): the shift is E σ(x + c_b) - E σ(x + c_a), and the effect its size."""
    codes, x = clustered(20_000, np.random.default_rng(0))
    weights = {"Asian": (0.0, 0.0), "Black": (1.0, -0.5), "White": (-0.5, 0.25)}
    made = {group: outputs(x[:, None] + np.array(added)) for group, added in weights.items()}
    found = scores(made, SPEC, PatientBootstrap(codes, 50))

    def mean(constant):
        return quad(lambda z: expit(z + constant) * norm.pdf(z), -10, 10)[0]

    effects = {target: [] for target in SPEC.targets}
    for a, b in combinations(SPEC.groups, 2):
        shifts = [mean(after) - mean(before) for before, after in zip(weights[a], weights[b], strict=True)]
        for target, shift in zip((*SPEC.targets, "macro"), (*shifts, np.mean(shifts)), strict=True):
            assert one(found, SHIFT, target, f"{a} → {b}").value == pytest.approx(shift, abs=2e-3)
        for target, shift in zip(SPEC.targets, shifts, strict=True):
            assert one(found, EFFECT, target, f"{a} → {b}").value == pytest.approx(abs(shift), abs=2e-3)
            effects[target].append(abs(shift))
        macro = one(found, EFFECT, "macro", f"{a} → {b}")
        assert macro.value == pytest.approx(np.mean(np.abs(shifts)), abs=2e-3)
        assert (macro.n, macro.patients) == (60_000, 20_000)
    for target, values in effects.items():
        assert one(found, EFFECT, target).value == pytest.approx(np.mean(values), abs=2e-3)
    assert one(found, EFFECT, "macro").value == pytest.approx(np.mean(list(effects.values())), abs=2e-3)
    assert len(found) == 3 + 2 * 3 * 3
    assert not [s for s in found if s.metric == SHIFT and s.group is None]


def test_a_network_that_goes_up_for_some_and_down_for_others_has_an_effect_and_no_shift():
    codes, x = clustered(3000, np.random.default_rng(1))
    two = np.zeros((len(x), 2))
    sign = np.where(np.random.default_rng(2).random(len(x)) < 0.5, -1, 1)[:, None]
    found = scores(
        {"Asian": outputs(two), "Black": outputs(two + 0.4 * sign), "White": outputs(two)},
        SPEC,
        PatientBootstrap(codes, 200),
    )
    assert one(found, EFFECT, "effusion", "Asian → Black").value == pytest.approx(expit(0.4) - 0.5)
    shift = one(found, SHIFT, "effusion", "Asian → Black")
    assert shift.low < 0 < shift.high
    assert one(found, EFFECT, "effusion", "Asian → White").value == 0
    assert one(found, EFFECT, "effusion").value == pytest.approx((expit(0.4) - 0.5) * 2 / 3)


def test_intervals_are_clustered_by_patient():
    """Against the standard error of a mean of patients' means, with as many images each."""
    codes, x = clustered(400, np.random.default_rng(3))
    logits = {"Asian": np.zeros((len(x), 2)), "Black": np.stack([x, x], axis=1), "White": np.zeros((len(x), 2))}
    found = scores({g: outputs(z) for g, z in logits.items()}, SPEC, PatientBootstrap(codes, 2000))
    change = expit(x) - 0.5
    for metric, values in ((EFFECT, np.abs(change)), (SHIFT, change)):
        error = np.bincount(codes, values / 3).std(ddof=1) / np.sqrt(400)
        score = one(found, metric, "effusion", "Asian → Black")
        assert score.value == pytest.approx(values.mean(), abs=1e-7)
        assert score.high - score.low == pytest.approx(2 * 1.96 * error, rel=0.1)


@st.composite
def twins(draw):
    n = draw(st.integers(1, 12))
    logits = arrays(np.float32, (n, 2), elements=st.floats(-20, 20, width=32))
    patients = draw(arrays(np.int64, n, elements=st.integers(0, 5)))
    return {group: draw(logits) for group in SPEC.groups}, patients


@settings(max_examples=60, deadline=None)
@given(twins())
def test_what_holds_for_any_network(made):
    logits, patients = made
    found = scores({g: outputs(z) for g, z in logits.items()}, SPEC, PatientBootstrap(patients, 20))
    for score in found:
        assert score.low is not None
        assert score.high is not None
    for a, b in combinations(SPEC.groups, 2):
        for target in (*SPEC.targets, "macro"):
            effect, shift = (one(found, metric, target, f"{a} → {b}") for metric in (EFFECT, SHIFT))
            assert abs(shift.value) <= effect.value + 1e-12
            assert 0 <= effect.low <= effect.high <= 1 + 1e-12
            between = [expit(logits[g].astype(float)) for g in (a, b)]
            if target != "macro":
                t = SPEC.targets.index(target)
                assert shift.value == pytest.approx((between[1] - between[0])[:, t].mean(), abs=1e-12)
    mean = np.mean([one(found, EFFECT, "macro", f"{a} → {b}").value for a, b in combinations(SPEC.groups, 2)])
    assert one(found, EFFECT, "macro").value == pytest.approx(mean, abs=1e-12)
    order = np.random.default_rng(0).permutation(len(patients))
    again = scores({g: outputs(z[order]) for g, z in logits.items()}, SPEC, PatientBootstrap(patients[order], 20))
    for before, after in zip(found, again, strict=True):
        assert (after.value, after.low, after.high) == pytest.approx((before.value, before.low, before.high), abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(twins())
def test_the_other_order_of_the_groups_turns_the_shift_and_leaves_the_effect(made):
    logits, patients = made
    back = TaskSpec("chest", SPEC.targets, "race", SPEC.groups[::-1], 16)
    given_outputs = {g: outputs(z) for g, z in logits.items()}
    bootstrap = PatientBootstrap(patients, 5)
    one_way, other = scores(given_outputs, SPEC, bootstrap), scores(given_outputs, back, bootstrap)
    for a, b in combinations(SPEC.groups, 2):
        for metric, sign in ((EFFECT, 1), (SHIFT, -1)):
            there, and_back = one(one_way, metric, "macro", f"{a} → {b}"), one(other, metric, "macro", f"{b} → {a}")
            assert there.value == pytest.approx(sign * and_back.value, abs=1e-12)


def test_outputs_that_do_not_move_have_an_effect_of_exactly_nothing():
    rng = np.random.default_rng(4)
    logits = rng.normal(size=(50, 2))
    found = scores(dict.fromkeys(SPEC.groups, outputs(logits)), SPEC, PatientBootstrap(np.arange(50) // 2, 100))
    assert {(s.value, s.low, s.high) for s in found} == {(0.0, 0.0, 0.0)}


def test_notes_say_what_noise_and_signs_do():
    logits = np.random.default_rng(5).normal(size=(10, 2))
    made = dict.fromkeys(SPEC.groups, outputs(logits))
    bootstrap = PatientBootstrap(np.arange(10), 5)
    plain = scores(made, SPEC, bootstrap)
    assert {s.note for s in plain if s.metric == EFFECT} == {None}
    assert {s.note for s in plain if s.metric == SHIFT and s.target != "macro"} == {None}
    assert one(plain, SHIFT, "macro", "Asian → Black").note == "targets that shift in opposite directions cancel"
    noisy = scores(made | {"Black": outputs(logits, randomised=True)}, SPEC, bootstrap)
    assert all(s.note.startswith("the network is randomised") for s in noisy if s.metric == EFFECT)


@pytest.mark.parametrize("wrong", [np.zeros((9, 2)), np.zeros((10, 3)), np.full((10, 2), np.nan)])
def test_outputs_of_other_images_and_of_no_number_are_refused(wrong):
    made = dict.fromkeys(SPEC.groups, outputs(np.zeros((10, 2)))) | {"White": outputs(wrong)}
    with pytest.raises(BenchError, match=r"needs logits of shape \(10, 2\), .* for the twins with 'White'"):
        scores(made, SPEC, PatientBootstrap(np.arange(10), 5))
