import numpy as np
import pytest

from bench.scoring.decodability.crossfit import SplitCoordinates, read, read_split
from bench.scoring.decodability.probes.neighbours import Neighbours
from bench.scoring.decodability.probes.quadratic import Quadratic
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.decodability.probes.trees import Trees
from bench.scoring.suites import V2
from bench.statistics.auroc import one_vs_one
from tests.scoring.decodability.samples import planted, sample


@pytest.fixture(scope="module")
def coordinates() -> SplitCoordinates:
    found, splits, _ = sample(*planted(1.0, patients=300, features=80, groups=3))
    return SplitCoordinates(found, splits[0], V2.systems, 0)


def test_every_system_has_its_size_and_no_patient_is_in_two_parts(coordinates: SplitCoordinates) -> None:
    systems = V2.systems
    sizes = {
        "full": 80,
        "principal": systems.principal,
        "leading": systems.leading,
        "reduced": systems.reduced,
        "few": 2 + systems.few,
    }
    for name, size in sizes.items():
        learnt = getattr(coordinates, name)
        assert all(system.training.fit.shape[1] == system.test.shape[1] == size for system in learnt)
        assert sum(len(system.training.fit) for system in learnt) == len(coordinates.fit)
        assert len(learnt) == (2 if name in ("reduced", "few") else 1)
    patients = [
        set(coordinates.sample.patients[rows]) for rows in (coordinates.fit, coordinates.select, coordinates.test)
    ]
    assert not patients[0] & patients[1]
    assert not patients[1] & patients[2]
    assert not patients[0] & patients[2]


def test_directions_are_found_on_other_patients_than_the_probe_is_fitted_to() -> None:
    """Where there is nothing to find, directions fit their own images; the other half's must not look so."""
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 2, 300)
    found, splits, _ = sample(rng.normal(size=(300, 100)), groups, np.arange(300))
    parts = SplitCoordinates(found, splits[0], V2.systems, 0)
    for system in parts.reduced:
        means = [system.training.fit[system.training.groups == g, 0].mean() for g in (0, 1)]
        assert abs(means[0] - means[1]) < 0.5


def test_the_setting_is_the_one_that_is_best_on_the_select_part(coordinates: SplitCoordinates) -> None:
    reading = read(coordinates, Ridge)
    path = Ridge.fit(coordinates.training)
    on_select = one_vs_one(path.predict(coordinates.training.select), coordinates.training.select_groups)
    assert reading.selected == pytest.approx(on_select.max(), abs=1e-6)
    assert reading.setting == f"full, {Ridge.settings[int(on_select.argmax())]}"


def test_few_directions_are_read_once(coordinates: SplitCoordinates) -> None:
    assert coordinates.worthwhile(Trees.inputs) == ["principal", "leading", "reduced"]
    found, splits, _ = sample(*planted(1.0, patients=60, features=5))
    narrow = SplitCoordinates(found, splits[0], V2.systems, 0)
    assert narrow.worthwhile(Trees.inputs) == ["principal"]
    assert narrow.worthwhile(Quadratic.inputs) == ["leading"]
    assert narrow.worthwhile(Ridge.inputs) == ["full"]


def test_a_split_says_whom_it_read_and_who_read(coordinates: SplitCoordinates) -> None:
    split = read_split(coordinates, [Ridge, Quadratic, Neighbours])
    assert [(reading.layer, reading.probe) for reading in split.readings] == [
        ("features", "ridge"),
        ("features", "quadratic"),
        ("features", "neighbours"),
    ]
    assert split.rows.tolist() == coordinates.test.tolist()
    assert split.select_rows.tolist() == coordinates.select.tolist()
    np.testing.assert_array_equal(split.select_groups, coordinates.sample.groups[split.select_rows])
    assert split.prevalence.sum() == pytest.approx(1)


def test_weights_move_the_prevalence() -> None:
    found, splits, _ = sample(*planted(1.0, patients=100, features=4))
    weights = np.where(found.groups == 1, 9.0, 1.0)
    plain, weighted = (
        SplitCoordinates(found, splits[0], V2.systems, 0),
        SplitCoordinates(found, splits[0], V2.systems, 0, weights),
    )
    assert plain.training.prevalence[1] == pytest.approx(0.5, abs=0.15)
    assert weighted.training.prevalence[1] > 0.8
    assert weighted.training.weights.mean() == pytest.approx(1)
