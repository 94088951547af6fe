"""What a network computed in an arena into scores: the diagnosis, how evenly it is made, how well race can be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.records import FEATURES, OUTPUTS, Score
from bench.records.outputs import Outputs
from bench.scoring import conditions, counterfactual, diagnosis, fairness
from bench.scoring.decodability import Decodability, Suite, decode, flags
from bench.scoring.decodability.controls.sufficiency import insufficient, shortfall
from bench.scoring.evaluation import evaluate
from bench.scoring.influence import Influence, of_diagnosis, of_reading
from bench.scoring.measures import CONDITION, CONDITIONS
from bench.scoring.readings import scores as rows_of
from bench.statistics.bootstrap import PatientBootstrap
from bench.task import Cohort
from bench.terminal import say

#: Raised whenever the same outputs would get other scores (a suite has a version of its own).
VERSION = 2


@dataclass(frozen=True)
class Computed:
    """What was computed for the units of an arena, images or studies, in the order of its cohort.

    ``columns`` are the positions of the cohort's targets among the network's outputs; ``thresholds`` of the network's
    outputs, ``(T,)``. ``untrained`` is the same architecture untrained, for the reference rows; ``twins`` are the
    outputs for the counterfactual twins, by group; None where there are none.
    """

    cohort: Cohort
    outputs: Outputs
    thresholds: np.ndarray
    columns: Sequence[int]
    untrained: Outputs | None = None
    twins: Mapping[str, Outputs] | None = None

    @property
    def logits(self) -> np.ndarray:
        """Of the cohort's targets, ``(N, T)``."""
        return self.outputs.logits[:, list(self.columns)]


@dataclass(frozen=True)
class Scored:
    """Every score of an arena by one suite, the flags raised on the way, and influence values by patient."""

    scores: list[Score]
    flags: list[str]
    influence: Influence


def score(computed: Computed, suite: Suite, replicates: int = 1000, *, leace: bool = False) -> Scored:
    """Both kinds of scores against the truth, as test patients are scored.

    Args:
        computed: by the network.
        suite: what the protected attribute is read with.
        replicates: of the patient bootstrap.
        leace: whether to add what is read of these features after LEACE, the reference row of the baseline.
    """
    part, found = computed.cohort, computed.outputs
    evaluation = evaluate(
        part.truth,
        found.probabilities[:, list(computed.columns)],
        computed.thresholds[list(computed.columns)],
        part.spec.targets,
        part.attributes(),
        PatientBootstrap(part.patients, replicates),
    )
    scores = [*diagnosis.scores(evaluation), *fairness.scores(evaluation, part.no_finding)]
    if computed.twins is not None:
        scores += counterfactual.scores(computed.twins, part.spec, evaluation.bootstrap)
    raised = [flags.RANDOMISED] if found.randomised else []
    lacking = shortfall(found.features, part.targets, computed.logits, part.patients, suite)
    if insufficient(lacking, suite):
        raised.append(flags.INSUFFICIENT)
    influence = of_diagnosis(evaluation)
    reader = _Reader(part, suite)
    for layer, features in _declared(found).items():
        read = reader.read(features, layer)
        scores += reader.scores(read, layer)
        raised += [f"{layer}: {flag}" for flag in read.flags]
        influence |= of_reading(read, layer, part.spec.protected, len(np.unique(part.patients)))
    for layer, features in found.blocks.items():
        scores += reader.scores(reader.read(features, layer, fast=True), layer)
    if computed.untrained is not None:
        for layer, features in _declared(computed.untrained).items():
            scores += reader.scores(reader.read(features, layer, "untrained"), layer, "untrained")
    if leace:
        scores += reader.scores(reader.read(found.features, FEATURES, "leace"), FEATURES, "leace")
    return Scored(scores, raised, influence)


def score_to_choose(computed: Computed, suite: Suite, replicates: int = 1000) -> Scored:
    """The scores of val patients, from whom hyperparameters are chosen: the diagnosis over all, and linear probes.

    Against what is reported: nobody who tunes a network has more.
    """
    part, found = computed.cohort, computed.outputs
    bootstrap = PatientBootstrap(part.patients, replicates)
    evaluation = evaluate(part.targets, found.probabilities, computed.thresholds, part.spec.targets, [], bootstrap)
    scores, reader = diagnosis.scores(evaluation), _Reader(part, suite)
    for layer, features in _declared(found).items():
        scores += reader.scores(reader.read(features, layer, fast=True), layer)
    return Scored(scores, [flags.RANDOMISED] if found.randomised else [], of_diagnosis(evaluation))


def score_trial(computed: Computed, suite: Suite) -> Scored:
    """What is read of patients whose group was drawn at random: nothing goes with it, so nothing is conditioned on."""
    part, found = computed.cohort, computed.outputs
    scores: list[Score] = []
    raised = [flags.RANDOMISED] if found.randomised else []
    influence: dict[str, np.ndarray] = {}
    reader = _Reader(part, suite, given=False)
    for layer, features in _declared(found).items():
        read = reader.read(features, layer)
        scores += reader.scores(read, layer)
        raised += [f"{layer}: {flag}" for flag in read.flags]
        influence |= of_reading(read, layer, part.spec.protected, len(np.unique(part.patients)))
    for layer, features in found.blocks.items():
        scores += reader.scores(reader.read(features, layer, fast=True), layer)
    if computed.untrained is not None:
        for layer, features in _declared(computed.untrained).items():
            scores += reader.scores(reader.read(features, layer, "untrained", fast=True), layer, "untrained")
    return Scored(scores, raised, influence)


def score_conditions(computed: Computed, replicates: int = 1000) -> Scored:
    """The diagnosis in the three test conditions, against the truth; race is not read."""
    part, found = computed.cohort, computed.outputs
    rendered = part.table[CONDITION].to_numpy() if CONDITION in part.table else None
    predicted = conditions.Predicted(
        part.truth,
        found.probabilities[:, list(computed.columns)],
        computed.thresholds[list(computed.columns)],
        part.spec.targets,
        part.groups,
        part.spec.groups,
        None if rendered is None else np.array([CONDITIONS.index(name) for name in rendered]),
    )
    bootstrap = PatientBootstrap(part.patients, replicates)
    raised = [flags.RANDOMISED] if found.randomised else []
    return Scored(conditions.scores(predicted, bootstrap), raised, conditions.influence(predicted, bootstrap))


def choose_thresholds(val: Cohort, outputs: Outputs) -> np.ndarray:
    """The decision threshold of each target, ``(T,)``, from what is reported of val patients."""
    return diagnosis.choose_thresholds(val.targets, outputs.probabilities)


def _declared(outputs: Outputs) -> dict[str, np.ndarray]:
    """The layers that every network has."""
    return {FEATURES: outputs.features, OUTPUTS: outputs.logits}


@dataclass(frozen=True)
class _Reader:
    """Decodability of the protected attribute from some layer of a network, for the units of one arena."""

    part: Cohort
    suite: Suite
    #: Whether it is read given C as well.
    given: bool = True

    def read(self, features: np.ndarray, layer: str, reference: str | None = None, fast: bool = False) -> Decodability:
        """Read a layer; the controls are for the method itself."""
        spec = self.part.spec
        if not fast:
            say(f"reading {spec.protected} from {layer}{f', {reference}' if reference else ''}")
        return decode(
            features,
            self.part.groups,
            self.part.patients,
            self.part.conditions() if self.given else None,
            suite=self.suite,
            group_names=spec.groups,
            fast=fast,
            controls=reference is None,
            erase=reference == "leace",
        )

    def scores(self, read: Decodability, layer: str, reference: str | None = None) -> list[Score]:
        """Tidy scores of what was read."""
        return rows_of(read, layer=layer, reference=reference, attribute=self.part.spec.protected)
