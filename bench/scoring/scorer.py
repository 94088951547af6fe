"""Outputs into scores: the diagnosis, how evenly it is made, and how well race can still be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bench.records import Score
from bench.records.outputs import Outputs
from bench.scoring import counterfactual, decodability, diagnosis, fairness
from bench.scoring.decodability.controls.sufficiency import insufficient, shortfall
from bench.scoring.decodability.flags import INSUFFICIENT, RANDOMISED
from bench.scoring.evaluation import evaluate
from bench.statistics.bootstrap import PatientBootstrap
from bench.task import Cohort
from bench.terminal import say

#: Raised whenever the same outputs would get other scores (the decodability suite has a version of its own).
VERSION = 1


def score(
    outputs: Mapping[str, Outputs],
    untrained: Outputs | None,
    cohort: Cohort,
    splits: Sequence[Literal["val", "test"]],
    replicates: int = 1000,
    twins: Mapping[str, Outputs] | None = None,
    leace: bool = False,
) -> tuple[list[Score], list[str]]:
    """Every score of the given splits, and the flags raised on the way.

    Diagnosis and fairness are scored against the truth on test patients and against what is reported on val patients,
    from whom thresholds and hyperparameters are chosen: nobody who tunes a network has more.

    Args:
        outputs: of the trained network, by split, each in the order of ``cohort.part(split)``; "val" among them,
            since decision thresholds are chosen there.
        untrained: of the same architecture untrained on test, for the reference rows; None where test is not scored.
        cohort: the whole cohort.
        splits: what to score; the test split gets the full suite, the val split its fast part.
        replicates: of the patient bootstrap.
        twins: of the trained network for the counterfactual twins of the test images, by group, where there are any.
        leace: whether to add what is read of these features after LEACE, the reference row of the baseline.
    """
    scores: list[Score] = []
    flags = [RANDOMISED] if any(found.randomised for found in outputs.values()) else []
    thresholds = choose_thresholds(cohort, outputs["val"])
    for split in splits:
        part, found = cohort.part(split), outputs[split]
        if split == "test":
            more, raised = score_test(part, found, untrained, thresholds, replicates, twins, leace)
            scores, flags = [*scores, *more], [*flags, *raised]
            continue
        bootstrap = PatientBootstrap(part.patients, replicates)
        scores += diagnosis.scores(
            evaluate(part.targets, found.probabilities, thresholds, part.spec.targets, [], bootstrap, split)
        )
        for view, features in {"penultimate": found.features, "outputs": found.logits}.items():
            scores += _Reader(part, split).scores(features, view, fast=True)[0]
    return scores, flags


def choose_thresholds(cohort: Cohort, val: Outputs) -> np.ndarray:
    """The decision threshold of each target, ``(T,)``, from what is reported of the val patients of a cohort."""
    return diagnosis.choose_thresholds(cohort.part("val").targets, val.probabilities)


def score_test(
    part: Cohort,
    found: Outputs,
    untrained: Outputs | None,
    thresholds: np.ndarray,
    replicates: int = 1000,
    twins: Mapping[str, Outputs] | None = None,
    leace: bool = False,
    columns: Sequence[int] | None = None,
) -> tuple[list[Score], list[str]]:
    """Both kinds of scores of test patients, against the truth, and the flags raised on the way.

    Args:
        part: the test patients.
        found, untrained, replicates, twins, leace: as in :func:`score`, in the order of ``part``.
        thresholds: of the network's outputs, ``(T,)``.
        columns: positions of the cohort's targets among the network's outputs; None where they are the same.
    """
    chosen = list(range(len(part.spec.targets))) if columns is None else list(columns)
    evaluation = evaluate(
        part.truth,
        found.probabilities[:, chosen],
        thresholds[chosen],
        part.spec.targets,
        part.attributes(),
        PatientBootstrap(part.patients, replicates),
        "test",
    )
    scores = [*diagnosis.scores(evaluation), *fairness.scores(evaluation, part.no_finding)]
    if twins is not None:
        scores += counterfactual.scores(twins, part.spec, evaluation.bootstrap)
    flags: list[str] = []
    reader = _Reader(part, "test")
    if insufficient(shortfall(found.features, part.targets, found.logits[:, chosen], part.patients)):
        flags.append(INSUFFICIENT)
    for view, features in {"penultimate": found.features, "outputs": found.logits}.items():
        some_scores, some_flags = reader.scores(features, view)
        scores += some_scores
        flags += [f"{view}: {flag}" for flag in some_flags]
    for view, features in found.stages.items():
        scores += reader.scores(features, view, fast=True)[0]
    if untrained is not None:
        for view, features in (("penultimate", untrained.features), ("outputs", untrained.logits)):
            scores += reader.scores(features, view, reference="untrained")[0]
    if leace:
        scores += reader.scores(found.features, "penultimate", reference="leace")[0]
    return scores, flags


@dataclass(frozen=True)
class _Reader:
    """Decodability of the protected attribute from some view of a network, on the images of one split."""

    part: Cohort
    split: Literal["val", "test"]

    def scores(
        self,
        features: np.ndarray,
        view: str,
        reference: str | None = None,
        fast: bool = False,
    ) -> tuple[list[Score], list[str]]:
        """Tidy scores and flags; the controls are for the method itself."""
        spec = self.part.spec
        if not fast:
            say(f"reading {spec.protected} from {view}{f', {reference}' if reference else ''}")
        found = decodability.decode(
            features,
            self.part.groups,
            self.part.patients,
            self.part.conditions(),
            group_names=spec.groups,
            fast=fast,
            controls=reference is None,
            erase=reference == "leace",
        )
        rows = decodability.scores(found, view=view, split=self.split, reference=reference, attribute=spec.protected)
        return rows, list(found.flags)
