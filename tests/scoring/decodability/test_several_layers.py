"""Several layers of one network, read in the same divisions of the patients, together and each alone."""

from dataclasses import replace

import numpy as np
import pytest

from bench.errors import BenchError
from bench.records import FEATURES, NETWORK, OUTPUTS
from bench.scoring.decodability import Decodability, decode
from bench.scoring.decodability.removal import Terms
from bench.scoring.readings import scores
from tests.scoring.decodability.samples import QUICK, planted


def read(layers: dict[str, np.ndarray], groups: np.ndarray, patients: np.ndarray, **options: object):  # type: ignore[no-untyped-def]
    return decode(layers, groups, patients, **({"suite": QUICK, "controls": False} | options))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def found() -> dict[str, Decodability]:
    """Two layers that each know something of their own, and one that knows nothing."""
    features, groups, patients = planted(0.8, patients=600, images=1, features=6)
    rng = np.random.default_rng(1)
    block = rng.normal(size=features.shape)
    block[:, 2] += 0.8 * groups
    layers = {FEATURES: features, OUTPUTS: rng.normal(size=(600, 2)), "block 3": block}
    return read(layers, groups, patients, linear_only=[OUTPUTS])


def test_each_layer_reads_as_it_does_alone(found: dict[str, Decodability]) -> None:
    assert list(found) == [NETWORK, FEATURES, OUTPUTS, "block 3"]
    assert [one.layer for one in found.values()] == list(found)
    for layer in (FEATURES, "block 3"):
        assert found[layer].one_vs_one.value == pytest.approx(0.71, abs=0.05)
        assert {probe.layer for probe in found[layer].probes} == {layer}
        assert found[layer].rank is not None
    assert found[OUTPUTS].one_vs_one.low < 0.5 < found[OUTPUTS].one_vs_one.high
    assert [probe.name for probe in found[OUTPUTS].probes] == ["ridge"]
    assert found[OUTPUTS].nonlinear is None


def test_what_layers_know_adds_up(found: dict[str, Decodability]) -> None:
    # Two signals of .8 standard deviations make one of .8 √2: Φ(.8) = .788.
    assert found[NETWORK].one_vs_one.value == pytest.approx(0.788, abs=0.04)
    assert (
        found[NETWORK].one_vs_one.value > max(found[layer].one_vs_one.value for layer in (FEATURES, "block 3")) + 0.02
    )
    weights = {(probe.layer, probe.name): probe.weight for probe in found[NETWORK].probes}
    assert len(weights) == 5
    assert sum(weights.values()) == pytest.approx(1)
    assert weights[OUTPUTS, "ridge"] < 0.2
    assert found[NETWORK].rank is None


def test_the_headlines_note_says_which_layers_it_is_read_from(found: dict[str, Decodability]) -> None:
    rows = {one.layer: scores(one, attribute="race") for one in found.values()}
    (head,) = [row for row in rows[NETWORK] if row.metric == "decodability"]
    assert head.layer == NETWORK
    for layer in (FEATURES, OUTPUTS, "block 3"):
        assert f"{layer} (" in head.note
    assert "no block" not in head.note
    assert not [row for row in rows[NETWORK] if row.metric == "decodability_probe"]
    assert [row.probe for row in rows[FEATURES] if row.metric == "decodability_probe"] == ["ridge", "quadratic"]


def test_that_no_block_could_be_read_is_said() -> None:
    features, groups, patients = planted(0.5, patients=60, features=3)
    made = read({FEATURES: features, OUTPUTS: features[:, :1]}, groups, patients)
    (head,) = [row for row in scores(made[NETWORK], attribute="race") if row.metric == "decodability"]
    assert "no block could be read" in head.note


def test_one_layer_alone_is_the_network() -> None:
    features, groups, patients = planted(0.5, patients=80, features=4)
    made = read({FEATURES: features}, groups, patients)
    assert made[NETWORK].one_vs_one == made[FEATURES].one_vs_one
    np.testing.assert_array_equal(made[NETWORK].influence, made[FEATURES].influence)


def test_the_order_of_the_rows_changes_nothing() -> None:
    features, groups, patients = planted(0.5, patients=60, features=4)
    layers = {FEATURES: features, OUTPUTS: np.round(features[:, :2], 1)}
    order = np.random.default_rng(0).permutation(len(groups))
    again = read({layer: one[order] for layer, one in layers.items()}, groups[order], patients[order])
    assert again == read(layers, groups, patients)


def test_every_layer_refuses_removal() -> None:
    features, groups, patients = planted(0.0, patients=900, images=1, features=3)
    hidden = np.random.default_rng(2).normal(size=features.shape)
    hidden[:, 0] += 0.8 * groups
    clean = decode({FEATURES: features}, groups, patients, suite=QUICK)[NETWORK]
    assert clean.removal[-1].answer in ("granted", "underpowered", "unseen")
    leaky = decode({FEATURES: features, "block 3": hidden}, groups, patients, suite=QUICK)
    assert [claim.answer for claim in leaky[NETWORK].removal] == ["refused"] * 3
    assert not leaky[FEATURES].removal


def test_layers_that_only_linear_probes_have_read_grant_nothing_and_are_named() -> None:
    features, groups, patients = planted(0.0, patients=4000, images=1, features=3)
    layers = {FEATURES: features, OUTPUTS: features[:, :2]}
    keen = replace(QUICK, sight=replace(QUICK.sight, asked=(("linear", 0.9), ("quadratic", 0.9)), plantings=6))
    whole = decode(layers, groups, patients, suite=keen)[NETWORK].removal[-1]
    assert whole.answer == "granted"
    part = decode(layers, groups, patients, suite=keen, linear_only=[OUTPUTS])[NETWORK].removal[-1]
    assert (part.answer, part.reason) == ("unseen", f"nonlinear probes have not read {OUTPUTS}")
    lost = decode(layers, groups, patients, suite=keen, terms=Terms(lost=True))[NETWORK].removal[-1]
    assert lost.answer == "diagnosis lost"
    asked = replace(keen, sight=replace(keen.sight, asked=(("linear", 0.51), ("quadratic", 0.9))))
    dull = decode(layers, groups, patients, suite=asked)[NETWORK].removal[-1]
    assert dull.answer == "unseen"
    assert "a linear signal in features" in dull.reason


def test_outputs_that_give_away_more_than_their_features_are_flagged() -> None:
    features, groups, patients = planted(0.2, patients=400, features=3)
    outputs = features[:, :2].copy()
    assert "OUTPUTS_ABOVE_FEATURES" not in read({FEATURES: features, OUTPUTS: outputs}, groups, patients)[NETWORK].flags
    outputs[:, 1] += 2 * groups
    assert "OUTPUTS_ABOVE_FEATURES" in read({FEATURES: features, OUTPUTS: outputs}, groups, patients)[NETWORK].flags


def test_what_is_anti_learned_is_a_flag_and_no_merit() -> None:
    """Group means taken off on the very patients that are read: whoever fits on some is wrong on the others."""
    features, groups, patients = planted(0.0, patients=150, images=1, features=60)
    for group in (0, 1):
        features[groups == group] -= features[groups == group].mean(axis=0)
    made = read({FEATURES: features}, groups, patients)
    assert made[FEATURES].linear.high < 0.5
    assert "BELOW_CHANCE" in made[NETWORK].flags
    assert "BELOW_CHANCE" in made[FEATURES].flags
    plain = planted(0.0, patients=150, images=1, features=60)
    assert "BELOW_CHANCE" not in read({FEATURES: plain[0]}, *plain[1:])[NETWORK].flags


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ({}, "no layer to read"),
        ({FEATURES: np.ones((60, 2)), OUTPUTS: np.ones((59, 2))}, r"'features' 60, 'outputs' 59 rows"),
        ({FEATURES: np.ones((60, 2)), "block 1": np.full((60, 2), np.nan)}, "block 1 holds NaN"),
        ({FEATURES: np.ones((60, 2)), "block 1": np.ones(60)}, r"block 1 must be an array \(N images, D features\)"),
    ],
)
def test_layers_that_do_not_fit_are_refused_by_name(layers: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(BenchError, match=message) as error:
        read(layers, np.repeat([0, 1], 30), np.arange(60))
    assert "\n" not in str(error.value)
