"""What training cost, over the seeds of a row."""

from __future__ import annotations

from dataclasses import dataclass

from bench.leaderboard.rows import Row
from bench.records import Cost


def _costs(row: Row) -> list[Cost] | None:
    """What the training of each seed cost; None where a record does not say it."""
    found = [entry.run.training.cost for entry in row.entries]
    known = [cost for cost in found if cost is not None]
    return known if len(known) == len(found) else None


def passes(row: Row) -> str | None:
    """Image passes as a multiple of plain training's; and whether files were learnt from before."""
    if (costs := _costs(row)) is None:
        return None
    passes = f"{sum(cost.relative for cost in costs) / len(costs):.2f}".rstrip("0").rstrip(".")
    return f"{passes} ×" + (", pretrained" if any(cost.files for cost in costs) else "")


@dataclass(frozen=True)
class Mean:
    """Produces the mean over seeds of a figure of the costs."""

    name: str

    def __call__(self, row: Row) -> float | None:
        costs = _costs(row)
        return None if costs is None else sum(float(getattr(cost, self.name)) for cost in costs) / len(costs)
