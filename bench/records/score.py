"""One score: a number with its interval and everything it is about."""

from __future__ import annotations

from itertools import pairwise

from pydantic import BaseModel, ConfigDict, Field, model_validator

#: Mean over targets, as a score's ``target``.
MACRO = "macro"
#: Layers that every network has: what its diagnostic head reads, and its logits. An encoder's blocks are "block 1"
#: and on.
FEATURES, OUTPUTS = "features", "outputs"
#: The features as the framework stored them between encoder and head; and all layers that count, read together.
STORED, NETWORK = "features, stored", "network"
#: The reference that reads the true labels themselves: what a perfect diagnosis would show.
TRUE_LABELS = "true labels"
#: By how much a limit may lie on the wrong side of its value, as sums in another order have it.
_ROUNDING = 1e-9
#: What a metric is broken down by.
DIMENSIONS = ("target", "attribute", "group", "layer", "probe", "reference", "level")


def label(metric: str, **dimensions: str | float | None) -> str:
    """One stable name of a score: its metric, then the dimensions that it is broken down by, "auroc/target=macro"."""
    known = [(name, dimensions.get(name)) for name in DIMENSIONS]
    return "/".join([metric, *(f"{name}={value}" for name, value in known if value is not None)])


class Score(BaseModel):
    """One number with its 95% interval, clustered by patient, and everything it is about.

    ``value`` is None where it may not be guessed (group too small, one class only); ``note`` then says why. ``n``
    counts
    images (studies, where those are scored) and ``patients`` the patients they belong to. What it is a score of is said
    by ``metric`` and the seven dimensions ``target`` to ``level``, each None where the metric is not broken down by it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    metric: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = Field(ge=0)
    patients: int | None = Field(None, ge=0)
    #: A target's name, or "macro" for the mean over targets.
    target: str | None = None
    #: A grouping ("race", "sex", "age_group", "race x sex"); None: over all patients.
    attribute: str | None = None
    #: A group of the attribute, or a pair of them ("Asian → Black"); None with an attribute set: over its groups (worst
    #: group, gap, differences).
    group: str | None = None
    #: Where the protected attribute is read from: "features", "outputs", or a block of the encoder, "block 1" and on.
    layer: str | None = None
    #: The probe that a metric a probe is of.
    probe: str | None = None
    #: None for the method itself; "untrained" (same architecture), "leace", "permuted" and controls are reference rows.
    reference: str | None = None
    #: The setting of a dial: feature noise σ of a depth, margin δ of a removal claim.
    level: float | None = None
    #: The probe that was chosen to read it, where several could.
    read_by: str | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _is_within_its_limits(self) -> Score:
        """Whatever an interval is of, a worst group, a gap, the mean of permutations: it holds its value."""
        known = [number for number in (self.low, self.value, self.high) if number is not None]
        if any(one > other + _ROUNDING for one, other in pairwise(known)):
            raise ValueError(f"{self.label} is {self.value} with limits from {self.low} to {self.high}")
        return self

    @property
    def label(self) -> str:
        """Its name."""
        return label(self.metric, **{name: getattr(self, name) for name in DIMENSIONS})
