"""What a run is told: ``method=adversarial task=cxr method.strength=.5`` into a typed, validated RunConfig."""

from bench.config.composition import (
    ExternalConfig,
    MethodConfig,
    RunConfig,
    TaskConfig,
    TrainerConfig,
    compose,
    describe,
    given,
    multirun,
)

__all__ = [
    "ExternalConfig",
    "MethodConfig",
    "RunConfig",
    "TaskConfig",
    "TrainerConfig",
    "compose",
    "describe",
    "given",
    "multirun",
]
