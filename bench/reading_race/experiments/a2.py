"""A2: external validation."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from bench.reading_race.experiment import Experiment, Measured, Unavailable
from bench.reading_race.published import Published
from bench.reading_race.results import Cell
from bench.reading_race.scores import DIFFERENCE
from bench.records import Score
from bench.scoring.evaluation import MIN_IMAGES
from bench.task import SPLITS

if TYPE_CHECKING:
    from bench.reading_race.study import Study

#: Where the images come from: the first of these columns that the cohort has.
_SOURCES = ("site", "scanner")
#: The most sources that are trained on, those with the most images: ordered pairs grow with the square.
_MOST = 4
#: The paper's three data sets and six ordered pairs of them, from the lowest to the highest.
_INTERNAL = {"Asian": (0.969, 0.986), "Black": (0.980, 0.992), "White": (0.980, 0.988), "macro": (0.980, 0.983)}
_EXTERNAL = {"Asian": (0.914, 0.974), "Black": (0.955, 0.983), "White": (0.947, 0.975), "macro": (0.946, 0.967)}
_LOSS = {"macro": (0.016, 0.035)}


class External(Experiment):
    """Trained on one source and tested on each: site where the cohort knows it, else scanner."""

    name = "A2"
    question = (
        "Does a network read the group on images from elsewhere? Trained on one source, tested on another; the loss is"
        " the AUROC on its own source less that on the other."
    )

    def cells(self, study: Study) -> list[Cell]:
        """Every ordered pair of sources, each with itself first."""
        column, sources = self._sources(study)
        pairs = sorted(product(sources, sources), key=lambda pair: (sources.index(pair[0]), pair[0] != pair[1]))
        return [{"source": column, "train": train, "test": test} for train, test in pairs]

    def _sources(self, study: Study) -> tuple[str, list[str]]:
        table = study.cohort.table
        column = next((name for name in _SOURCES if name in table and table[name].nunique() > 1), None)
        if column is None:
            raise Unavailable(f"the cohort knows no {' or '.join(_SOURCES)} that varies")
        counts = table.groupby([column, "split", study.cohort.spec.protected], observed=True).size()
        wanted = len(SPLITS) * len(study.cohort.spec.targets)
        usable = [
            str(source)
            for source in table[column].value_counts().index
            if len(counts[source]) == wanted and counts[source].min() >= MIN_IMAGES
        ]
        if len(usable) < 2:
            raise Unavailable(
                f"fewer than two values of {column} have {MIN_IMAGES} images of every group in every split"
            )
        return column, sorted(usable[:_MOST])

    def measure(self, study: Study, cell: Cell) -> Measured:
        """A network trained on one source; where it is tested elsewhere, what that loses against its own source."""
        source = study.cohort.table[str(cell["source"])].to_numpy()
        trained = study.network(pictures=study.pictures.take(source == cell["train"]))
        posteriors = study.posteriors(trained.network)
        tested = study.test.table[str(cell["source"])].to_numpy()
        rows = {name: np.asarray(tested == cell[name]) for name in ("train", "test")}
        scores = study.judge.scores(posteriors, rows["test"])
        if cell["train"] != cell["test"]:
            internal, external = (study.judge.readings(posteriors, rows[name]) for name in ("train", "test"))
            scores += [
                internal[name].minus(external[name]).score(DIFFERENCE, target=name, reference="loss")
                for name in internal
            ]
        return Measured(scores, trained.info)

    def label(self, cell: Cell) -> str:
        """Source of training and of test."""
        return f"{cell['train']} → {cell['test']}"

    def published(self, cell: Cell, score: Score) -> Published | None:
        """The range over the paper's data sets, or over its six ordered pairs of them."""
        ranges = _LOSS if score.metric == DIFFERENCE else _INTERNAL if cell["train"] == cell["test"] else _EXTERNAL
        found = ranges.get(score.target or "")
        return Published(None, *found, source="T3") if found else None


EXPERIMENT = External()
