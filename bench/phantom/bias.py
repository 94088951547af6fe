"""The dials that tie race to what is seen and said; what each is applied to stands beside its name."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Bias(BaseModel):
    """How race is tied to what is seen and said; 0 unties it.

    A phantom says by a subclass which group is disadvantaged, describes what it does differently and adds dials of its
    own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    #: :meth:`bench.phantom.Arrangement.latents`
    race_signal: float = Field(1.0, ge=0, le=3, description="strength of race in the image itself")
    #: :meth:`bench.phantom.Findings.present`
    prevalence: float = Field(
        0.075, ge=0, le=0.2, description="how far a race's prevalence of a finding lies from the others', by a table"
    )
    #: :meth:`bench.phantom.Findings.looks`
    presentation: float = Field(
        0.4, ge=0, le=2, description="how much less marked findings look in Black patients, in standard deviations"
    )
    #: :meth:`bench.phantom.Findings.reported`
    annotation: float = Field(
        0.2, ge=0, le=0.9, description="share of the findings of Black patients that their labels miss"
    )
    #: :func:`bench.phantom.elsewhere`
    acquisition: float = Field(
        0.1, ge=0, le=0.5, description="share of Black patients who are imaged at another site instead"
    )
    #: :func:`bench.phantom.mixed`
    sampling: float = Field(
        0.5, ge=0, le=1, description="from equal shares of the races (0) to those of a real cohort (1)"
    )
