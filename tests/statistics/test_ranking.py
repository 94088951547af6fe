from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm, t

from bench.errors import BenchError
from bench.statistics import ranking
from bench.statistics.pairing import SeedValues, paired
from bench.statistics.ranking import Place, covariance, diagnosis_kept, front_share, rank, resolution
from tests.statistics import pareto
from tests.statistics.crossed import SMALL, World


def _independent(means: np.ndarray, error: float = 1.0) -> list[SeedValues]:
    """One seed a row; every row is uncertain by ``error`` on patients of its own, two of them."""
    influence = np.zeros((len(means), 1, 2 * len(means)))
    for i, row in enumerate(influence):
        row[0, 2 * i : 2 * i + 2] = error / np.sqrt(2), -error / np.sqrt(2)
    return [SeedValues([mean], row) for mean, row in zip(means, influence, strict=True)]


def _many(means: list[float], patients: int = 20_000) -> list[SeedValues]:
    """Independent rows with a standard error of 1 each and so many patients that Student's t is the normal."""
    padding = np.zeros((1, patients))
    return [
        SeedValues(row.values, np.hstack([row.influence, padding]))
        for row in _independent(np.asarray(means, dtype=float))
    ]


def _dunnett(comparisons: int) -> float:
    """One-sided 5% critical value of equally precise independent rows, by integration over the row they share."""
    low, high = 1.0, 4.0
    for _ in range(40):
        middle = (low + high) / 2
        covered = quad(lambda x, d=middle: norm.pdf(x) * norm.cdf(x + d * np.sqrt(2)) ** comparisons, -8, 8)[0]
        low, high = (middle, high) if covered < 0.95 else (low, middle)
    return low


def _classes(places: list[Place]) -> list[int]:
    return [place.tie_class for place in sorted(places, key=lambda place: place.row)]


@pytest.mark.parametrize("rows", [2, 3, 5, 12])
def test_a_row_joins_up_to_dunnetts_critical_value(rows: int) -> None:
    """1.645 for one comparison, 1.92 for two, as printed in the tables of Dunnett (1955)."""
    critical = _dunnett(rows - 1) * np.sqrt(2)
    if rows < 4:
        assert critical / np.sqrt(2) == pytest.approx({2: 1.645, 3: 1.916}[rows], abs=0.001)
    far = [100.0] * (rows - 2)
    assert _classes(rank(_many([0, critical - 0.03, *far]), "down"))[:2] == [1, 1]
    assert _classes(rank(_many([0, critical + 0.03, *far]), "down"))[:2] == [1, 2]


def test_correlated_differences_have_the_critical_value_of_their_distribution() -> None:
    """Against the multivariate normal distribution function, with rows that share patients and seeds."""
    rows = World(patients=400).draw(np.zeros(5), np.random.default_rng(3))
    total = np.add(*covariance(rows))
    contrast = np.delete(np.eye(5), 2, axis=0) * -1
    contrast[:, 2] = 1
    of_differences = contrast @ total @ contrast.T
    error = np.sqrt(np.diag(of_differences))
    largest = multivariate_normal(cov=of_differences / np.outer(error, error))
    drawn = ranking._normal(total, ranking.DRAWS, 0)
    critical = np.quantile(((drawn[:, [2]] - np.delete(drawn, 2, axis=1)) / error).max(axis=1), 0.95)
    assert largest.cdf(np.full(4, critical)) == pytest.approx(0.95, abs=0.005)


def test_the_parts_are_those_of_every_pair() -> None:
    rows = SMALL.draw([0.5, 0.6, 0.7, 0.8], np.random.default_rng(0))
    patient_part, seed_part = covariance(rows)
    for i in range(4):
        for j in range(4):
            of_pair = [ranking._of_differences(part, i)[j] for part in (patient_part, seed_part)]
            assert np.sqrt(sum(of_pair)) == pytest.approx(paired(rows[i], rows[j]).standard_error)


def test_the_anchor_does_not_move() -> None:
    """Steps of 2 standard errors of a row: each row is tied with the next, but not with the one after it."""
    places = rank(_many([0, 2, 4, 6, 8, 10]), "down")
    assert [(place.row, place.tie_class, place.anchor) for place in places] == [
        (0, 1, 0), (1, 1, 0), (2, 2, 2), (3, 2, 2), (4, 3, 4), (5, 3, 4)
    ]  # fmt: skip
    assert [place.may_be_best for place in places] == [True, True, False, False, False, False]


def test_direction_and_order() -> None:
    rows = _many([0, 10, 20, 10])
    assert [(place.row, place.tie_class) for place in rank(rows, "down")] == [(0, 1), (1, 2), (3, 2), (2, 3)]
    assert [(place.row, place.tie_class) for place in rank(rows, "up")] == [(2, 1), (1, 2), (3, 2), (0, 3)]
    assert rank([], "up") == []
    assert rank(rows[:1], "up") == [Place(0, 1, 0, True)]


def test_a_row_that_is_little_known_may_be_best_behind_one_that_is_not() -> None:
    """It stands behind by its mean, and the class is closed by then; that it may be the best holds all the same."""
    rows = [*_many([0, 4]), SeedValues([5.0], _many([0, 0, 0])[2].influence[:, :20_004] * 10)]
    places = rank(rows, "down")
    assert [(place.row, place.tie_class, place.may_be_best) for place in places] == [
        (0, 1, True), (1, 2, False), (2, 2, True)
    ]  # fmt: skip


def test_rows_without_error_are_told_apart_by_any_difference() -> None:
    nothing = np.zeros((2, 9))
    rows = [SeedValues([value, value], nothing) for value in (0.5, 0.5, 0.5001)]
    assert _classes(rank(rows, "down")) == [1, 1, 2]
    # Equal up to a constant: rounding in their covariance is no error.
    (row,) = SMALL.draw([0.5], np.random.default_rng(0))
    assert _classes(rank([row, row, SeedValues(row.values + 0.1, row.influence)], "down")) == [1, 1, 2]


def test_the_same_rows_give_the_same_classes_in_any_order() -> None:
    rows = SMALL.draw(SMALL.board(), np.random.default_rng(4))
    expected = _classes(rank(rows, "down"))
    assert _classes(rank(rows, "down")) == expected
    order = np.random.default_rng(0).permutation(12)
    assert _classes(rank([rows[i] for i in order], "down")) == [expected[i] for i in order]


@pytest.mark.parametrize(
    "world",
    [
        pytest.param(SMALL, id="as measured"),
        pytest.param(replace(SMALL, training=0.02), id="seeds do most"),
        pytest.param(replace(SMALL, training=0.0, single=0.03), id="patients do nearly all"),
    ],
)
def test_three_truly_equal_best_stand_together_and_a_worse_row_does_not(world: World) -> None:
    """Twelve rows, 1,000 boards; row 3 is worse by twice the resolution."""
    truths, rng = world.board(), np.random.default_rng(0)
    boards = [np.array(_classes(rank(world.draw(truths, rng), "down", draws=2000))) for _ in range(1000)]
    classes = np.stack(boards)
    assert (classes[:, :3] == 1).all(axis=1).mean() >= 0.92
    assert (classes[:, 3] > 1).mean() >= 0.9


def test_the_best_row_may_be_best_however_unequal_the_errors() -> None:
    """The rows vary by factors of up to 4, so the anchor is mostly one of those that vary most, and lucky."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(1000):
        rows = SMALL.draw(np.zeros(6), rng)
        noisy = [SeedValues(k * row.values, k * row.influence) for k, row in zip((1, 1, 1, 2, 3, 4), rows, strict=True)]
        found.append([place.may_be_best for place in sorted(rank(noisy, "down", draws=2000), key=lambda p: p.row)])
    assert (np.mean(found, axis=0) >= 0.94).all()


def test_resolution_by_hand() -> None:
    baseline = SeedValues([0.7, 0.8], [[0.03, -0.03, 0.0], [0.01, -0.03, 0.02]])

    def expected(patient_part: float) -> float:
        freedom = (patient_part + 0.0005) ** 2 / (patient_part**2 / 2 + 0.0005**2)
        return (t.ppf(0.975, freedom) + t.ppf(0.8, freedom)) * np.sqrt(patient_part + 0.0005)

    # The two seeds differ by .02 0 -.02, and their mean is .02 -.03 .01.
    assert resolution(baseline, 0.001) == pytest.approx(expected(0.0008))
    assert resolution(baseline, 0.001, correlation=0.75) == pytest.approx(expected(0.25 * 2 * 0.0014))
    assert resolution(baseline, 0.001, correlation=0.0) == pytest.approx(expected(2 * 0.0014))


@pytest.mark.parametrize("seeds", [3, 5])
def test_a_difference_of_the_resolution_is_found_in_four_of_five_boards(seeds: int) -> None:
    world, rng = replace(SMALL, seeds=seeds, single=0.03), np.random.default_rng(0)
    apart = world.resolution()
    found = [paired(*world.draw([apart, 0], rng)).low > 0 for _ in range(2000)]
    assert np.mean(found) == pytest.approx(0.8, abs=0.04)


def test_without_a_pilot_a_method_is_as_far_from_the_baseline_as_a_new_seed() -> None:
    """Two rows that differ by a training, the same in every seed: what the baseline's seeds tell is right for them."""
    (baseline,) = World(own=0.0).draw([0.0], np.random.default_rng(0))
    two = World(own=0.232, single=0.0).draw([0.0, 0.0], np.random.default_rng(1))
    without_seeds = [SeedValues(np.zeros(5), row.influence) for row in two]
    expected = (norm.ppf(0.975) + norm.ppf(0.8)) * paired(*without_seeds).standard_error
    assert resolution(baseline, 0.0) == pytest.approx(expected, rel=0.05)


def test_resolution_asks_for_seeds() -> None:
    one = SeedValues([0.5], np.zeros((1, 4)))
    with pytest.raises(BenchError, match=r"1 seed\(s\)"):
        resolution(one, 0.001)
    two = SeedValues([0.5, 0.6], np.zeros((2, 4)))
    with pytest.raises(BenchError, match="nan"):
        resolution(two, float("nan"))
    with pytest.raises(BenchError, match="level"):
        resolution(two, 0.001, power=1.0)
    with pytest.raises(BenchError, match=r"correlation 1\.2"):
        resolution(two, 0.001, correlation=1.2)


def test_the_diagnosis_is_kept_when_the_loss_is_shown_to_be_small() -> None:
    rows = _many([0.80, 0.81])
    small = [SeedValues(row.values, row.influence * 0.003) for row in rows]
    difference = paired(*small)  # -.010 ± .008
    assert difference.low == pytest.approx(-0.0183, abs=1e-4)
    assert diagnosis_kept(difference, 0.02)
    assert not diagnosis_kept(difference, 0.018)
    assert not diagnosis_kept(paired(*rows), 0.02)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12))
def test_without_error_the_share_is_the_front_itself(points: list[tuple[int, int]]) -> None:
    nothing = np.zeros((1, 3))
    down, up = ([SeedValues([point[side]], nothing) for point in points] for side in (0, 1))
    assert list(front_share(down, up, draws=3)) == [float(best) for best in pareto.front(points)]


def test_front_share_of_two_rows_is_a_probability_of_the_normal() -> None:
    """A row is off the front when the other is better in both: here two independent differences."""
    down, up = _many([0.0, 1.0, 0, 0])[:2], _many([0, 0, 0.5, 0.0])[2:]
    ahead = norm.cdf(1 / np.sqrt(2)) * norm.cdf(0.5 / np.sqrt(2))
    behind = norm.cdf(-1 / np.sqrt(2)) * norm.cdf(-0.5 / np.sqrt(2))
    assert front_share(down, up, draws=200_000) == pytest.approx([1 - behind, 1 - ahead], abs=0.004)


def test_front_share_agrees_with_drawing_patients_anew() -> None:
    """One seed, so that patients are all there is to draw; decodability and AUROC go together."""
    rng = np.random.default_rng(5)
    patients = rng.normal(size=(2, 4, 300)) + 1.5 * rng.normal(size=(1, 4, 300))
    patients += np.array([[0.0, 0.05, 0.1, 0.2], [0.0, 0.1, 0.0, 0.1]])[:, :, None]
    down, up = ([SeedValues([row.mean()], (row - row.mean())[None] / 300) for row in score] for score in patients)
    drawn = np.random.default_rng(0).integers(300, size=(4000, 300))
    means = np.stack([patients[:, :, one].mean(axis=2) for one in drawn])
    expected = np.mean([pareto.front(list(map(tuple, board.T))) for board in means], axis=0)
    assert front_share(down, up) == pytest.approx(expected, abs=0.04)
    assert (front_share(down, up) == front_share(down, up)).all()


def test_seeds_count_for_the_front() -> None:
    """Without patients, two rows that differ in D by one standard error of their seeds, and in nothing else."""
    nothing = np.zeros((3, 4))
    step = np.sqrt(3) * np.array([-1, 0, 1])  # sample variance 3, so the mean over three seeds has 1
    down = [SeedValues(step, nothing), SeedValues(np.ones(3), nothing)]
    up = [SeedValues(np.zeros(3), nothing)] * 2
    assert front_share(down, up, draws=100_000) == pytest.approx([norm.cdf(1), norm.cdf(-1)], abs=0.005)


def test_rows_must_share_seeds_and_patients() -> None:
    rows = [SeedValues([0.5], np.zeros((1, 4))), SeedValues([0.5], np.zeros((1, 5)))]
    with pytest.raises(BenchError, match=r"\(1, 4\) and \(1, 5\)"):
        rank(rows, "down")
    with pytest.raises(BenchError, match="got 2 and 1"):
        front_share(rows, rows[:1])
    with pytest.raises(BenchError, match="level"):
        rank(rows[:1], "down", level=0)
    assert len(front_share([], [])) == 0
