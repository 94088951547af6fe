"""The two halves of val: patients that a trained network may be finished on, and those that choices are made on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.task import MIN_GROUP_PATIENTS, Cohort

FITTING, CHOOSING = "fitting", "choosing"
#: Goes before a patient's id in the hash, so that the half has nothing to do with the split.
_KEY = "half of val: "


@dataclass(frozen=True)
class Halves:
    """The val patients of a cohort: ``fitting`` for :meth:`Method.finalize`, ``choosing`` for everything else.

    On ``choosing`` alone every method chooses its epoch and its thresholds, and is scored on val. ``fitting`` is empty
    where val is too small to be halved.
    """

    fitting: Cohort
    choosing: Cohort


def of(cohort: Cohort) -> Halves:
    """The halves of a cohort's val patients, by a hash of their ids: the same whoever else comes or goes.

    Both must hold what a split must hold to be scored: of every target both classes, and of every group that val has
    at least ``MIN_GROUP_PATIENTS`` patients. Where one does not, all of val is for choosing. That hangs on the cohort
    alone, so all methods that are compared choose on the same patients.
    """
    val = cohort.part("val")
    fits = val.table["patient"].map(_is_fitting).to_numpy(dtype=bool)
    halves = Halves(val.take(np.flatnonzero(fits)), val.take(np.flatnonzero(~fits)))
    if all(_holds_all(half.table, val) for half in (halves.fitting, halves.choosing)):
        return halves
    return Halves(val.take([]), val)


def _is_fitting(patient: str) -> bool:
    return hashlib.sha256(f"{_KEY}{patient}".encode()).digest()[0] < 128


def _holds_all(half: pd.DataFrame, val: Cohort) -> bool:
    protected = val.spec.protected
    patients = (
        half.groupby(protected)["patient"].nunique().reindex(val.table[protected].dropna().unique(), fill_value=0)
    )
    classes = half[list(val.spec.targets)].nunique()
    return bool((patients >= MIN_GROUP_PATIENTS).all() and (classes == 2).all())
