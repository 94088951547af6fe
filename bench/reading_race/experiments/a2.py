"""A2: external validation."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from bench.reading_race.experiment import Experiment, Measured, Unavailable
from bench.reading_race.published import Published
from bench.reading_race.results import Cell
from bench.reading_race.scores import DIFFERENCE, Judge, Reading
from bench.records import Score
from bench.scoring.evaluation import MIN_IMAGES
from bench.task import SPLITS

if TYPE_CHECKING:
    from bench.reading_race.network import RaceNetwork
    from bench.reading_race.study import Pictures, Study

#: Where the images come from: the first of these columns that the cohort has, unless other data sets are named.
_SOURCES = ("site", "scanner")
_DATASET = "data set"
#: The most sources that are trained on, those with the most images: ordered pairs grow with the square.
_MOST = 4
#: The paper's three data sets and six ordered pairs of them, from the lowest to the highest.
_INTERNAL = {"Asian": (0.969, 0.986), "Black": (0.980, 0.992), "White": (0.980, 0.988), "macro": (0.980, 0.983)}
_EXTERNAL = {"Asian": (0.914, 0.974), "Black": (0.955, 0.983), "White": (0.947, 0.975), "macro": (0.946, 0.967)}
_LOSS = {"macro": (0.016, 0.035)}


class External(Experiment):
    """Trained on one source and tested on each.

    Sources are the data set and those of ``test.dataset=…``; without any, sites where the cohort knows them, else
    scanners.
    """

    name = "A2"
    question = (
        "Does a network read the group on images from elsewhere? Trained on one source, tested on another; the loss is"
        " the AUROC on its own source less that on the other."
    )

    def determinants(self, study: Study) -> list[str]:
        """The other data sets."""
        return [
            f"{other.name} {other.whole.fingerprint} {other.chosen.fingerprint(other.whole)}"
            for other in study.run.externals
        ]

    def cells(self, study: Study) -> list[Cell]:
        """Every ordered pair of sources, each with itself first."""
        column, sources = self._sources(study)
        pairs = sorted(product(sources, sources), key=lambda pair: (sources.index(pair[0]), pair[0] != pair[1]))
        return [{"source": column, "train": train, "test": test} for train, test in pairs]

    def _sources(self, study: Study) -> tuple[str, list[str]]:
        if others := study.run.externals:
            return _DATASET, [study.run.config.task.dataset, *(other.name for other in others)]
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
        trained_on, tested_on = (_pictures(study, str(cell["source"]), str(cell[end])) for end in ("train", "test"))
        groups = {end: ", ".join(p.cohort.spec.groups) for end, p in (("train", trained_on), ("test", tested_on))}
        if groups["train"] != groups["test"]:
            raise Unavailable(
                f"{cell['train']} and {cell['test']} have other groups to be told apart: {groups['train']} against"
                f" {groups['test']}. task.groups=[…] names those that both have."
            )
        trained = study.network(pictures=trained_on)
        external, internal = (_readings(study, trained.network, pictures) for pictures in (tested_on, trained_on))
        scores = [reading.score(target=name) for name, reading in external.items()]
        if cell["train"] != cell["test"]:
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


def _pictures(study: Study, source: str, name: str) -> Pictures:
    if source != _DATASET:
        return study.pictures.take((study.cohort.table[source] == name).to_numpy())
    others = {other.name: other for other in study.run.externals}
    return study.elsewhere(others[name]) if name in others else study.pictures


def _readings(study: Study, network: RaceNetwork, pictures: Pictures) -> dict[str, Reading]:
    """What the network reads on the test patients of a source."""
    return Judge(pictures.cohort.part("test")).readings(study.posteriors(network, pictures))


EXPERIMENT = External()
