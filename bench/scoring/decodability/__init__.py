"""Residual decodability: how well a fixed suite of fresh probes reads a patient's group from a network's features."""

from bench.scoring.decodability.decoding import decode
from bench.scoring.decodability.result import Decodability
from bench.scoring.decodability.rows import scores
from bench.scoring.decodability.suite import SUITE, SUITE_VERSION

__all__ = ["SUITE", "SUITE_VERSION", "Decodability", "decode", "scores"]
