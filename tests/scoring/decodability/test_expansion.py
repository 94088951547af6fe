import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scoring.decodability.expansion import LADDER, PER_COLUMN, expand
from bench.task import Confounder

N = 400


def confounders(seed: int = 0) -> list[Confounder]:
    """Two labels, a category of three levels and a number, all with unknown values."""
    rng = np.random.default_rng(seed)
    age = rng.normal(60, 15, N)
    age[:20] = np.nan
    return [
        Confounder("effusion", "label", rng.integers(-1, 2, N)),
        Confounder("nodule", "label", rng.integers(0, 2, N)),
        Confounder("view", "category", rng.integers(-1, 3, N), ("AP", "LL", "PA")),
        Confounder("age", "number", age),
    ]


def test_columns_are_as_many_as_the_rarest_group_bears() -> None:
    given = confounders()
    # Two levels of effusion, one of nodule, three of view, the line and the missing of age; its curves, their product.
    sizes = {0: 2 + 1 + 3 + 2, 3: 2 + 1 + 3 + 3, 5: 2 + 1 + 3 + 5}
    for richness in LADDER:
        columns = sizes[richness.knots] + richness.products
        found, chosen = expand(given, PER_COLUMN * columns)
        assert chosen == richness
        assert found.shape == (N, columns)
    assert expand(given, 1)[1] == LADDER[-1]


@given(st.integers(0, 1000))
def test_columns_are_standardised_and_none_is_constant_or_twice_there(seed: int) -> None:
    rng = np.random.default_rng(seed)
    given = confounders(seed)
    given += [
        given[1],
        Confounder("constant", "category", np.zeros(N, int)),
        Confounder("few", "number", np.arange(N) % 3),
    ]
    given.append(Confounder("missing", "number", np.full(N, np.nan)))
    found, _ = expand(given, int(rng.integers(1, 300)))
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(found.std(axis=0), 1, atol=1e-9)
    alike = np.abs(np.corrcoef(found.T)) > 1 - 1e-9
    assert alike.sum() == len(alike)


def test_the_spline_is_natural() -> None:
    """It fits a smooth curve between the knots and is a straight line beyond the outer ones."""
    x = np.linspace(-3, 3, N)
    columns, _ = expand([Confounder("x", "number", x)], 1000)
    assert columns.shape[1] == 4
    design = np.column_stack([np.ones(N), columns])
    fitted = design @ np.linalg.lstsq(design, np.sin(x), rcond=None)[0]
    assert np.abs(fitted - np.sin(x)).max() < 0.1
    outer = x > np.quantile(x, 0.96)
    np.testing.assert_allclose(np.diff(fitted[outer], 2), 0, atol=1e-9)
    straight, _ = expand([Confounder("x", "number", x)], 1)
    np.testing.assert_allclose(straight[:, 0], (x - x.mean()) / x.std())


def test_a_missing_number_counts_as_the_mean_and_is_marked() -> None:
    x = np.array([1.0, 2, 3, np.nan] * 100)
    columns, _ = expand([Confounder("x", "number", x)], 1)
    assert columns.shape[1] == 2
    assert columns[3, 0] == pytest.approx(0)
    assert len(np.unique(columns[np.isnan(x), 1])) == 1
