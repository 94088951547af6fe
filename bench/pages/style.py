"""One style for every figure, drawn without pyplot: nothing global is touched, no window is ever opened."""

import io
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe & Ito (2008): told apart with any colour vision. Shapes differ as well.
BLACK, GREY, BLUE, GREEN, ORANGE = "#000000", "#7f7f7f", "#0072B2", "#009E73", "#D55E00"
PURPLE, AMBER = "#CC79A7", "#E69F00"


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of this size in inches, at 200 dots per inch."""
    figure = Figure(figsize=(width, height), dpi=200, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


#: Said of no file: a figure changes only when its numbers do, and not with dates and versions.
_UNSAID: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def picture(figure: Figure, kind: Literal["png", "pdf"]) -> bytes:
    """The figure as a file of this kind, without dates and versions."""
    file = io.BytesIO()
    figure.savefig(file, format=kind, metadata=_UNSAID[kind])
    return file.getvalue()


def chance(axes: Axes, label: str | None = None) -> None:
    """A dotted line where an AUROC says nothing."""
    axes.axvline(0.5, color=GREY, linewidth=0.8, linestyle=":", zorder=0, label=label)


def tidy(axes: Axes, grid: str = "x") -> None:
    """No frame above and at the right, and a light grid along one axis."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y" if grid == "y" else "x", linewidth=0.5, alpha=0.35)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8.5)
