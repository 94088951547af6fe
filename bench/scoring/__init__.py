"""Outputs into scores."""

from bench.scoring.scorer import VERSION, choose_thresholds, score, score_test

__all__ = ["VERSION", "choose_thresholds", "score", "score_test"]
