"""C2: resolution and quality of the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.reading_race.experiment import Experiment, Measured
from bench.reading_race.published import Published, of_groups, three
from bench.reading_race.results import Cell
from bench.reading_race.transforms import PAPER_SIZE, Blur, Noise, Resolution, Transform
from bench.records import Score

if TYPE_CHECKING:
    from bench.reading_race.study import Study

#: Pixels a side; noise as a share of the grey range; blur in pixels at 224 px, scaled to the image size.
_GRIDS: dict[str, tuple[float, ...]] = {
    "resolution": (4, 8, 16, 32, 64, 96, 128, 160, 224),
    "noise": (0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    "blur": (1, 2, 4, 8, 16),
}
_QUICK: dict[str, tuple[float, ...]] = {"resolution": (8,)}
_NOISE = three(0.637, 0.722, 0.697)


def _transform(cell: Cell, size: int) -> Transform:
    level = float(cell["level"])
    if cell["change"] == "resolution":
        return Resolution(int(level))
    return Noise(level) if cell["change"] == "noise" else Blur(level * size / PAPER_SIZE)


class Quality(Experiment):
    """Coarser, noisier and blurred images: shown to A1's network, and to networks that were trained on such images."""

    name = "C2"
    question = "Does the group survive coarse, noisy and blurred images: at test time only, and when trained on them?"

    def cells(self, study: Study) -> list[Cell]:
        """Every level at test time; the same, or outside the full preset one, in training too."""
        trained = _GRIDS if study.full else _QUICK
        return [
            {"change": change, "level": level, "when": when}
            for when, grid in (("at test", _GRIDS), ("in training and at test", trained))
            for change, levels in grid.items()
            for level in levels
            if change != "resolution" or level < study.size
        ]

    def measure(self, study: Study, cell: Cell) -> Measured:
        """By A1's network, or by one of its own."""
        transform = _transform(cell, study.size)
        if cell["when"] == "at test":
            return Measured(study.judge.scores(study.seen_through(transform)))
        trained = study.network(transform)
        return Measured(study.judge.scores(study.posteriors(trained.network)), trained.info)

    def label(self, cell: Cell) -> str:
        """The change, its level, and when."""
        level = float(cell["level"])
        words = {
            "resolution": f"{level:g} px",
            "noise": f"noise σ = {level:g} of the grey range",
            "blur": f"blur σ = {level:g} px of {PAPER_SIZE}",
        }
        return f"{words[str(cell['change'])]}, {cell['when']}"

    def published(self, cell: Cell, score: Score) -> Published | None:
        """MIMIC-CXR; the notebook's blur is void, as it went over the patients."""
        if (cell["change"], cell["level"], cell["when"]) == ("noise", 0.1, "at test"):
            return of_groups(score, _NOISE)
        if cell["change"] == "resolution" and float(cell["level"]) >= 160 and cell["when"] != "at test":
            return Published(None, 0.95, 1.0, "2nd")
        return None


EXPERIMENT = Quality()
