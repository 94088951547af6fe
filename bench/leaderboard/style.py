"""One style for every figure, drawn without pyplot: nothing global is touched, no window is ever opened."""

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
