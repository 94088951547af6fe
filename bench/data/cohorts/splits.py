"""Which patient is in which split: decided by the patient's id alone."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

#: Share of the patients in each split.
FRACTIONS: Mapping[str, float] = {"train": 0.55, "val": 0.15, "test": 0.30}


def assign(patients: pd.Series, fractions: Mapping[str, float] = FRACTIONS) -> pd.Series:
    """Each row's split, decided by the SHA-256 of its patient's id: the same on every machine, in any row order.

    A patient keeps the split when others come or go; there is no seed, so that no split can be picked for its result.

    Args:
        patients: ids, ``(N,)`` strings.
        fractions: share of the patients in each split, in the order in which the splits share out the hash's range.

    Returns:
        Names of the splits, ``(N,)``, with the index of ``patients``.

    Raises:
        ValueError: for fractions that do not add up to 1, or an id that is missing.
    """
    if not math.isclose(sum(fractions.values()), 1.0) or min(fractions.values()) < 0:
        raise ValueError(f"shares of the splits must add up to 1, got {dict(fractions)}")
    if patients.isna().any():
        raise ValueError("a row without a patient's id cannot be put into a split")
    names, upper = list(fractions), np.cumsum(list(fractions.values()))[:-1]
    of_patient = {
        patient: names[int(np.searchsorted(upper, _position(patient), side="right"))] for patient in patients.unique()
    }
    return patients.map(of_patient).rename("split")


def train_or_val(patients: pd.Series) -> pd.Series:
    """Each row's part, "train" or "val", of an official training set that names no validation patients of its own.

    Decided like :func:`assign`, with the shares that training and validation have to each other there.
    """
    train, val = FRACTIONS["train"], FRACTIONS["val"]
    return assign(patients, {"train": train / (train + val), "val": val / (train + val)})


def _position(patient: str) -> float:
    """A number in [0, 1) that looks uniform over patients."""
    return int.from_bytes(hashlib.sha256(patient.encode()).digest()[:8], "big") / 2**64
