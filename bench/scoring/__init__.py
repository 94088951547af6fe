"""What a network computed, into scores."""

from bench.scoring.scorer import (
    VERSION,
    Computed,
    Scored,
    choose_thresholds,
    resample_thresholds,
    score,
    score_conditions,
    score_to_choose,
    score_trial,
)

__all__ = [
    "VERSION",
    "Computed",
    "Scored",
    "choose_thresholds",
    "resample_thresholds",
    "score",
    "score_conditions",
    "score_to_choose",
    "score_trial",
]
