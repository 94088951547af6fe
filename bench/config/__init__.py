"""What a run is told: ``method=adversarial task=cxr method.strength=.5`` into a typed, validated RunConfig."""

from bench.config.composition import compose, scoring
from bench.config.description import describe
from bench.config.overrides import given, multirun
from bench.config.schema import (
    ExternalConfig,
    MethodConfig,
    RunConfig,
    ScoringConfig,
    SweepConfig,
    TaskConfig,
    TrainerConfig,
)

__all__ = [
    "ExternalConfig",
    "MethodConfig",
    "RunConfig",
    "ScoringConfig",
    "SweepConfig",
    "TaskConfig",
    "TrainerConfig",
    "compose",
    "describe",
    "given",
    "multirun",
    "scoring",
]
