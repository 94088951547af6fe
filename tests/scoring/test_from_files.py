"""Networks from files: read one by one as by the suite, compared patient by patient."""

from pathlib import Path

import numpy as np
import pytest

from bench.errors import BenchError
from bench.pages import terminal
from bench.scoring.decodability import decode
from bench.scoring.decodability.files import Labels
from bench.scoring.from_files import Compared, compare, documents, named, rows, told
from bench.task import Attribute, Confounder
from tests.scoring.decodability.samples import QUICK, planted

FEATURES, GROUPS, PATIENTS = planted(0.8, patients=200, features=4)
ILL = np.random.default_rng(1).integers(0, 2, 400)
LABELS = Labels(
    PATIENTS,
    (Attribute("race", ("B", "W"), GROUPS), Attribute("ill", ("no", "yes"), ILL)),
    (Confounder("ill", "label", ILL), Confounder("bmi", "number", np.arange(400.0) % 7, covariate=True)),
    {"race": {"race is blank": 3}, "ill": {}},
)


@pytest.fixture(scope="module")
def compared() -> Compared:
    noise = np.random.default_rng(0).normal(size=FEATURES.shape)
    networks = {
        "erm": {"features": FEATURES, "outputs": FEATURES[:, :1]},
        "same": {"features": FEATURES, "outputs": FEATURES[:, :1]},
        "blurred": {"features": FEATURES + noise},
    }
    return compare(networks, LABELS, LABELS.attributes[0], QUICK, fast=True)


def test_each_network_is_read_as_by_the_suite_alone(compared: Compared) -> None:
    alone = decode({"features": FEATURES + np.random.default_rng(0).normal(size=FEATURES.shape)}, GROUPS, PATIENTS,
                   LABELS.confounders, suite=QUICK, group_names=("B", "W"), fast=True)  # fmt: skip
    assert compared.networks["blurred"] == alone
    assert list(compared.networks["erm"]) == ["network", "features", "outputs"]
    assert {score.layer for score in compared.scores("erm")} == {"network", "features", "outputs"}


def test_differences_are_paired(compared: Compared) -> None:
    by_pair = {(one.a, one.b): one.estimate for one in compared.differences}
    assert list(by_pair) == [("erm", "same"), ("erm", "blurred"), ("same", "blurred")]
    equal = by_pair["erm", "same"]
    assert (equal.value, equal.low, equal.high) == (0, 0, 0)
    found = by_pair["erm", "blurred"]
    erm, blurred = (compared.networks[name]["network"] for name in ("erm", "blurred"))
    assert found.value == pytest.approx(blurred.one_vs_one.value - erm.one_vs_one.value)
    half = 1.96 * np.sqrt(np.square(blurred.influence - erm.influence).sum())
    assert found.high - found.value == found.value - found.low == pytest.approx(half, rel=1e-4)
    apart = 1.96 * np.sqrt(np.square(blurred.influence).sum() + np.square(erm.influence).sum())
    assert half < 0.9 * apart
    assert found.high < 0


def test_given_c_networks_are_compared_too_and_an_attribute_does_not_explain_itself() -> None:
    networks = {"a": {"features": FEATURES}, "b": {"features": FEATURES[:, 1:]}}
    found = compare(networks, LABELS, LABELS.attributes[0], QUICK)
    assert [one.metric for one in found.differences] == [
        "decodability",
        "decodability_given_diagnosis",
        "decodability_given_known",
    ]
    assert all(one.estimate.high < 0 for one in found.differences)
    assert found.networks["a"]["network"].given_known.columns == ("ill", "bmi")
    pages = documents(found)
    assert [str(page.title).split(":")[0] for page in pages] == ["a", "b", "Decodability of race"]
    report = found.report(LABELS)
    assert report["left_out"] == {"race is blank": 3}
    assert list(report["networks"]) == ["a", "b"]
    assert report["differences"][0]["value"] == found.differences[0].estimate.value
    assert told(LABELS, LABELS.attributes[1])[-1] == "given: bmi (number)"


def test_one_network_has_no_differences(capsys: pytest.CaptureFixture[str]) -> None:
    found = compare({"erm": {"features": FEATURES}}, LABELS, LABELS.attributes[0], QUICK, fast=True)
    (page,) = documents(found)
    terminal.show(page)
    assert "400 images, 200 patients" in capsys.readouterr().out
    assert found.differences == ()


def test_networks_are_called_as_their_files_and_have_the_same_rows() -> None:
    one, two = {"features": np.ones((3, 1))}, {"features": np.ones((4, 1)), "outputs": np.ones((3, 1))}
    assert list(named([Path("x/a.npy"), Path("b.npz")], [one, two])) == ["a", "b"]
    assert list(named([Path("x/a.npy"), Path("y/a.npy")], [one, two])) == ["x/a.npy", "y/a.npy"]
    with pytest.raises(BenchError, match="name a file twice"):
        named([Path("a.npy"), Path("a.npy")], [one, one])
    assert rows({"a": one}) == 3
    with pytest.raises(BenchError, match=r"there are a \(features\) 3, b \(features\) 4, b \(outputs\) 3 rows"):
        rows({"a": one, "b": two})
