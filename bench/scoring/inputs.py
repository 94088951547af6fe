"""What can be scored: targets, probabilities, thresholds and groups that fit each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.errors import BenchError
from bench.records import MACRO
from bench.statistics.bootstrap import PatientBootstrap
from bench.task import Attribute


def check(
    targets: np.ndarray,
    probabilities: np.ndarray,
    thresholds: np.ndarray,
    names: tuple[str, ...],
    attributes: Sequence[Attribute],
    bootstrap: PatientBootstrap,
) -> None:
    """Refuse what cannot be scored; arguments as of :func:`bench.scoring.evaluation.evaluate`.

    Raises:
        BenchError: on shapes that do not match, names that repeat, labels other than 0, 1 and NaN, probabilities
            outside [0, 1], and codes of groups that do not exist.
    """
    shape = (len(bootstrap.patients), len(names))
    for what, array, expected in (
        ("targets", targets, shape),
        ("probabilities", probabilities, shape),
        ("thresholds", thresholds, shape[1:]),
        *((f"the codes of {attribute.name!r}", np.asarray(attribute.codes), shape[:1]) for attribute in attributes),
    ):
        if array.shape != expected:
            raise BenchError(
                f"Scoring {shape[0]} images on {shape[1]} targets needs {what} of shape {expected}; got {array.shape}."
            )
    if not names or MACRO in names or len(set(names)) < len(names):
        raise BenchError(f"Scoring needs one or more different target names, none of them {MACRO!r}; got {names}.")
    if not np.isin(targets[~np.isnan(targets)], (0, 1)).all():
        raise BenchError("Scoring needs targets that are 1, 0 or NaN (unknown); there are other values among them.")
    wrong = ~((probabilities >= 0) & (probabilities <= 1))
    if wrong.any():
        where = np.argwhere(wrong)[0]
        raise BenchError(
            f"Scoring needs probabilities within [0, 1]; {int(wrong.sum())} of {wrong.size} are not, the first for "
            f"target {names[where[1]]!r} in row {where[0]}: {probabilities[tuple(where)]}."
        )
    for attribute in attributes:
        if not ((attribute.codes >= -1) & (attribute.codes < len(attribute.groups))).all():
            raise BenchError(
                f"The codes of attribute {attribute.name!r} have to lie between -1 (unknown) and "
                f"{len(attribute.groups) - 1}, one for each of {', '.join(attribute.groups)}."
            )
