"""What a suite is: the probes, and every number that decides what they see, are shown and may claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.scoring.decodability.probes.probe import Probe

Kind = Literal["linear", "quadratic"]


@dataclass(frozen=True)
class Folds:
    """How patients are divided: ``count`` times, one in ``test`` is tested, of the rest one in ``select`` selects."""

    count: int
    test: int
    select: int


@dataclass(frozen=True)
class Systems:
    """Coordinates that probes may ask for beside all whitened ones.

    ``principal`` and ``leading`` whitened principal components; ``reduced`` directions by SIR and SAVE, of which half
    are ``sought`` among the first so many components, and of which ``few`` of different spread are read alone; a
    group's covariance counts as if ``prior`` images a direction, of the covariance of all images, had been added.
    """

    principal: int
    leading: int
    reduced: int
    sought: int
    few: int
    prior: float


@dataclass(frozen=True)
class Permutations:
    """The null: ``count`` permutations, and ``draws`` from what C tells, read along the ridge ``penalties``."""

    count: int
    draws: int
    penalties: tuple[float, ...]


@dataclass(frozen=True)
class Sight:
    """The detection limit: the weakest signal of each kind that is seen in a ``share`` of plantings.

    ``strengths``, AUROCs, may be planted at ``percentiles`` of the directions of the spectrum, from the one of least
    variance; ``readers`` are who reads which kind; a limit is sought by so many ``plantings`` for each kind at each
    percentile. ``asked``: the highest limit of each kind, at the percentile where it is highest, that a claim of
    removal may rest on. Where a linear signal of the greatest strength would not be seen, a low D says nothing.
    """

    strengths: tuple[float, ...]
    percentiles: tuple[int, ...]
    readers: tuple[tuple[Kind, type[Probe]], ...]
    share: float
    plantings: int
    asked: tuple[tuple[Kind, float], ...]


@dataclass(frozen=True)
class Suite:
    """A way to read, as a whole. Readings of different versions never share a table.

    ``depths``: feature noise σ at which linear probes read again. ``leak``: standard errors off .5 at which a random
    label counts as read. ``margins`` δ of the claim "no probe reads the group better than .5 + δ" and the ``power``
    that it needs. ``insufficient``: macro
    AUROC that a fresh probe on the features may lack of the method's own. ``ill_conditioned``: condition number from
    which a reader that does not whiten is blind to the weakest directions; ``nonlinear_gap``: what nonlinear probes may
    read beyond linear ones before it is said; ``above``: what the outputs may read beyond the features.
    """

    version: int
    probes: tuple[type[Probe], ...]
    folds: Folds
    systems: Systems
    permutations: Permutations
    sight: Sight
    depths: tuple[float, ...]
    leak: float
    margins: tuple[float, ...]
    power: float
    insufficient: float
    ill_conditioned: float
    nonlinear_gap: float
    above: float

    @property
    def linear(self) -> tuple[type[Probe], ...]:
        """The linear probes: what a sweep reads with."""
        return tuple(probe for probe in self.probes if probe.linear)
