"""Suite 2 as it is frozen, and that another suite beside it is another version and nothing else."""

from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest

from bench.scoring.decodability import Decodability, Suite, flags
from bench.scoring.decodability.probes.fourier import Fourier
from bench.scoring.decodability.probes.logistic import Logistic
from bench.scoring.decodability.probes.neighbours import Neighbours
from bench.scoring.decodability.probes.perceptron import Perceptron
from bench.scoring.decodability.probes.quadratic import Quadratic
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.decodability.probes.trees import Trees
from bench.scoring.decodability.suite import Folds, Permutations, Sight, Systems
from bench.scoring.readings import scores
from bench.scoring.suites import RETIRED, SUITES, V2
from tests.scoring.decodability.samples import QUICK, decode, planted

FEATURES, GROUPS, PATIENTS = planted(0.8, patients=80, features=5)


def read(suite: Suite, **options: bool) -> Decodability:
    return decode(FEATURES, GROUPS, PATIENTS, suite=suite, **options)


def test_suite_2_has_the_numbers_that_its_scores_were_made_with() -> None:
    """Whoever changes one of them makes other scores under the name of these: a new suite has a new version."""
    assert V2.version == 2
    assert V2.probes == (Ridge, Logistic, Quadratic, Fourier, Neighbours, Trees, Perceptron)
    assert V2.linear == (Ridge, Logistic)
    assert V2.folds == Folds(count=5, test=4, select=5)
    assert V2.systems == Systems(principal=64, leading=8, reduced=32, sought=64, few=4, prior=0.2)
    penalties = (1e-10, 1e-7, 1e-4, 1e-1, 1e2)
    assert V2.permutations == Permutations(count=200, penalties=pytest.approx(penalties), draws=50)
    readers = (("linear", Ridge), ("quadratic", Quadratic))
    assert V2.sight == Sight(
        strengths=pytest.approx(np.arange(0.55, 0.81, 0.025).tolist()),
        percentiles=(1, 50, 99),
        readers=readers,
        share=0.8,
        plantings=24,
        asked=(("linear", 0.60), ("quadratic", 0.65)),
    )
    assert V2.depths == (0.01, 0.03, 0.1, 0.3, 1.0)
    assert V2.margins == (0.02, 0.03, 0.05)
    assert (V2.leak, V2.power) == (3.5, 0.8)
    assert (V2.insufficient, V2.ill_conditioned, V2.nonlinear_gap, V2.above) == (0.02, 1e7, 0.03, 0.02)


def test_what_flags_say_in_numbers_is_what_suite_2_holds_against() -> None:
    said = {
        flags.INSUFFICIENT: [V2.insufficient],
        flags.NONLINEAR_GAP: [V2.nonlinear_gap],
        flags.BLIND: [V2.sight.strengths[-1]],
    }
    for flag, numbers in said.items():
        for number in numbers:
            assert f"{number:.2f}".lstrip("0") in flags.MEANINGS[flag]
    assert f"{V2.power:.0%}" in flags.MEANINGS[flags.UNDERPOWERED]


def test_suites_stand_under_their_version() -> None:
    assert SUITES[2] is V2
    assert all(suite.version == version for version, suite in SUITES.items())
    for suite in SUITES.values():
        assert len({probe.name for probe in suite.probes}) == len(suite.probes)
        assert 0 < len(suite.linear) < len(suite.probes)
        assert list(suite.depths) == sorted(suite.depths)
        assert list(suite.margins) == sorted(suite.margins)
        assert list(suite.sight.strengths) == sorted(suite.sight.strengths)
        assert {kind for kind, _ in suite.sight.asked} == {kind for kind, _ in suite.sight.readers}
        assert set(RETIRED).isdisjoint(SUITES)


def test_a_suite_cannot_be_changed() -> None:
    for part in (V2, V2.folds, V2.systems, V2.permutations, V2.sight):
        for name in (field.name for field in fields(part)):
            with pytest.raises(FrozenInstanceError):
                setattr(part, name, getattr(part, name))
            assert not isinstance(getattr(part, name), (list, dict, set, np.ndarray))
    assert hash(V2) == hash(replace(V2))


def test_another_suite_reads_beside_suite_2_and_neither_moves_the_other() -> None:
    before = read(V2, controls=False)
    other = read(replace(V2, version=3, probes=(Ridge, Quadratic)), controls=False)
    assert (before.suite_version, other.suite_version) == (2, 3)
    assert [probe.name for probe in other.probes] == ["ridge", "quadratic"]
    by_name = {probe.name: probe for probe in before.probes}
    for probe in other.probes:
        same = by_name[probe.name]
        assert (probe.one_vs_one, probe.upper, probe.settings) == (same.one_vs_one, same.upper, same.settings)
    assert read(V2, controls=False) == before


def test_every_part_of_a_suite_is_what_is_read_with() -> None:
    plain = read(QUICK)
    changed = replace(
        QUICK,
        version=1002,
        folds=Folds(count=3, test=3, select=4),
        permutations=replace(QUICK.permutations, count=7),
        sight=replace(QUICK.sight, percentiles=(10, 90), strengths=(0.9,), plantings=3),
        depths=(0.2, 0.4, 0.8),
        margins=(0.01,),
        ill_conditioned=1.0,
    )
    found = read(changed)
    assert found.suite_version == 1002
    assert [len(probe.settings) for probe in found.probes] == [3, 3]
    assert found.null.permutations == 7
    assert [level for level, _ in found.depth] == [0.0, 0.2, 0.4, 0.8]
    assert [claim.margin for claim in found.removal] == [0.01]
    assert [limit.name for limit in found.limits] == [
        f"{kind}, percentile {percentile}" for kind in ("linear", "quadratic") for percentile in (10, 90)
    ]
    assert {limit.plantings for limit in found.limits} == {3}
    rows = scores(found, attribute="race")
    assert {row.reference for row in rows if row.metric == "detection_limit"} == {one.name for one in found.limits}
    assert "ILL_CONDITIONED" in found.flags
    assert "ILL_CONDITIONED" not in plain.flags


@pytest.mark.parametrize(("gap", "flagged"), [(0.05, True), (0.4, False)])
def test_flags_are_raised_by_the_suites_own_limits(gap: float, flagged: bool) -> None:
    features, groups, patients = planted(0.0, patients=400, features=3)
    features[:, 0] *= 1 + groups
    found = decode(features, groups, patients, suite=replace(QUICK, nonlinear_gap=gap), controls=False)
    assert ("NONLINEAR_GAP" in found.flags) == flagged
