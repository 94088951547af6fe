"""External validation: the test patients of another data set or site, as a network trained elsewhere is scored on them.

Only test patients of the other set are taken. They are those that a network trained there is tested on, so that the two
can be compared; and since patients are split by a hash of their id, whoever is in both sets is in one split of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from bench.config import ExternalConfig, TaskConfig
from bench.data import cohorts
from bench.data.cohorts import checks as scorable
from bench.data.cohorts.chosen import Chosen, choose
from bench.errors import BenchError, suggest
from bench.task import Cohort, TaskSpec

_SITE = "site"


@dataclass(frozen=True)
class External:
    """A set to be tested on: ``whole`` is its cohort with all splits, numbered like its table.

    Both cohorts have those targets and groups of the training cohort, in its order, that the set has, too.
    """

    name: str
    chosen: Chosen
    whole: Cohort

    @cached_property
    def test(self) -> Cohort:
        """Its test patients, with the images numbered from 0."""
        part = self.whole.part("test")
        return replace(part, table=part.table.reset_index(drop=True))

    def as_trained(self, test: Cohort, spec: TaskSpec) -> Cohort:
        """Test images as a network that was trained for ``spec`` is shown them: its targets, and its groups' codes."""
        lacking = [target for target in spec.targets if target not in test.table]
        return replace(
            test,
            table=test.table.assign(**dict.fromkeys(lacking, np.nan)),
            spec=spec,
            attribute_groups={**test.attribute_groups, spec.protected: spec.groups},
        )


def name(config: ExternalConfig, task: TaskConfig) -> str:
    """What a set is called in records and tables: its data set, and what sets it apart from the one trained on."""
    parts = [config.dataset]
    if config.site is not None:
        parts.append(f"site {config.site}")
    if config.dataset == task.dataset:
        trained = _leaves(task.options)
        # Of a path, the file's name: records hold nobody's folders.
        parts += [
            f"{key}={Path(str(value)).name}"
            for key, value in _leaves(config.options).items()
            if trained.get(key) != value
        ]
        if config.root != task.root and config.root is not None:
            parts.append(f"in {config.root.name}")
    return ", ".join(parts)


def without_sites(cohort: Cohort, tests: Sequence[ExternalConfig], task: TaskConfig) -> Cohort:
    """The training cohort without the sites that are tested on, and without every patient who was imaged there.

    Raises:
        BenchError: when the cohort names no such site, or what is left cannot be trained and scored on.
    """
    sites = [test.site for test in tests if test.site is not None and _same_source(test, task)]
    for site in dict.fromkeys(sites):
        there = _at(cohort, site, "task.dataset")
        patients = cohort.table["patient"].isin(cohort.table["patient"][there]).to_numpy()
        excluded = {**cohort.excluded, f"patients of site {site}, which is tested on": int(patients.sum())}
        rest = cohort.table[~patients].reset_index(drop=True)
        cohort = replace(cohort, table=rest, excluded=excluded)
    if sites:
        scorable.check(cohort)
    return cohort


def read(config: ExternalConfig, task: TaskConfig, trained: Cohort) -> External:
    """Read a set to be tested on, and align it with the cohort that was trained on.

    A target that the set does not have is not scored there. A group that was not trained on is left out; one that the
    set does not have has no scores.

    Args:
        config: the set.
        task: the task as it is trained on; image size and protected attribute hold for the set, too.
        trained: the cohort that is trained on.

    Raises:
        BenchError: for a set that cannot be read, that is the one trained on, that shares no target or fewer than two
            groups with it, that has no test patients, or whose test patients were trained on.
    """
    named = f"test.dataset={config.dataset}"
    if config.site is None and _same_source(config, task) and config.options == task.options:
        raise BenchError(
            f"{named} is the data set that is trained on, and its test patients are scored anyway. Name another one, a"
            " site of it (test.site=…), or an option of it that gives other images (test.<option>=…)."
        )
    chosen = choose(
        task.model_copy(
            update={"dataset": config.dataset, "root": config.root, "split": config.split, "options": config.options}
        )
    )
    try:
        whole = _aligned(chosen, trained)
    except BenchError as error:
        raise BenchError(f"{named}: {str(error).replace('task.', 'test.')}") from error
    if config.site is not None:
        there = _at(whole, config.site, named)
        excluded = {**whole.excluded, f"site other than {config.site}": int((~there).sum())}
        whole = replace(whole, table=whole.table[there].reset_index(drop=True), excluded=excluded)
    found = External(name(config, task), chosen, whole)
    _check(found, trained, named)
    return found


def _aligned(chosen: Chosen, trained: Cohort) -> Cohort:
    """The cohort of the set, with the targets and groups of the one trained on."""
    reading = chosen.dataset.read(chosen.config.root, chosen.options)
    targets = [target for target in trained.spec.targets if target in reading.table]
    if not targets:
        raise BenchError(f"it has none of the targets that are trained on: {', '.join(trained.spec.targets)}.")
    whole = cohorts.build(
        reading,
        chosen.task,
        chosen.dataset,
        protected=trained.spec.protected,
        # Not the data set's own default, which is for training on it: a test needs fewer patients.
        groups=chosen.config.groups or chosen.task.attributes.get(trained.spec.protected),
        targets=targets,
        split=chosen.config.split,
        image_size=trained.spec.image_size,
        checked=False,
    )
    protected = trained.spec.protected
    common = tuple(group for group in trained.spec.groups if group in whole.spec.groups)
    if len(common) < 2:
        raise BenchError(
            f"of the groups that are trained on ({', '.join(trained.spec.groups)}) it has {', '.join(common) or 'none'}"
            f", and only {', '.join(whole.spec.groups)} in all, so nothing can be said on {protected}."
        )
    known = whole.table[protected]
    strange = known.notna() & ~known.isin(common)
    counts = known[strange].value_counts()
    excluded = {f"{protected} {group}, of whom nobody was trained on": int(n) for group, n in counts.items()}
    return replace(
        whole,
        table=whole.table[~strange].reset_index(drop=True),
        spec=replace(whole.spec, groups=common),
        attribute_groups={**whole.attribute_groups, protected: common},
        excluded={**whole.excluded, **excluded},
    )


def _check(external: External, trained: Cohort, named: str) -> None:
    test, protected = external.test, external.whole.spec.protected
    if not len(test):
        raise BenchError(f"{named} has no test patients ({len(external.whole):,} images in all): more are needed.")
    if test.table[protected].nunique() < 2:
        raise BenchError(
            f"The test patients of {named} whose {protected} is known are of one group, so nothing can be said on"
            f" {protected} there ({len(test):,} images). More patients are needed."
        )
    scorable.check_groups(external.whole, "test")
    if external.chosen.dataset.name != trained.dataset or test.synthetic:
        return
    seen = trained.table["patient"][trained.table["split"] != "test"]
    both = test.table["patient"].isin(seen)
    if both.any():
        raise BenchError(
            f"{test.table['patient'][both].nunique():,} test patients of {named} are train or val patients of the set"
            " that is trained on. Split both by the hash of the patient: task.split=hash test.split=hash."
        )


def _same_source(test: ExternalConfig, task: TaskConfig) -> bool:
    return (test.dataset, test.root) == (task.dataset, task.root)


def _at(cohort: Cohort, site: str, named: str) -> np.ndarray:
    """Which rows are of this site, ``(N,) bool``."""
    if _SITE not in cohort.table or cohort.table[_SITE].isna().all():
        raise BenchError(f"{named} names no site of its images, so test.site={site} cannot be used.")
    there = (cohort.table[_SITE].astype(str) == site).to_numpy()
    if not there.any():
        sites = sorted(cohort.table[_SITE].dropna().astype(str).unique())
        raise BenchError(f"test.site={site}: {named} has no such site.{suggest(site, sites)}")
    return there


def _leaves(options: dict[str, object], prefix: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in options.items():
        found |= _leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found
