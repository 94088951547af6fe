"""Further patients of a phantom, drawn for scoring alone, and the trial in which they are given a group at random.

A phantom's patients come from a seed, so it has as many as anybody asks for. Those of another seed were seen by no
network. Rendered as twins of a group drawn at random, they are a randomised trial: nothing goes with the protected
attribute but what it does to the pixels, so that chance is exactly what a network without it would read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from bench.data import cohorts
from bench.data.cohorts import twins
from bench.data.cohorts.chosen import Chosen
from bench.errors import BenchError
from bench.task import MIN_GROUP_PATIENTS, Cohort, Dataset, Options, TaskSpec

#: What a phantom's options must have, so that further patients can be drawn: how many, and from which numbers.
NUMBER, SEED = "patients", "seed"
#: Seeds of phantoms are whole numbers below this.
_SEEDS = 2**32
#: The options of a phantom that hold its dials, and the dial that ties the protected attribute to disease.
_DIALS, _ASSOCIATION = "bias", "prevalence"
#: Patients may lack a group that is scored; so often the number that is drawn is raised before it is given up.
_ATTEMPTS = 6


def draws_more(dataset: Dataset) -> bool:
    """Whether further patients of a data set can be drawn: of a phantom whose options say how many, and a seed."""
    return dataset.rendered and {NUMBER, SEED} <= dataset.options.model_fields.keys()


def fresh(
    chosen: Chosen, spec: TaskSpec, patients: int, purpose: str, but: Collection[str] = ()
) -> tuple[Chosen, Cohort]:
    """Patients whom no network has seen, one image each, all of them test patients.

    Their dials are those of the data set's options. They depend on its seed and the purpose, and are the same whatever
    network is scored; the first patients stay when more are asked for.

    Args:
        chosen: a phantom of which :func:`draws_more` is true, with its options.
        spec: of the cohort that is trained on: targets, protected attribute and groups.
        patients: how many.
        purpose: what they are drawn for: another purpose has other patients.
        but: sites that nobody is to come from.

    Returns:
        The data set with the options that draw them, and their cohort, numbered from 0.

    Raises:
        BenchError: when the data set does not give so many, as nearly all are of groups or sites that are left out.
    """
    asked = patients
    for _ in range(_ATTEMPTS):
        drawn = _drawing(chosen, asked, purpose)
        cohort = _cohort(drawn, spec, but)
        if len(cohort) >= patients:
            first = cohort.table.iloc[:patients].reset_index(drop=True)
            return drawn, replace(cohort, table=first, rows_in=patients)
        asked *= 2
    raise BenchError(
        f"Data set {chosen.dataset.name!r} gave {len(cohort)} of the {patients} patients that are to be scored, of"
        f" {asked // 2} drawn: nearly all are of groups or sites that are left out."
    )


def has_association(dataset: Dataset) -> bool:
    """Whether the tie of the protected attribute to disease is a dial of a data set's options."""
    dials = dataset.options.model_fields.get(_DIALS)
    return dials is not None and _ASSOCIATION in getattr(dials.annotation, "model_fields", {})


def with_association(chosen: Chosen, factor: float) -> Chosen:
    """The data set with its tie of the protected attribute to disease this many times as strong: 0 unties, -1 inverts.

    It takes a data set of which :func:`has_association` is true.
    """
    options: Any = chosen.options
    dials = getattr(options, _DIALS)
    # Unchecked: the other way round is no strength that a user may train on.
    changed = dials.model_copy(update={_ASSOCIATION: factor * getattr(dials, _ASSOCIATION)})
    return replace(chosen, options=options.model_copy(update={_DIALS: changed}))


def randomised(cohort: Cohort, dataset: Dataset, seed: int) -> Cohort:
    """The same patients, each as the twin of a group that is drawn at random; all else is as it was.

    The draw is by permuted blocks, as in trials of medicines: each run of K patients holds each of the K groups once,
    in random order, so that groups are of one size and the first patients keep theirs when more are asked for.

    Raises:
        BenchError: when a group would have too few patients to be read.
    """
    groups = cohort.spec.groups
    patients = int(cohort.table["patient"].nunique())
    if patients < MIN_GROUP_PATIENTS * len(groups):
        raise BenchError(
            f"scoring.trial={patients} gives each of {len(groups)} groups of {cohort.spec.protected} fewer than the"
            f" {MIN_GROUP_PATIENTS} patients it takes to read it. Ask for more, or for none (scoring.trial=0)."
        )
    codes = _blocks(patients, len(groups), np.random.default_rng(seed))[cohort.patients]
    parts = [
        twins.twin(cohort.take(np.flatnonzero(codes == code)), dataset, group).table
        for code, group in enumerate(groups)
    ]
    table = pd.concat(parts).sort_values("image", ignore_index=True)
    return replace(cohort, table=table)


def seed_for(purpose: str, seed: int) -> int:
    """A seed of its own for a purpose, far from those that people choose."""
    digest = hashlib.sha256(f"{purpose} of cohort {seed}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % _SEEDS


def _blocks(patients: int, groups: int, rng: np.random.Generator) -> np.ndarray:
    """A code for each patient ``(P,)``: one random permutation of all codes after another."""
    blocks = -(-patients // groups)
    return rng.permuted(np.tile(np.arange(groups), (blocks, 1)), axis=1).ravel()[:patients]


def _drawing(chosen: Chosen, patients: int, purpose: str) -> Chosen:
    """The data set with options that draw so many patients for a purpose."""
    own: Any = chosen.options
    changes = {NUMBER: patients, SEED: seed_for(purpose, getattr(own, SEED))}
    options: Options = own.model_copy(update=changes)
    return replace(chosen, options=options)


def _cohort(drawn: Chosen, spec: TaskSpec, but: Collection[str]) -> Cohort:
    """The first image of every patient of the spec's groups, whatever a split would make of them."""
    whole = cohorts.build(
        drawn.dataset.read(drawn.config.root, drawn.options),
        drawn.task,
        drawn.dataset,
        protected=spec.protected,
        groups=spec.groups,
        targets=spec.targets,
        image_size=spec.image_size,
        checked=False,
    )
    table = whole.table
    if len(but):
        table = table[~table["patient"].isin(table["patient"][table["site"].isin(list(but))])]
    table = table.drop_duplicates("patient").assign(split="test").reset_index(drop=True)
    known = {**whole.attribute_groups, spec.protected: spec.groups}
    return replace(whole, table=table, spec=spec, attribute_groups=known, excluded={}, set_to_unknown={})
