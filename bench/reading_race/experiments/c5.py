"""C5: acquisition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.reading_race import parts
from bench.reading_race.experiment import Experiment, Measured
from bench.reading_race.from_columns import varying
from bench.reading_race.results import Cell
from bench.reading_race.transforms import Window

if TYPE_CHECKING:
    from bench.reading_race.study import Study

_ACQUISITION = ("site", "scanner", "view")
_WINDOWS = ((0.5, 0.0), (0.8, 0.0), (1.25, 0.0), (1.0, -0.2), (1.0, -0.1), (1.0, 0.1), (1.0, 0.2))
_QUICK = ((0.8, 0.0), (1.25, 0.0), (1.0, -0.1), (1.0, 0.1))


class Acquisition(Experiment):
    """A1's network within every site, scanner and view, and on test images in other windows."""

    name = "C5"
    question = "Does the way the image was taken and shown explain it? Within site, scanner and view; other windows."

    def cells(self, study: Study) -> list[Cell]:
        """As recorded, where anything is, then every window."""
        recorded: list[Cell] = [{"acquisition": "as recorded"}] if varying(study, _ACQUISITION) else []
        windows = _QUICK if study.quick else _WINDOWS
        shown: list[Cell] = [{"gain": gain, "offset": offset} for gain, offset in windows]
        return recorded + shown

    def measure(self, study: Study, cell: Cell) -> Measured:
        """No network is trained for it."""
        if "gain" in cell:
            window = Window(float(cell["gain"]), float(cell["offset"]))
            return Measured(study.judge.scores(study.seen_through(window)))
        scores = []
        for column in varying(study, _ACQUISITION):
            codes, names = parts.codes(study.test, column)
            for code, name in enumerate(names):
                rows = codes == code
                scores += study.judge.scores(study.plain_posteriors, rows, attribute=column, group=name)
        return Measured(scores)

    def label(self, cell: Cell) -> str:
        """The window, or nothing but whose network it is."""
        if "gain" not in cell:
            return "A1's network"
        return f"window at test: gain {cell['gain']}, offset {float(cell['offset']):+.0%} of the grey range"


EXPERIMENT = Acquisition()
