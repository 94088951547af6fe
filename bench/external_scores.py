"""A trained network on sets that it was not trained on: both kinds of scores, with the thresholds it came with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bench import records, scoring, training
from bench import terminal as progress
from bench.data.cohorts import attrition
from bench.data.cohorts.external import External
from bench.method import Method
from bench.records import Record
from bench.scoring import decodability, studies
from bench.scoring.decodability.flags import RANDOMISED
from bench.task import Cohort

if TYPE_CHECKING:
    from bench.run import Run


def lacking(planned: Run, found: Record | None) -> list[External]:
    """The sets to be scored that a record lacks, or has scores of that were made otherwise."""
    if found is None:
        return list(planned.externals)
    there = {
        (other.name, other.data.fingerprint)
        for other in found.external
        if other.scoring == planned.scoring and other.suite_version == decodability.SUITE_VERSION
    }
    return [other for other in planned.externals if (other.name, _fingerprint(planned, other)) not in there]


def add(planned: Run, found: Record, wanted: Sequence[External]) -> Record:
    """The record with the scores of a trained network on more sets, written in the place of the one that was there."""
    config = planned.config
    method = training.build(
        planned.method, config.backbone, config.method.hyperparameters, config.seed, planned.cohort.spec
    )
    training.load(method, planned.folder / training.WEIGHTS)
    images = planned.open_images(planned.seen(planned.cohort))
    cohort = images.apply(planned.cohort)
    part = cohort.part("val")
    val = studies.units(part, planned.by_study)
    said = val.outputs(training.predict(method, part, images.pixels, planned.config.trainer.accelerator))
    seconds = dict(found.seconds)
    scored = score(planned, method, scoring.choose_thresholds(val.cohort, said), wanted, seconds)
    record = found.model_copy(update={"external": joined(found.external, scored), "seconds": seconds})
    records.write(record, planned.folder)
    return record


def joined(kept: Sequence[records.External], new: Sequence[records.External]) -> list[records.External]:
    """Scores on other sets by name, newer ones in the place of older ones of the same name."""
    by_name = {other.name: other for other in (*kept, *new)}
    return [by_name[name] for name in sorted(by_name)]


def score(
    planned: Run, method: Method, thresholds: np.ndarray, wanted: Sequence[External], seconds: dict[str, float]
) -> list[records.External]:
    """Both kinds of scores on each set.

    Args:
        planned: the run.
        method: the trained network.
        thresholds: of its outputs, ``(T,)``, chosen on the val patients of the set that it was trained on.
        wanted: the sets.
        seconds: gets the time that each set took.
    """
    scored = []
    for other in wanted:
        with progress.step(f"scoring on {other.name}", seconds):
            scored.append(_score(planned, method, thresholds, other))
    return scored


def _score(planned: Run, method: Method, thresholds: np.ndarray, other: External) -> records.External:
    spec, accelerator = planned.cohort.spec, planned.config.trainer.accelerator
    seen = other.chosen.seen(other.test, planned.method.race_free)
    images = other.chosen.open_images(seen, planned.config.cache_dir)
    test = images.apply(other.test, checked=False)
    shown = other.as_trained(test, spec)
    found = training.predict(method, shown, images.pixels, accelerator, stages=True)
    config = planned.config
    fresh = training.build(planned.method, config.backbone, config.method.hyperparameters, config.seed, spec)
    untrained = training.predict(fresh, shown, images.pixels, accelerator)
    units = studies.units(test, planned.by_study)
    test, found, untrained = units.cohort, units.outputs(found), units.outputs(untrained)
    scores, flags = scoring.score_test(
        test,
        found,
        untrained,
        thresholds,
        planned.config.scoring.replicates,
        columns=[spec.targets.index(target) for target in test.spec.targets],
    )
    if found.randomised:
        flags = [RANDOMISED, *flags]
    return records.External(
        name=other.name,
        data=_data(planned, other, images.apply(other.whole, checked=False)),
        targets=list(test.spec.targets),
        groups=list(test.spec.groups),
        scoring=planned.scoring,
        suite_version=decodability.SUITE_VERSION,
        flags=flags,
        scores=scores,
    )


def _data(planned: Run, other: External, whole: Cohort) -> records.DataInfo:
    """What the set was made of; ``whole`` is its cohort without the images that could not be read."""
    test = whole.part("test")
    return records.DataInfo(
        dataset=other.chosen.dataset.name,
        synthetic=other.chosen.dataset.synthetic,
        fingerprint=_fingerprint(planned, other),
        split_fingerprint=whole.split_fingerprint[:16],
        images={"test": len(test)},
        patients={"test": int(test.table["patient"].nunique())},
        attrition=attrition.of(whole),
        true_labels=list(test.true_labels),
    )


def _fingerprint(planned: Run, other: External) -> str:
    return records.identity([other.test.fingerprint, other.chosen.fingerprint(other.test)])
