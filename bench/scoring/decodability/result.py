"""What the suite reports, as one record."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from bench.scoring.decodability.controls.sight import Limit
from bench.scoring.decodability.removal import Removal
from bench.statistics.bootstrap import Interval


@dataclass(frozen=True)
class ProbeReading:
    """One probe's macro one-vs-one AUROC on test patients, of one ``layer``.

    ``upper``: one-sided 95% upper bound; ``selected``: its mean over splits on the select parts; ``weight``: its share
    in what is read by all together, mean over splits; ``settings``: coordinates and setting chosen in each split.
    """

    layer: str
    name: str
    linear: bool
    one_vs_one: Interval
    upper: float
    selected: float
    weight: float
    settings: tuple[str, ...]


@dataclass(frozen=True)
class Null:
    """The ridge probe's AUROC with groups permuted over patients, or drawn given C: mean and percentiles.

    ``low`` and ``high`` are its 2.5th and 97.5th percentile, ``percentile_95`` what a signal must exceed.
    """

    mean: float
    percentile_95: float
    low: float
    high: float
    permutations: int


@dataclass(frozen=True)
class Control:
    """What the suite read of something that is worth nothing, and whether it read something there."""

    one_vs_one: Interval
    failed: bool


@dataclass(frozen=True)
class Given:
    """Decodability given C, under overlap weights; ``columns`` names C.

    By pair of groups: ``effective``, Kish's effective number of images as a share of the pair's, and ``kept``, the
    share of the weight that is left of what the pair would have if C told nothing of it. ``propensity``: AUROC with
    which C alone tells the groups apart. ``lacking``: levels in which a group does not occur, with their share of all
    images. ``influence`` (P,) are influence values of ``one_vs_one``, of the patients of the reading.
    """

    columns: tuple[str, ...]
    one_vs_one: Interval
    effective: tuple[tuple[str, float], ...]
    kept: tuple[tuple[str, float], ...]
    propensity: Interval
    lacking: tuple[tuple[str, float], ...]
    influence: np.ndarray = field(compare=False, repr=False)


@dataclass(frozen=True)
class Decodability:
    """How well the group can be read from a layer, or from all layers of a network, by all probes together.

    AUROCs are of test patients, means over splits, with 95% intervals clustered by patient. Tuples by group are in the
    order of ``groups``; a group without images has the value None. ``probes`` are those of all layers that were read
    together, ``probe`` the one that weighs most; ``linear`` and ``nonlinear`` are what those of either kind read
    together; ``given_diagnosis`` and ``given_known`` are what is read given the diagnosis and given all that is known,
    None where there is no such C; ``information`` and ``information_given`` are V-information in bits per image,
    without C and given the diagnosis; ``depth`` pairs σ with D(σ); ``limits`` are the weakest signals that would be
    seen. What was not asked for is None or empty. ``rank``, ``effective_rank`` and ``condition_number`` describe a
    layer's covariance, means over splits; None of a network. ``influence`` (P,) are the influence values of the
    headline of the patients ``patient_codes``.
    """

    layer: str
    suite_version: int
    groups: tuple[str, ...]
    group_images: tuple[int, ...]
    group_patients: tuple[int, ...]
    probe: str
    one_vs_one: Interval
    one_vs_rest: tuple[Interval, ...]
    worst_pair: tuple[str, Interval]
    hand_till: Interval
    linear: Interval
    nonlinear: Interval | None
    probes: tuple[ProbeReading, ...]
    given_diagnosis: Given | None
    given_known: Given | None
    information: Interval | None
    information_given: Interval | None
    depth: tuple[tuple[float, Interval], ...]
    null: Null | None
    null_given: Null | None
    random_label: Control | None
    limits: tuple[Limit, ...]
    removal: tuple[Removal, ...]
    rank: float | None
    effective_rank: float | None
    condition_number: float | None
    flags: tuple[str, ...]
    # Arrays have no == of their own.
    patient_codes: np.ndarray = field(compare=False, repr=False)
    influence: np.ndarray = field(compare=False, repr=False)

    @property
    def images(self) -> int:
        """Images with a known group."""
        return sum(self.group_images)

    @property
    def patients(self) -> int:
        """Patients with a known group."""
        return sum(self.group_patients)
