"""B4: race without the brightness of bone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.reading_race.experiment import Experiment, Measured
from bench.reading_race.published import Published
from bench.reading_race.results import Cell
from bench.reading_race.transforms import Clip
from bench.records import Score

if TYPE_CHECKING:
    from bench.reading_race.study import Study

#: Share of the grey range from which on pixels are clipped: the paper clips at 60% of the intensity.
_SHARE = 0.6


class WithoutBone(Experiment):
    """Bright pixels clipped before anything else, in training and at test; other runs of the study are not clipped."""

    name = "B4"
    question = "Does bone density tell the group? Networks on images whose bright pixels are clipped."

    def cells(self, study: Study) -> list[Cell]:
        """The paper's threshold."""
        return [{"clipped at": _SHARE}]

    def measure(self, study: Study, cell: Cell) -> Measured:
        """A network of its own."""
        trained = study.network(Clip(float(cell["clipped at"])))
        return Measured(study.judge.scores(study.posteriors(trained.network)), trained.info)

    def label(self, cell: Cell) -> str:
        return f"clipped at {float(cell['clipped at']):.0%} of the grey range"

    def published(self, cell: Cell, score: Score) -> Published | None:
        """MIMIC-CXR, Black."""
        return Published(0.960, 0.958, 0.963, "paper") if score.target == "Black" else None


EXPERIMENT = WithoutBone()
