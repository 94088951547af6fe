"""Where A1's network looks: squares of the image covered at test time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.reading_race.experiment import Experiment, Measured
from bench.reading_race.results import Cell
from bench.reading_race.scores import DIFFERENCE
from bench.reading_race.transforms import Patch
from bench.records import MACRO

if TYPE_CHECKING:
    from bench.reading_race.study import Study

_GRID, _QUICK = 8, 4


class Occlusion(Experiment):
    """One square after the other is made mid-grey: what the mean AUROC of A1's network loses by it."""

    name = "occlusion"
    question = "Which squares of the image does A1's network need? The loss of AUROC when one is covered at test time."
    as_figure = True

    def cells(self, study: Study) -> list[Cell]:
        """One, with a line a square."""
        return [{"grid": _QUICK if study.quick else _GRID}]

    def measure(self, study: Study, cell: Cell) -> Measured:
        """The loss on the same patients, square by square."""
        grid, scores = int(cell["grid"]), []
        before = study.judge.readings(study.plain_posteriors)[MACRO]
        for row in range(grid):
            for column in range(grid):
                covered = study.seen_through(Patch(row, column, kept=False, grid=grid))
                loss = before.minus(study.judge.readings(covered)[MACRO])
                scores.append(
                    loss.score(
                        DIFFERENCE, target=MACRO, attribute="square", group=f"row {row + 1}, column {column + 1}"
                    )
                )
        return Measured(scores)

    def label(self, cell: Cell) -> str:
        return f"{cell['grid']} × {cell['grid']} squares"


EXPERIMENT = Occlusion()
