"""How much a network's output changes when the same patient is rendered with another group of the protected attribute.

The counterfactual of Kusner et al. (2017, "Counterfactual fairness", NeurIPS), image by image: everything but the
attribute, the noise included, is as it was, so what changes in the output is the attribute's effect on it and nothing
that goes with it. A network may hold the attribute in its features and never let it move an output: encoding is not
use (Brown et al., 2023, "Detecting shortcut learning for fair medical AI using shortcut testing", Nature
Communications). Only data sets that can render such twins have these scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from bench.errors import BenchError
from bench.records import MACRO, Score
from bench.records.outputs import Outputs
from bench.scoring.catalogue import COUNTERFACTUAL_EFFECT, COUNTERFACTUAL_SHIFT
from bench.statistics.bootstrap import Interval, PatientBootstrap
from bench.task import TaskSpec

EFFECT, SHIFT = COUNTERFACTUAL_EFFECT.key, COUNTERFACTUAL_SHIFT.key
_RANDOMISED = "the network is randomised: what is left of its noise after averaging raises the effect"
_CANCEL = "targets that shift in opposite directions cancel"


def scores(twins: Mapping[str, Outputs], spec: TaskSpec, bootstrap: PatientBootstrap) -> list[Score]:
    """Mean changes of the probability p of each target over the test images, for each pair of groups a → b.

    - ``counterfactual_effect``: mean of |p_b - p_a|, the same for b → a, so a pair stands once, in the order of the
      groups. With ``group`` None the mean over all pairs.
    - ``counterfactual_shift``: mean of p_b - p_a. It changes its sign with the order of the pair, so it has no mean
      over pairs.

    ``macro`` is the mean over targets. Both are means over images with intervals by the patient bootstrap. A difference
    of a deterministic network has no noise of its own, so |p_b - p_a| is not biased by any; of a randomised network it
    is, upwards, and the note says so.

    Args:
        twins: outputs for the twins of the same N images, by group.
        spec: of the task, for its targets and groups.
        bootstrap: of the N images' patients.

    Raises:
        BenchError: for outputs that are NaN or of other images.
    """
    names = (*spec.targets, MACRO)
    shape = (len(bootstrap.patients), len(spec.targets))
    p = {group: _probabilities(outputs, group, shape) for group, outputs in twins.items()}
    pairs = list(combinations([group for group in spec.groups if group in p], 2))
    labels = [f"{a} → {b}" for a, b in pairs]
    change = np.stack([p[b] - p[a] for a, b in pairs])  # (pairs, T, N)
    effect, shift = _with_macro(np.abs(change)), _with_macro(change)
    rows: list[tuple[str, str | None, str]] = [(EFFECT, None, name) for name in names]
    rows += [(metric, label, name) for metric in (EFFECT, SHIFT) for label in labels for name in names]
    values = np.concatenate([effect.mean(axis=0), *effect, *shift])
    found = bootstrap.intervals(lambda weights: values @ weights / weights.sum(axis=0))
    noise = _RANDOMISED if any(outputs.randomised for outputs in twins.values()) else None
    patients = len(np.unique(bootstrap.patients))

    def one(metric: str, group: str | None, target: str, interval: Interval) -> Score:
        cancel = _CANCEL if (metric, target) == (SHIFT, MACRO) else None
        return Score(
            metric=metric,
            value=interval.value,
            low=interval.low,
            high=interval.high,
            n=shape[0],
            patients=patients,
            target=target,
            attribute=spec.protected,
            group=group,
            note="; ".join(filter(None, [noise if metric == EFFECT else None, cancel])) or None,
        )

    return [one(*row, interval) for row, interval in zip(rows, found, strict=True)]


def _probabilities(outputs: Outputs, group: str, shape: tuple[int, int]) -> np.ndarray:
    """Transposed, ``(T, N)``: a row of images for each target."""
    if outputs.logits.shape != shape or np.isnan(outputs.logits).any():
        raise BenchError(
            f"The counterfactual effect needs logits of shape {shape}, none of them NaN, for the twins with"
            f" {group!r}; got shape {outputs.logits.shape} with {int(np.isnan(outputs.logits).sum())} NaN."
        )
    return outputs.probabilities.T


def _with_macro(values: np.ndarray) -> np.ndarray:
    """``(pairs, T, N)`` with the mean over targets appended: ``(pairs, T + 1, N)``."""
    return np.concatenate([values, values.mean(axis=1, keepdims=True)], axis=1)
