"""What training cost, as boards show it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from bench.leaderboard.columns import BEHIND
from bench.records import Cost

COLUMNS = {column.key: column for column in BEHIND}


def row(*costs: Cost | None) -> Any:
    return SimpleNamespace(
        entries=[SimpleNamespace(run=SimpleNamespace(training=SimpleNamespace(cost=c))) for c in costs]
    )


def cost(relative: float, **more: Any) -> Cost:
    figures = {"images": 100, "forward": 100, "backward": 100, "other": 0, "parameters": 10, "extra_parameters": 0}
    return Cost(**{**figures, "seconds": 2.0, "peak_memory": 1000, "relative": relative, **more})


@pytest.mark.parametrize(
    ("costs", "shown"),
    [
        ((cost(1.0),), "1 ×"),
        ((cost(2.0), cost(2.1)), "2.05 ×"),
        ((cost(0.5, files=["weights"]),), "0.5 ×, pretrained"),
        ((cost(1.0), None), None),
    ],
)
def test_passes_are_a_multiple_of_plain_trainings(costs: tuple[Cost | None, ...], shown: str | None) -> None:
    assert COLUMNS["cost"].produce(row(*costs)) == shown


def test_the_csv_has_means_over_seeds() -> None:
    two = row(cost(1.0, seconds=2.0, extra_parameters=4), cost(1.0, seconds=4.0, extra_parameters=4))
    assert COLUMNS["training_seconds"].produce(two) == 3.0
    assert COLUMNS["extra_parameters"].produce(two) == 4.0
    assert COLUMNS["peak_memory"].produce(row(None)) is None
    assert all(COLUMNS[key].places == () for key in ("training_seconds", "extra_parameters", "peak_memory"))
