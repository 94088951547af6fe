"""Experiments on nine patches of the image, each alone or removed, with and without its low frequencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from bench.reading_race.experiment import Experiment, Measured
from bench.reading_race.published import Published
from bench.reading_race.results import Cell
from bench.reading_race.transforms import Chain, Patch, Transform, at_size, high_pass
from bench.records import Score

if TYPE_CHECKING:
    from bench.reading_race.study import Study

#: The paper's high-pass, a radius at 224 px.
HIGH_PASS = 100
GRID = 3


class Patches(Experiment):
    """Trained and tested on images of which one of nine patches is all there is, or all that lacks.

    The filter comes first, then the patch: filtering a patch would find the edges that cutting made. ``kept``: alone
    or removed; ``white``: the paper's AUROC of White, nine by cut-off, row by row; ``coarse``: the quick preset's.
    """

    kept: ClassVar[bool]
    white: ClassVar[dict[int, tuple[float, ...]]]
    coarse: ClassVar[tuple[tuple[int, int], ...]]

    def cells(self, study: Study) -> list[Cell]:
        """Nine patches, in the full preset also after the high-pass; in the quick preset few."""
        if study.quick:
            return [{"row": row, "column": column, "high-pass": 0} for row, column in self.coarse]
        places = [(row, column) for row in range(GRID) for column in range(GRID)]
        return [{"row": r, "column": c, "high-pass": d} for d in ((0, HIGH_PASS) if study.full else (0,)) for r, c in places]

    def measure(self, study: Study, cell: Cell) -> Measured:
        """A network of its own."""
        row, column, cutoff = int(cell["row"]), int(cell["column"]), float(cell["high-pass"])
        transform: Transform = Patch(row, column, self.kept, GRID)
        if cutoff:
            steps = (high_pass(at_size(cutoff, study.size)), Patch(row, column, self.kept, GRID, fill=0.0))
            transform = Chain(steps)
        trained = study.network(transform)
        return Measured(study.judge.scores(study.posteriors(trained.network)), trained.info)

    def label(self, cell: Cell) -> str:
        """Where the patch is, and the filter."""
        vertical = ("top", "middle", "bottom")[int(cell["row"])]
        horizontal = ("left", "centre", "right")[int(cell["column"])]
        filtered = f", high-pass D = {cell['high-pass']}" if cell["high-pass"] else ""
        return f"{vertical} {horizontal} {'alone' if self.kept else 'removed'}{filtered}"

    def published(self, cell: Cell, score: Score) -> Published | None:
        """The authors' notebooks on MIMIC-CXR: White alone."""
        if score.target != "White":
            return None
        return Published(self.white[int(cell["high-pass"])][GRID * int(cell["row"]) + int(cell["column"])])
