"""What a network computes for the images of a cohort, and the two files that keep it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from bench.files import whole
from bench.records import keyed_hashes
from bench.task import TRUE, Cohort

PREDICTIONS = "predictions.parquet"
FEATURES = "features.npy"


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Sigmoid of logits, ``float64``."""
    return 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))


@dataclass(frozen=True)
class Outputs:
    """``logits (N, T) float32`` and the ``features (N, D) float32`` that the diagnostic head reads, in cohort order.

    ``stored`` are the features as they came through the channel to the head, which made the logits of them; ``direct``
    the logits that the network makes at once. None where there was no channel. ``unsteady`` is the share of images in
    which a grey level more or less moves some feature or logit by over half of its deviation; None where that was not
    asked for. ``told (N,)`` are the codes of the protected attribute that the head was given, where it was.
    ``blocks``, "block 1" and on, are pooled features ``(N, C) float32`` of the encoder's blocks, where they were asked
    for and are known. Of a ``randomised`` network, which computes something else at every reading, all are averages.
    """

    logits: np.ndarray
    features: np.ndarray
    blocks: Mapping[str, np.ndarray] = field(default_factory=dict)
    randomised: bool = False
    stored: np.ndarray | None = None
    direct: np.ndarray | None = None
    unsteady: float | None = None
    told: np.ndarray | None = None

    @property
    def probabilities(self) -> np.ndarray:
        """Sigmoid of the logits, ``(N, T) float64``."""
        return probabilities(self.logits)

    def replaced(self, rows: np.ndarray, others: Outputs) -> Outputs:
        """These logits and features, but at the positions ``rows`` those of ``others``, in order; nothing else."""
        logits, features = self.logits.copy(), self.features.copy()
        logits[rows], features[rows] = others.logits, others.features
        return Outputs(logits, features, randomised=self.randomised or others.randomised)


@dataclass(frozen=True)
class Kept:
    """Outputs that are kept: of the images of ``cohort``, in its order; ``part`` is the half of val that they are."""

    split: str
    part: str | None
    cohort: Cohort
    outputs: Outputs


def write(kept: Sequence[Kept], key: bytes, folder: Path) -> None:
    """Write ``predictions.parquet``, a row an image, and ``features.npy``, the same rows.

    Columns: ``image`` and ``patient`` (keyed hashes), ``split``, ``part`` (of val images "fitting" or "choosing", else
    null), each target's ``true_…`` and ``logit_…``, the attributes, ``age_group``. ``true_…`` is :attr:`Cohort.truth`,
    the label that test scores are made against. Where the data set tells truth and report apart, ``reported_…`` is what
    was trained on and the val scores are made against; elsewhere that is ``true_…`` and there is no such column. Exact
    ages and covariates stay out: together they could name a patient.
    """
    with whole(folder / PREDICTIONS) as partial:
        pd.concat([_table(one, key) for one in kept]).to_parquet(partial, index=False)
    features = [one.outputs.features for one in kept]
    with whole(folder / FEATURES) as partial:
        np.save(partial, np.concatenate(features).astype(np.float32), allow_pickle=False)


def _table(kept: Kept, key: bytes) -> pd.DataFrame:
    cohort = kept.cohort
    columns: dict[str, object] = {
        "image": keyed_hashes(key, cohort.table["image"]),
        "patient": keyed_hashes(key, cohort.table["patient"]),
        "split": kept.split,
        "part": np.full(len(cohort), kept.part, dtype=object),
    }
    for i, target in enumerate(cohort.spec.targets):
        columns[f"{TRUE}{target}"] = cohort.truth[:, i]
        if target in cohort.true_labels:
            columns[f"reported_{target}"] = cohort.targets[:, i]
        columns[f"logit_{target}"] = kept.outputs.logits[:, i]
    for attribute in (*cohort.attribute_groups, "age_group"):
        known = cohort.attribute(attribute)
        columns[attribute] = np.array([*known.groups, None], dtype=object)[known.codes]
    return pd.DataFrame(columns)
