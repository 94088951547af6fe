"""C1: which spatial frequencies hold race."""

from __future__ import annotations

from itertools import combinations
from statistics import fmean
from typing import TYPE_CHECKING

from bench.reading_race.experiment import Experiment, Measured
from bench.reading_race.published import Published, of_groups, three
from bench.reading_race.results import Cell
from bench.reading_race.transforms import Band, Identity, at_size, band_pass, high_pass, low_pass, notch
from bench.records import Score

if TYPE_CHECKING:
    from bench.reading_race.study import Study

#: Cut-offs of the paper, radii at 224 px.
_SINGLE = (1, 5, 10, 25, 50, 75, 100, 125, 150, 200)
DOUBLE = (10, 25, 50, 75, 100, 125, 150)
_QUICK_SINGLE = {"low-pass": (10, 50), "high-pass": (25, 100, 200)}
_QUICK_DOUBLE = ((10, 50),)

_LOW = {
    1: three(0.54, 0.545, 0.54), 5: three(0.77, 0.76, 0.733), 10: three(0.849, 0.864, 0.818),
    25: three(0.929, 0.937, 0.889), 50: three(0.951, 0.953, 0.907), 75: three(0.958, 0.958, 0.907),
    100: three(0.960, 0.960, 0.913), 125: three(0.962, 0.963, 0.913), 150: three(0.962, 0.963, 0.913),
    200: three(0.960, 0.960, 0.913),
}  # fmt: skip
_HIGH = {
    1: three(0.964, 0.966, 0.913), 5: three(0.967, 0.967, 0.911), 10: three(0.960, 0.967, 0.909),
    25: three(0.947, 0.958, 0.900), 50: three(0.931, 0.942, 0.887), 75: three(0.920, 0.928, 0.878),
    100: three(0.891, 0.900, 0.851), 125: three(0.760, 0.767, 0.740), 150: three(0.596, 0.59, 0.580),
    200: three(0.50, 0.50, 0.50),
}  # fmt: skip
_NOTCH_WHITE = {
    10: (0.901, 0.889, 0.872, 0.855, 0.824, 0.817), 25: (0.904, 0.900, 0.894, 0.891, 0.891),
    50: (0.909, 0.911, 0.908, 0.905), 75: (0.911, 0.911, 0.909), 100: (0.914, 0.912), 125: (0.915,),
}  # fmt: skip


def curve(kind: str) -> list[tuple[int, float]]:
    """The paper's low-pass or high-pass: cut-off and mean over its three groups, at every cut-off it tried."""
    found = {"low-pass": _LOW, "high-pass": _HIGH}[kind]
    return [(cutoff, fmean(one.value or 0.0 for one in groups.values())) for cutoff, groups in found.items()]


def white(low: int, high: int) -> float:
    """The paper's notch between two cut-offs: AUROC of White, all it gives."""
    return _NOTCH_WHITE[low][DOUBLE.index(high) - DOUBLE.index(low) - 1]


def band(cell: Cell, size: int) -> Band:
    """The filter of a cell for images of ``size`` px."""
    low, high = (at_size(float(cell[name]), size) if name in cell else 0.0 for name in ("from", "to"))
    make = {"low-pass": lambda: low_pass(high), "high-pass": lambda: high_pass(low)}
    make |= {"notch": lambda: notch(low, high), "band-pass": lambda: band_pass(low, high)}
    return make[str(cell["filter"])]()


class Frequencies(Experiment):
    """Trained and tested on filtered images; cut-offs are radii in cycles per image, scaled from the paper's 224 px."""

    name = "C1"
    question = "Which spatial frequencies hold the group? Networks trained and tested on filtered images."

    def cells(self, study: Study) -> list[Cell]:
        """Every filter with every cut-off or pair of them."""
        singles = _QUICK_SINGLE if study.quick else {"low-pass": _SINGLE, "high-pass": _SINGLE}
        doubles = tuple(combinations(DOUBLE, 2)) if study.full else _QUICK_DOUBLE
        cells: list[Cell] = [
            {"filter": name, "to" if name == "low-pass" else "from": cutoff}
            for name, cutoffs in singles.items()
            for cutoff in cutoffs
        ]
        return cells + [
            {"filter": name, "from": low, "to": high} for name in ("notch", "band-pass") for low, high in doubles
        ]

    def measure(self, study: Study, cell: Cell) -> Measured:
        """A network of its own, except where the filter lets everything pass: that one is A1's."""
        chosen = band(cell, study.size)
        kept = chosen.bins_kept(study.size)
        trained = study.network(Identity() if kept == 1 else chosen)
        scores = study.judge.scores(study.posteriors(trained.network))
        radii = {name: round(at_size(float(cell[name]), study.size), 3) for name in ("from", "to") if name in cell}
        details: Cell = {**{f"radius {name}": radius for name, radius in radii.items()}, "bins kept": kept}
        return Measured(scores, trained.info, details)

    def label(self, cell: Cell) -> str:
        """The filter and its cut-offs at 224 px."""
        return f"{cell['filter']} D = {'–'.join(str(cell[name]) for name in ('from', 'to') if name in cell)}"

    def published(self, cell: Cell, score: Score) -> Published | None:
        """The authors' notebooks on MIMIC-CXR: DenseNet-121 at 224 px; of the notch, White alone; no band-pass."""
        if cell["filter"] == "low-pass":
            return of_groups(score, _LOW[int(cell["to"])])
        if cell["filter"] == "high-pass":
            return of_groups(score, _HIGH[int(cell["from"])])
        if cell["filter"] == "notch" and score.target == "White":
            return Published(white(int(cell["from"]), int(cell["to"])))
        return None


EXPERIMENT = Frequencies()
