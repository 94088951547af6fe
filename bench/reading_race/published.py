"""A figure of the paper, to stand beside what was found here."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from bench.records import MACRO, Score

#: Where a figure was found: the paper's Table 3, the output of its authors' published notebooks (another run than the
#: table), or at second hand.
SOURCES = {
    "T3": "Table 3 of the paper",
    "nb": "the authors' notebooks",
    "2nd": "second-hand reading notes",
    "paper": "the paper or its notebooks",
}


@dataclass(frozen=True)
class Published:
    """One AUROC of the paper. Without a ``value``, ``low`` to ``high`` is a range over groups, not an interval."""

    value: float | None
    low: float | None = None
    high: float | None = None
    source: str = "nb"

    def __str__(self) -> str:
        value = "" if self.value is None else f"{self.value:.3g}".ljust(4, "0")
        if self.low is None or self.high is None:
            return value
        limits = f"{self.low:g}–{self.high:g}"
        return f"{value} ({limits})" if value else limits


def of_groups(score: Score, groups: dict[str, Published]) -> Published | None:
    """The paper's figure of a score's group; for ``macro`` the mean over the groups, which the paper does not give."""
    if score.target in groups:
        return groups[score.target]
    values = [published.value for published in groups.values() if published.value is not None]
    if score.target == MACRO and len(values) == len(groups):
        return Published(fmean(values), source=next(iter(groups.values())).source)
    return None


def three(asian: float, black: float, white: float, source: str = "nb") -> dict[str, Published]:
    """Figures of the paper's three groups, by group."""
    values = {"Asian": asian, "Black": black, "White": white}
    return {group: Published(value, source=source) for group, value in values.items()}
