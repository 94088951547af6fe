"""Arenas: the sets on which a network is scored. A new kind of arena is a function here that makes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench import records
from bench.config import ScoringConfig
from bench.data.cohorts import attrition, fresh, twins
from bench.data.cohorts.external import External
from bench.errors import BenchError
from bench.records import DataInfo, Head, Layers, Place, ScoreFile, Unit
from bench.run.planning import Run
from bench.scoring.measures import AS_TRAINED, BALANCED, CONDITION, INVERTED
from bench.scoring.scorer import VERSION
from bench.task import Cohort


@dataclass(frozen=True)
class Opened:
    """An arena's images: ``cohort`` with the labels that are scored, ``shown`` as the network is shown it, its pixels.

    ``whole`` is the set's cohort with all its splits, without the images that cannot be read.
    """

    cohort: Cohort
    shown: Cohort
    pixels: np.ndarray
    whole: Cohort


@dataclass(frozen=True)
class Arena:
    """A set on which a network is scored, before an image of it is opened.

    ``data`` is the fingerprint of its table and pixels; ``open`` prepares its images. ``has_twins``: whether its
    images are also predicted as their counterfactual twins; ``is_read``: whether the protected attribute is read from
    all layers, and from those of the untrained network; ``columns`` are the positions of its targets among the
    network's. ``info`` says what it was made of, where that is another set than the one trained on.
    """

    name: str
    place: Place
    unit: Unit
    data: str
    columns: tuple[int, ...]
    open: Callable[[], Opened]
    has_twins: bool = False
    is_read: bool = True
    info: Callable[[Cohort], DataInfo] | None = None

    @property
    def title(self) -> str:
        """What its file of scores is named after: studies of the same images are another arena."""
        return self.name if self.unit == "image" else f"{self.name} by {self.unit}"

    def layers(self, asked: Layers) -> Layers:
        """The layers that the whole suite reads here, of those that are asked for: on val it reads none."""
        return asked if self.place != "val" else "features"

    def head(self, opened: Opened, units: Cohort, suite: int, layers: Layers) -> Head:
        """What the scores of its units by a suite may be compared with."""
        return Head(
            arena=self.title,
            place=self.place,
            dataset=units.dataset,
            synthetic=units.synthetic,
            data=self.data,
            split=opened.whole.split_fingerprint[:16],
            protected=units.spec.protected,
            groups=list(units.spec.groups),
            targets=list(units.spec.targets),
            unit=self.unit,
            n=len(units),
            patients=int(units.table["patient"].nunique()),
            scoring=VERSION,
            suite=suite,
            layers=self.layers(layers),
        )

    def holds(self, file: ScoreFile, suite: int, scoring: ScoringConfig) -> bool:
        """Whether a file has the scores of this arena by a suite as they would be made now."""
        head, layers = file.head, self.layers(scoring.layers)
        made = (head.arena, head.data, head.unit, head.suite, head.layers, head.scoring, file.replicates)
        return made == (self.title, self.data, self.unit, suite, layers, VERSION, scoring.replicates)


#: What the patients of the trial are drawn for, and their groups; another text would be other patients.
_TRIAL, _GROUPS, _CONDITIONS = "trial", "groups of the trial", "conditions"
#: How strong the tie of the protected attribute to disease is in each test condition, as trained being 1.
_ASSOCIATIONS = {AS_TRAINED: 1.0, BALANCED: 0.0, INVERTED: -1.0}


def of(planned: Run, places: Sequence[Place]) -> list[Arena]:
    """Where a network is scored, the set trained on first; the trial and sets elsewhere go with its test patients.

    Raises:
        BenchError: when two of them are called the same, since files of scores are named after them.
    """
    names = ["val", "test", *(other.name for other in planned.externals)]
    for name in names:
        if names.count(name) > 1:
            raise BenchError(
                f"Two sets that the network is to be scored on are called {name!r}. Ask for one of them, or rename the"
                " data set or the folder that test.root= names."
            )
    unit = planned.config.scoring.unit
    home = [at_home(planned, place, unit) for place in places]
    if "test" not in places:
        return home
    scoring = planned.config.scoring
    if scoring.trial and has_trial(planned):
        home.append(trial(planned, scoring.trial, unit))
    if scoring.conditions:
        home.append(conditions(planned, scoring.conditions, unit))
    return [*home, *(elsewhere(planned, other, unit) for other in planned.externals)]


def has_trial(planned: Run) -> bool:
    """Whether patients can be drawn whose group is decided by chance: it takes a phantom that has twins."""
    return planned.has_twins and fresh.draws_more(planned.dataset)


def trial(planned: Run, patients: int, unit: Unit) -> Arena:
    """Patients whom nobody has seen, one image each, rendered with a group of the protected attribute drawn at random.

    All else is as the dials of the run have it, so nothing goes with the attribute but what it does to the pixels.
    """
    drawn, natural = fresh.fresh(planned.chosen, planned.cohort.spec, patients, _TRIAL, _sites(planned))
    seed = fresh.seed_for(_GROUPS, getattr(planned.chosen.options, fresh.SEED))
    cohort = fresh.randomised(natural, planned.dataset, seed)
    data = records.identity([cohort.fingerprint, drawn.fingerprint(cohort)])

    def opened() -> Opened:
        shown = drawn.seen(cohort, planned.method.race_free)
        return Opened(cohort, cohort, drawn.open_images(shown, planned.config.cache_dir).pixels, cohort)

    return Arena(
        name=f"trial of {patients}",
        place="trial",
        unit=unit,
        data=data,
        columns=tuple(range(len(cohort.spec.targets))),
        open=opened,
        info=lambda whole: _info(whole, data),
    )


def at_home(planned: Run, place: Place, unit: Unit) -> Arena:
    """The test patients of the set that is trained on, or the half of its val patients that choices are made on."""

    def opened() -> Opened:
        part = planned.val.choosing if place == "val" else planned.trained_on.part(place)
        return Opened(part, part, planned.images.pixels, planned.trained_on)

    return Arena(
        name=place,
        place=place,
        unit=unit,
        data=planned.data_fingerprint,
        columns=tuple(range(len(planned.cohort.spec.targets))),
        open=opened,
        has_twins=place == "test" and planned.has_twins,
    )


def conditions(planned: Run, patients: int, unit: Unit) -> Arena:
    """The three test conditions: of a phantom the same patients rendered in each, else test patients to be weighted."""
    if fresh.draws_more(planned.dataset) and fresh.has_association(planned.dataset):
        return _rendered_conditions(planned, patients, unit)
    test = at_home(planned, "test", unit)
    return replace(test, name="conditions", place="conditions", has_twins=False, is_read=False)


def _rendered_conditions(planned: Run, patients: int, unit: Unit) -> Arena:
    """Patients whom nobody has seen, one image each, with findings as the dial of each condition has them."""
    sites, spec = _sites(planned), planned.cohort.spec
    drawn = [
        fresh.fresh(fresh.with_association(planned.chosen, factor), spec, patients, _CONDITIONS, sites)
        for factor in _ASSOCIATIONS.values()
    ]
    data = records.identity([[one.fingerprint, chosen.fingerprint(one)] for chosen, one in drawn])
    cohort = twins.joined([_named(cohort, name) for name, (_, cohort) in zip(_ASSOCIATIONS, drawn, strict=True)])
    cohort = replace(cohort, rows_in=len(cohort))

    def opened() -> Opened:
        race_free, cache = planned.method.race_free, planned.config.cache_dir
        pixels = [chosen.open_images(chosen.seen(one, race_free), cache).pixels for chosen, one in drawn]
        return Opened(cohort, cohort, np.concatenate(pixels), cohort)

    return Arena(
        name=f"conditions of {patients}",
        place="conditions",
        unit=unit,
        data=data,
        columns=tuple(range(len(spec.targets))),
        open=opened,
        is_read=False,
        info=lambda whole: _info(whole, data),
    )


def _named(cohort: Cohort, condition: str) -> Cohort:
    """The images of a condition, under names that tell them from those of the same patients in another."""
    named = {name: cohort.table[name] + f" {condition}" for name in ("image", "study")}
    return replace(cohort, table=cohort.table.assign(**named, **{CONDITION: condition}))


def _sites(planned: Run) -> set[str]:
    """The sites that are left out of training."""
    return {test.site for test in planned.config.test if test.site is not None}


def elsewhere(planned: Run, other: External, unit: Unit) -> Arena:
    """The test patients of another data set, or of a site that is left out of training."""
    spec = planned.cohort.spec
    data = records.identity([other.test.fingerprint, other.chosen.fingerprint(other.test)])

    def opened() -> Opened:
        seen = other.chosen.seen(other.test, planned.method.race_free)
        images = other.chosen.open_images(seen, planned.config.cache_dir)
        test = images.apply(other.test, checked=False)
        return Opened(test, other.as_trained(test, spec), images.pixels, images.apply(other.whole, checked=False))

    return Arena(
        name=other.name,
        place="elsewhere",
        unit=unit,
        data=data,
        columns=tuple(spec.targets.index(target) for target in other.test.spec.targets),
        open=opened,
        info=lambda whole: _info(whole, data),
    )


def _info(whole: Cohort, data: str) -> DataInfo:
    """What an arena was made of that is another set than the one trained on."""
    test = whole.part("test")
    return DataInfo(
        dataset=whole.dataset,
        synthetic=whole.synthetic,
        fingerprint=data,
        split_fingerprint=whole.split_fingerprint[:16],
        images={"test": len(test)},
        patients={"test": int(test.table["patient"].nunique())},
        attrition=attrition.of(whole),
        true_labels=list(test.true_labels),
    )
