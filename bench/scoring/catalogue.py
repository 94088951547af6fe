"""Every measure, once: an entry feeds screen, leaderboards, legends, LaTeX, CSV, figures and the documents' tables.

A new metric is one function and one entry here, named in ``METRICS``: its worst group and its gap follow from it. The
order is that of the leaderboard's columns.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bench.records import ANY, MACRO
from bench.scoring.decodability import measures as read
from bench.scoring.decodability.measures_of_controls import CONTROLS
from bench.scoring.entries import (
    DECODABILITY,
    GIVEN_DIAGNOSIS,
    GIVEN_KNOWN,
    REMOVAL,
    RESIDUAL,
)
from bench.scoring.measures import (
    BALANCED,
    CONDITION,
    INVERTED,
    Column,
    Comparison,
    Difference,
    Measure,
    Metric,
    Reading,
    null,
    over_protected,
)
from bench.statistics import metrics

__all__ = [
    "AUPRC",
    "AUROC",
    "BRIER",
    "BY_KEY",
    "CONDITION_LOSS",
    "COUNTERFACTUAL_EFFECT",
    "COUNTERFACTUAL_SHIFT",
    "DECODABILITY",
    "DEMOGRAPHIC_PARITY",
    "DIFFERENCES",
    "ECE",
    "EFFECTIVE_SHARE",
    "EQUALIZED_ODDS",
    "GAPS",
    "GIVEN_DIAGNOSIS",
    "GIVEN_KNOWN",
    "MEASURES",
    "METRICS",
    "READINGS",
    "REMOVAL",
    "RESIDUAL",
    "SELECTION_RATE",
    "SENSITIVITY",
    "SPECIFICITY",
    "UNDERDIAGNOSIS",
]

AUROC = Metric(
    "auroc",
    "Diagnosis AUROC",
    "AUROC",
    "up",
    "Area under the receiver operating characteristic: how often an image with the finding is ranked above one "
    "without.",
    columns=(Column(target=MACRO, elsewhere="AUROC", elsewhere_in_paper=True),),
    source="Hanley & McNeil, 1982",
    function=metrics.auroc,
    worst_shown=Comparison((over_protected(elsewhere="Worst-group AUROC"),), "macro, worst group"),
    gap_shown=Comparison(screen="macro, gap between groups"),
)
AUPRC = Metric(
    "auprc",
    "Average precision",
    "average precision",
    "up",
    "Precision averaged over the steps of recall. Chance reads the prevalence, in which groups differ, so they are not "
    "compared by it.",
    function=metrics.auprc,
    compared=False,
)
BRIER = Metric(
    "brier",
    "Brier score",
    "Brier score",
    "down",
    "Mean squared difference of probability and label.",
    columns=(Column(target=MACRO, paper=False),),
    source="Brier, 1950",
    function=metrics.brier,
)
ECE = Metric(
    "ece",
    "Expected calibration error",
    "calibration error",
    "down",
    "How far probabilities are from the share of positives, in 15 bins of equal width.",
    source="Naeini et al., 2015",
    function=metrics.ece,
    biased_up=True,
)
SENSITIVITY = Metric(
    "sensitivity",
    "Sensitivity",
    "sensitivity",
    "up",
    "Share of the positives that are called positive at the threshold chosen on validation patients.",
    ("threshold",),
    function=metrics.sensitivity,
)
SPECIFICITY = Metric(
    "specificity",
    "Specificity",
    "specificity",
    "up",
    "Share of the negatives that are not called positive at the threshold chosen on validation patients.",
    ("threshold",),
    function=metrics.specificity,
)
SELECTION_RATE = Metric(
    "selection_rate",
    "Selection rate",
    "selection rate",
    None,
    "Share of all images that are called positive. Its gap between groups is the demographic-parity difference.",
    ("threshold",),
    function=metrics.selection_rate,
    compared=False,
)
UNDERDIAGNOSIS = Metric(
    "underdiagnosis_rate",
    "Underdiagnosis rate",
    "underdiagnosis",
    "down",
    'False-positive rate of "no finding": how often someone ill is called healthy.',
    ("threshold", "no_finding"),
    source="Seyyed-Kalantari et al., 2021",
    function=metrics.false_positive_rate,
    gap_shown=Comparison(
        (over_protected(target=ANY, key="underdiagnosis_gap", title="Underdiagnosis gap", paper=False),),
        "underdiagnosis gap (false positives of no finding)",
    ),
)


def _equalized_odds(*calls: np.ndarray, sensitive_features: np.ndarray) -> float:
    from fairlearn.metrics import equalized_odds_difference

    return float(equalized_odds_difference(*calls, sensitive_features=sensitive_features))


def _demographic_parity(*calls: np.ndarray, sensitive_features: np.ndarray) -> float:
    from fairlearn.metrics import demographic_parity_difference

    return float(demographic_parity_difference(*calls, sensitive_features=sensitive_features))


EQUALIZED_ODDS = Difference(
    "equalized_odds_difference",
    "Equalized odds difference",
    "equalized-odds difference",
    "down",
    "The larger of the gaps between groups in sensitivity and in false-positive rate.",
    ("threshold", "groups"),
    source="Hardt et al., 2016; as in fairlearn",
    columns=(over_protected(paper=False),),
    screen="equalized-odds difference",
    function=_equalized_odds,
    # The gap in specificity is the gap in the false-positive rate.
    rates=("sensitivity", "specificity"),
)
DEMOGRAPHIC_PARITY = Difference(
    "demographic_parity_difference",
    "Demographic parity difference",
    "demographic-parity difference",
    "down",
    "The gap between groups in the selection rate.",
    ("threshold", "groups"),
    source="Agarwal et al., 2018; as in fairlearn",
    screen="demographic-parity difference",
    function=_demographic_parity,
    rates=("selection_rate",),
)
COUNTERFACTUAL_EFFECT = Measure(
    "counterfactual_effect",
    "Counterfactual effect",
    "counterfactual effect",
    "down",
    "how much a probability changes, up or down, when the same patient is rendered with another {protected} and all "
    "else as it was; the mean over images, pairs and targets. Features may hold {protected} without any use of it by "
    "the outputs.",
    ("twins",),
    source="Kusner et al., 2017",
    columns=(over_protected(paper=False),),
    legend="Counterfactual effect",
    screen="counterfactual effect (mean change of p between twins)",
)
COUNTERFACTUAL_SHIFT = Measure(
    "counterfactual_shift",
    "Counterfactual shift",
    "counterfactual shift",
    None,
    "Mean change of a probability from twins with one group to twins with the other.",
    ("twins",),
    range=(-1.0, 1.0),
)
CONDITION_LOSS = Measure(
    "condition_loss",
    "AUROC lost",
    "AUROC lost",
    "down",
    "the diagnosis AUROC among patients in whom {protected} and disease go together as in training, less that among "
    "the same patients where the two are unrelated (balanced), or related the other way round (inverted). A network "
    "that takes {protected} for a hint of disease loses; below 0 it gains.",
    ("conditions",),
    range=(-1.0, 1.0),
    columns=(
        Column(
            target=MACRO,
            attribute=CONDITION,
            group=BALANCED,
            place="conditions",
            key="condition_loss_balanced",
            title="AUROC lost, balanced",
            paper=False,
        ),
        Column(
            target=MACRO,
            attribute=CONDITION,
            group=INVERTED,
            place="conditions",
            key="condition_loss_inverted",
            title="AUROC lost, inverted",
        ),
    ),
    source="Müller & Berens, 2026",
    legend="AUROC lost",
)
EFFECTIVE_SHARE = Measure(
    "effective_share",
    "Effective sample",
    "effective sample",
    "up",
    "(Σw)² / Σw² of the weights that images are given in a condition, as a share of the images.",
    ("conditions",),
    source="Kish, 1965",
)

#: Whatever is scored of one target's predictions, in the order of the files of scores.
METRICS: tuple[Metric, ...] = (AUROC, AUPRC, BRIER, ECE, SENSITIVITY, SPECIFICITY, SELECTION_RATE)
DIFFERENCES: tuple[Difference, ...] = (EQUALIZED_ODDS, DEMOGRAPHIC_PARITY)
#: Whatever the suite reads of a layer, in the order of the files of scores.
READINGS: tuple[Reading, ...] = (DECODABILITY, GIVEN_DIAGNOSIS, GIVEN_KNOWN, *read.BETWEEN, REMOVAL, *CONTROLS)

#: Whatever is a gap between groups.
GAPS: tuple[Measure, ...] = (*(metric.gap for metric in METRICS if metric.compared), *DIFFERENCES, UNDERDIAGNOSIS.gap)

MEASURES: tuple[Measure, ...] = (
    *(measure for metric in METRICS for measure in (metric, *metric.over_groups)),
    DECODABILITY,
    GIVEN_DIAGNOSIS,
    GIVEN_KNOWN,
    RESIDUAL,
    REMOVAL,
    *DIFFERENCES,
    UNDERDIAGNOSIS,
    *UNDERDIAGNOSIS.over_groups,
    COUNTERFACTUAL_EFFECT,
    COUNTERFACTUAL_SHIFT,
    *(null(gap) for gap in GAPS),
    CONDITION_LOSS,
    EFFECTIVE_SHARE,
    *read.BETWEEN,
    *CONTROLS,
)
BY_KEY: Mapping[str, Measure] = {measure.key: measure for measure in MEASURES}
