"""What a network computed in an arena into scores: the diagnosis, how evenly it is made, how well race can be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bench.records import FEATURES, NETWORK, OUTPUTS, STORED, TRUE_LABELS, Score
from bench.records.outputs import Outputs
from bench.scoring import chance, conditions, counterfactual, diagnosis, fairness
from bench.scoring.decodability import Decodability, Suite, decode, flags
from bench.scoring.decodability.controls.head import signs
from bench.scoring.decodability.controls.sufficiency import insufficient, shortfall
from bench.scoring.decodability.layers import richness
from bench.scoring.decodability.removal import Terms
from bench.scoring.evaluation import evaluate
from bench.scoring.influence import Influence, diagnoses, of_diagnosis, of_reading
from bench.scoring.measures import CONDITION, CONDITIONS
from bench.scoring.readings import scores as rows_of
from bench.statistics.bootstrap import PatientBootstrap
from bench.task import Cohort
from bench.terminal import say

#: Raised whenever the same outputs would get other scores (a suite has a version of its own).
VERSION = 3


@dataclass(frozen=True)
class Computed:
    """What was computed for the units of an arena, images or studies, in the order of its cohort.

    ``columns`` are the positions of the cohort's targets among the network's outputs; ``thresholds`` of the network's
    outputs, ``(T,)``, and ``threshold_draws`` ``(T, R)`` those that other val patients would have given. ``untrained``
    is the same architecture untrained, for the reference rows; ``twins`` are the outputs for the counterfactual twins,
    by group; None where there are none.
    """

    cohort: Cohort
    outputs: Outputs
    thresholds: np.ndarray
    columns: Sequence[int]
    untrained: Outputs | None = None
    threshold_draws: np.ndarray | None = None
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


def score(
    computed: Computed, suite: Suite, replicates: int = 1000, *, every_layer: bool = False, leace: bool = False
) -> Scored:
    """Both kinds of scores against the truth, as test patients are scored.

    Args:
        computed: by the network.
        suite: what the protected attribute is read with.
        replicates: of the patient bootstrap.
        every_layer: whether the whole suite reads every layer that counts, or the features alone and linear probes the
            others.
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
        None if computed.threshold_draws is None else computed.threshold_draws[list(computed.columns)],
    )
    scores = [*diagnosis.scores(evaluation), *fairness.scores(evaluation, part.no_finding)]
    by_group = next(table for table in evaluation.tables if table.attribute == part.spec.protected)
    scores += chance.scores(evaluation, by_group, part.no_finding)
    if computed.twins is not None:
        scores += counterfactual.scores(computed.twins, part.spec, evaluation.bootstrap)
    raised = []
    lacking = shortfall(found.features, part.targets, computed.logits, part.patients, suite)
    if insufficient(lacking, suite):
        raised.append(flags.INSUFFICIENT)
    reader = _Reader(part, suite)
    read = _read(reader, computed, every_layer, raised)
    scores += read.scores
    if leace:
        for one in reader.read({FEATURES: found.features}, "leace").values():
            scores += reader.scores(one, "leace")
    return Scored(scores, read.flags, {**of_diagnosis(evaluation), **read.influence})


def score_to_choose(computed: Computed, suite: Suite, replicates: int = 1000) -> Scored:
    """The scores of val patients, from whom hyperparameters are chosen: the diagnosis over all, and linear probes.

    Against what is reported: nobody who tunes a network has more.
    """
    part, found = computed.cohort, computed.outputs
    bootstrap = PatientBootstrap(part.patients, replicates)
    evaluation = evaluate(part.targets, found.probabilities, computed.thresholds, part.spec.targets, [], bootstrap)
    scores, reader = diagnosis.scores(evaluation), _Reader(part, suite)
    for one in reader.read(_declared(found), fast=True).values():
        scores += reader.scores(one)
    return Scored(scores, [flags.RANDOMISED] if found.randomised else [], of_diagnosis(evaluation))


def score_trial(computed: Computed, suite: Suite, *, every_layer: bool = False) -> Scored:
    """What is read of patients whose group was drawn at random: nothing goes with it, so nothing is conditioned on."""
    return _read(_Reader(computed.cohort, suite, given=False), computed, every_layer, [])


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


def resample_thresholds(val: Cohort, outputs: Outputs, replicates: int) -> np.ndarray:
    """The thresholds that other val patients would have given, one in each replicate of the bootstrap, ``(T, R)``."""
    return diagnosis.resample_thresholds(val.targets, outputs.probabilities, val.patients, replicates)


def _declared(outputs: Outputs) -> dict[str, np.ndarray]:
    """The layers that every network has."""
    return {FEATURES: outputs.features, OUTPUTS: outputs.logits}


def _layers(outputs: Outputs) -> dict[str, np.ndarray]:
    """All layers that count: what every network declares, its features as they were stored, and the deepest block with
    more directions than targets.
    """
    stored = {} if outputs.stored is None else {STORED: outputs.stored}
    deepest = [
        (layer, features) for layer, features in outputs.blocks.items() if richness(features) > richness(outputs.logits)
    ]
    return {**_declared(outputs), **stored, **dict(deepest[-1:])}


def _coded(labels: np.ndarray) -> np.ndarray:
    """Labels (N, T), 1, 0 or NaN, as features: which are positive, and which unknown, where any is."""
    unknown = np.isnan(labels)
    return np.concatenate([labels == 1, unknown[:, unknown.any(axis=0)]], axis=1).astype(np.float32)


def _read(reader: _Reader, computed: Computed, every_layer: bool, raised: Sequence[str]) -> Scored:
    """The layers together and each alone, the true labels; by linear probes shallower blocks, the network untrained."""
    part, found, layers = computed.cohort, computed.outputs, _layers(computed.outputs)
    own = [*raised]
    if found.randomised:
        own.append(flags.RANDOMISED)
    if richness(found.features) <= richness(found.logits):
        own.append(flags.BOTTLENECK)
    own += signs(found, part.truth, computed.columns, part.patients, reader.suite)
    scores: list[Score] = []
    influence: dict[str, np.ndarray] = {}
    linear_only = [] if every_layer else [layer for layer in layers if layer != FEATURES]
    lost = not diagnoses(part.truth, computed.logits, part.patients)
    read = reader.read(layers, linear_only=linear_only, terms=Terms(reader.claimed_on, lost, own))
    for layer, one in read.items():
        scores += reader.scores(one)
        own += [flag if layer == NETWORK else f"{layer}: {flag}" for flag in one.flags]
        influence |= of_reading(one, part.spec.protected, len(np.unique(part.patients)))
    shallower = {layer: features for layer, features in found.blocks.items() if layer not in layers}
    for layer, features in shallower.items():
        scores += reader.scores(reader.read({layer: features}, fast=True)[layer])
    floor = reader.read({TRUE_LABELS: _coded(part.truth)}, TRUE_LABELS)[NETWORK]
    scores += reader.scores(floor, TRUE_LABELS)
    if computed.untrained is not None:
        reference = reader.read(_declared(computed.untrained), "untrained", fast=not every_layer)
        for one in reference.values():
            scores += reader.scores(one, "untrained")
    return Scored(scores, own, influence)


@dataclass(frozen=True)
class _Reader:
    """Decodability of the protected attribute from layers of a network, for the units of one arena."""

    part: Cohort
    suite: Suite
    #: Whether it is read given what goes with it, too; where it was drawn at random nothing does.
    given: bool = True

    @property
    def claimed_on(self) -> Literal["marginal", "diagnosis"]:
        """The reading that claims of removal are made on."""
        return "diagnosis" if self.given else "marginal"

    def read(
        self,
        layers: Mapping[str, np.ndarray],
        reference: str | None = None,
        linear_only: Sequence[str] = (),
        fast: bool = False,
        terms: Terms | None = None,
    ) -> dict[str, Decodability]:
        """Read layers of one network, together and each alone; the controls are for the method itself."""
        spec = self.part.spec
        if not fast:
            say(f"reading {spec.protected} from {', '.join(layers)}{f', {reference}' if reference else ''}")
        return decode(
            layers,
            self.part.groups,
            self.part.patients,
            self.part.confounders(self.part.truth) if self.given else None,
            suite=self.suite,
            group_names=spec.groups,
            linear_only=linear_only,
            fast=fast,
            controls=reference is None,
            given=True if reference == TRUE_LABELS else None,
            erase=reference == "leace",
            terms=terms or Terms(),
        )

    def scores(self, read: Decodability, reference: str | None = None) -> list[Score]:
        """Tidy scores of what was read."""
        return rows_of(read, reference=reference, attribute=self.part.spec.protected)
