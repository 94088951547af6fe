"""What a network computes for the images of a cohort, and the two files that keep it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from bench.files import whole
from bench.records import keyed_hashes
from bench.task import TRUE, Cohort

PREDICTIONS = "predictions.parquet"
FEATURES = "features.npy"


@dataclass(frozen=True)
class Outputs:
    """``logits (N, T) float32`` and the ``features (N, D) float32`` that the diagnostic head reads, in cohort order.

    ``blocks``, "block 1" and on, are pooled features ``(N, C) float32`` of the encoder's blocks, where they were asked
    for and are known. Of a ``randomised`` network, which computes something else at every reading, all are averages.
    """

    logits: np.ndarray
    features: np.ndarray
    blocks: Mapping[str, np.ndarray] = field(default_factory=dict)
    randomised: bool = False

    @property
    def probabilities(self) -> np.ndarray:
        """Sigmoid of the logits, ``(N, T) float64``."""
        return 1.0 / (1.0 + np.exp(-self.logits.astype(np.float64)))


def write(outputs: Mapping[str, Outputs], cohort: Cohort, key: bytes, folder: Path) -> None:
    """Write ``predictions.parquet``, a row an image of the given splits, and ``features.npy``, the same rows.

    Columns: ``image`` and ``patient`` (keyed hashes), ``split``, each target's ``true_…`` and ``logit_…``, the
    attributes, ``age_group``. ``true_…`` is :attr:`Cohort.truth`, the label that test scores are made against. Where
    the data set tells truth and report apart, ``reported_…`` is what was trained on and the val scores are made
    against; elsewhere that is ``true_…`` and there is no such column. Exact ages and covariates stay out: together
    they could name a patient.
    """
    tables, features = [], []
    for split, found in outputs.items():
        part = cohort.part(split)
        columns: dict[str, object] = {
            "image": keyed_hashes(key, part.table["image"]),
            "patient": keyed_hashes(key, part.table["patient"]),
            "split": split,
        }
        for i, target in enumerate(cohort.spec.targets):
            columns[f"{TRUE}{target}"] = part.truth[:, i]
            if target in cohort.true_labels:
                columns[f"reported_{target}"] = part.targets[:, i]
            columns[f"logit_{target}"] = found.logits[:, i]
        for attribute in (*cohort.attribute_groups, "age_group"):
            known = part.attribute(attribute)
            columns[attribute] = np.array([*known.groups, None], dtype=object)[known.codes]
        tables.append(pd.DataFrame(columns))
        features.append(found.features)
    with whole(folder / PREDICTIONS) as partial:
        pd.concat(tables).to_parquet(partial, index=False)
    with whole(folder / FEATURES) as partial:
        np.save(partial, np.concatenate(features).astype(np.float32), allow_pickle=False)
