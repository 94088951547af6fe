"""Outputs into scores: the diagnosis, how evenly it is made, and how well race can still be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from bench.outputs import Outputs
from bench.records import Score
from bench.scoring import decodability, diagnosis, fairness
from bench.scoring.evaluation import evaluate
from bench.scoring.intervals import PatientBootstrap
from bench.task import Cohort

#: Raised whenever the same outputs would get other scores (the decodability suite has a version of its own).
VERSION = 1


def score(
    outputs: Mapping[str, Outputs],
    untrained: Outputs | None,
    cohort: Cohort,
    splits: Sequence[Literal["val", "test"]],
    replicates: int = 1000,
) -> tuple[list[Score], list[str]]:
    """Every score of the given splits, and the flags raised on the way.

    Args:
        outputs: of the trained network, by split, each in the order of ``cohort.part(split)``; "val" among them,
            since decision thresholds are chosen there.
        untrained: of the same architecture untrained on test, for the reference rows; None where test is not scored.
        cohort: the whole cohort.
        splits: what to score; the test split gets the full suite, the val split its fast part.
        replicates: of the patient bootstrap.
    """
    scores: list[Score] = []
    flags: list[str] = []
    val = cohort.part("val")
    thresholds = diagnosis.choose_thresholds(val.targets, outputs["val"].probabilities)
    for split in splits:
        part = cohort.part(split)
        evaluation = evaluate(
            part.targets,
            outputs[split].probabilities,
            thresholds,
            part.spec.targets,
            part.attributes() if split == "test" else [],
            PatientBootstrap(part.patients, replicates),
            split,
        )
        scores += diagnosis.scores(evaluation)
        if split == "test":
            scores += fairness.scores(evaluation, part.no_finding)
        some_scores, some_flags = _decode(outputs[split], part, split, reference=None)
        scores += some_scores
        flags += [flag for flag in some_flags if flag not in flags]
        if split == "test" and untrained is not None:
            scores += _decode(untrained, part, split, reference="untrained")[0]
    return scores, flags


def _decode(
    outputs: Outputs, part: Cohort, split: Literal["val", "test"], reference: str | None
) -> tuple[list[Score], list[str]]:
    """Decodability of the protected attribute from both views of a network."""
    strata = np.where(np.isnan(part.targets), -1, part.targets).astype(np.int64)
    scores: list[Score] = []
    flags: list[str] = []
    for view, features in (("penultimate", outputs.features), ("outputs", outputs.logits)):
        found = decodability.decode(
            features, part.groups, part.patients, strata, group_names=part.spec.groups, fast=split == "val"
        )
        scores += decodability.scores(found, view=view, split=split, reference=reference, attribute=part.spec.protected)
        flags += [f"{view}: {flag}" for flag in found.flags]
    return scores, flags
