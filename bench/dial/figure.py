"""The curves as a figure: a panel a score, a line a method."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.dial.curves import Curve
from bench.dial.document import title
from bench.dial.request import Request
from bench.pages.style import AMBER, BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, new_figure, tidy
from bench.scoring.catalogue import AUROC, DECODABILITY, EQUALIZED_ODDS

_LOOKS = ((BLACK, "D"), (BLUE, "o"), (GREEN, "^"), (ORANGE, "v"), (PURPLE, "s"), (AMBER, "P"))
#: The panels: key of the column, and what stands at the axis.
_PANELS = (
    (AUROC.key, "diagnosis AUROC (macro)"),
    (AUROC.worst.key, "worst-group AUROC"),
    (DECODABILITY.key, "decodability, observed"),
    (EQUALIZED_ODDS.key, "equalized-odds difference"),
)


def figure(request: Request, found: Sequence[Curve]) -> Figure:
    """Each score against the strength of the association, with 95% intervals."""
    drawn = new_figure(9.0, 6.4)
    grid = drawn.subplots(2, 2, sharex=True)
    for axes, (key, words) in zip(np.ravel(grid), _PANELS, strict=True):
        _panel(axes, request, found, key)
        axes.set_ylabel(words, fontsize=9)
    for axes in grid[-1]:
        axes.set_xlabel(request.dial, fontsize=9)
    handles, labels = np.ravel(grid)[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=8.5)
    how = "trained at each strength" if request.trained else f"trained at {request.usual:g}"
    drawn.suptitle(f"{title(request)} ({how}; synthetic data)", fontsize=10)
    return drawn


def _panel(axes: Axes, request: Request, found: Sequence[Curve], key: str) -> None:
    span = request.strengths[-1] - request.strengths[0]
    for number, curve in enumerate(found):
        colour, marker = _LOOKS[number % len(_LOOKS)]
        points = [(point.strength, point.scores[key]) for point in curve.points]
        known = [(strength, one) for strength, one in points if one is not None]
        # Beside one another, so that intervals do not lie on top of each other.
        x = np.array([strength for strength, _ in known]) + 0.006 * span * (number - (len(found) - 1) / 2)
        y = np.array([one.mean for _, one in known])
        low, high = (
            np.array([limit if limit is not None else one.mean for (_, one), limit in zip(known, limits, strict=True)])
            for limits in ([one.low for _, one in known], [one.high for _, one in known])
        )
        axes.errorbar(
            x, y, np.abs([y - low, high - y]), color=colour, marker=marker, markersize=4.5, linewidth=1.3,
            elinewidth=0.9, capsize=2, label=curve.label,
        )  # fmt: skip
    if not request.trained and request.strengths[0] <= request.usual <= request.strengths[-1]:
        axes.axvline(request.usual, color=GREY, linestyle=":", linewidth=1.2, zorder=0, label="as trained")
    if key == DECODABILITY.key:
        axes.axhline(0.5, color=GREY, linewidth=0.8, zorder=0)
    tidy(axes, grid="y")
