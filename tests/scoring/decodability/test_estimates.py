import numpy as np
import pytest

from bench.scoring.decodability.crossfit import SplitCoordinates
from bench.scoring.decodability.estimates import Design, by_patient, combine
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.decodability.splits import Split
from bench.scoring.suites import V2
from bench.statistics.auroc import decide_all, pairs
from tests.scoring.decodability.samples import sample


def halves(n: int) -> tuple[Split, Split]:
    """Two splits in which everyone who fits in one is tested in the other."""
    first, second = np.arange(n // 2), np.arange(n // 2, n)
    nobody = np.zeros(0, dtype=int)
    return Split(first, nobody, second), Split(second, nobody, first)


def test_reciprocity_counts_who_judges_each_other() -> None:
    design = Design(np.zeros(10, int), halves(10))
    # Both ordered pairs of splits cross entirely: (1 + 1) / 2².
    assert design.reciprocity == pytest.approx(0.5)
    assert not design.retested
    one = Design(np.zeros(10, int), halves(10)[:1])
    assert one.reciprocity == 0


def test_the_share_of_fit_patients_in_common() -> None:
    nobody = np.zeros(0, dtype=int)
    splits = (Split(np.arange(6), nobody, np.arange(6, 10)), Split(np.arange(3, 9), nobody, np.array([0, 9])))
    ((r, s, both, common),) = Design(np.zeros(10, int), splits).retested
    assert (r, s, both.tolist(), common) == (0, 1, [9], pytest.approx(0.5))


def test_without_retesting_the_variance_is_the_sum_of_squares() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1], [4, 6])
    influence = np.zeros((2, 10))
    influence[0, 5:], influence[1, :5] = rng.normal(size=(2, 5))
    estimate = combine([(0.6, influence[0]), (0.7, influence[1])], Design(groups, halves(10)))
    assert estimate.value == pytest.approx(0.65)
    part = influence.sum(axis=0) / 2
    expected = np.sqrt(4 / 3 * (part[:4] ** 2).sum() + 6 / 5 * (part[4:] ** 2).sum())
    assert estimate.standard_error == pytest.approx(expected)
    # Student's quantiles for the four patients of the smaller group.
    assert estimate.interval((-9, 9)).high == pytest.approx(0.65 + 3.182446 * expected)
    assert estimate.upper - 0.65 == 0.65 - estimate.lower == pytest.approx(2.353363 * expected)


def test_influence_values_hold_the_variance_of_an_estimate_and_of_a_difference() -> None:
    rng = np.random.default_rng(0)
    found, splits, design = sample(rng.normal(size=(800, 1)), np.arange(800) % 2, np.arange(800))
    both = []
    for _ in range(2):
        influence = np.zeros((len(splits), 800))
        for r, split in enumerate(splits):
            influence[r, split.test] = rng.normal(size=len(split.test))
            for group in range(2):  # the influence of an AUROC sums to 0 in each group
                own = split.test[found.patient_groups[split.test] == group]
                influence[r, own] -= influence[r, own].mean()
        both.append(combine([(0.5, one) for one in influence], design))
    for estimate in (*both, both[1].less(both[0])):
        assert estimate.influence_values.sum() == pytest.approx(0, abs=1e-9)
        assert np.sqrt(np.square(estimate.influence_values).sum()) == pytest.approx(estimate.standard_error, rel=0.04)
    apart = both[1].influence_values - both[0].influence_values
    np.testing.assert_allclose(apart, both[1].less(both[0]).influence_values, atol=1e-9)
    # Influence values of patients who are tested twice differ by who fitted, which alone makes half of this variance.
    assert np.square(both[0].by_patient).sum() < 0.9 * both[0].standard_error ** 2


def test_undefined_splits_are_left_out() -> None:
    design = Design(np.zeros(4, int), halves(4))
    estimate = combine([(np.nan, np.zeros(4)), (0.8, np.array([0.1, -0.1, 0.0, 0.0]))], design)
    assert estimate.value == 0.8
    assert estimate.standard_error == pytest.approx(np.sqrt(4 / 3 * 0.02))
    nothing = combine([(np.nan, np.zeros(4))] * 2, design)
    assert nothing.interval().value is None
    assert np.isnan(nothing.standard_error)


@pytest.mark.parametrize(("signal", "tolerance"), [(0.0, 0.15), (1.0, 0.15)])
def test_the_standard_error_is_the_scatter_of_the_estimate(signal: float, tolerance: float) -> None:
    """About the truth of the probes as fitted: .5 without signal; images of one patient resemble each other."""
    errors, deviations, naive = [], [], []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        of_patient = rng.choice(2, 150, p=[0.3, 0.7])
        owners = np.repeat(np.arange(150), 4)
        means = signal * np.array([0.0, 1.0])

        def draw(owner_groups: np.ndarray, per: int, rng: np.random.Generator = rng) -> np.ndarray:
            shared = np.repeat(rng.normal(size=(len(owner_groups), 6)), per, axis=0)
            features = np.sqrt(0.6) * shared + np.sqrt(0.4) * rng.normal(size=shared.shape)
            features[:, 0] += means[np.repeat(owner_groups, per)]  # noqa: B023
            return features

        found, splits, design = sample(draw(of_patient, 4), of_patient[owners], owners, seed=seed)
        fresh_groups = np.repeat([0, 1], 2000)
        fresh = draw(fresh_groups, 1)
        parts, truths = [], []
        for split in splits:
            coordinates = SplitCoordinates(found, split, V2.systems, 0)
            path = Ridge.fit(coordinates.training)
            value, influence = decide_all(pairs(path.predict(coordinates.on_test)[12], found.groups[coordinates.test]))
            parts.append((value, by_patient(found, coordinates.test, influence)))
            new = coordinates.whitening.transform(fresh, np.arange(len(fresh)))
            truths.append(decide_all(pairs(path.predict(new)[12], fresh_groups))[0] if signal else 0.5)
            naive.append(np.sqrt((influence**2).sum()))
        estimate = combine(parts, design)
        errors.append(estimate.standard_error)
        deviations.append(estimate.value - np.mean(truths))
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(deviations), rel=tolerance + 0.1)
    assert abs(np.mean(deviations)) < 3 * np.std(deviations) / np.sqrt(80)
