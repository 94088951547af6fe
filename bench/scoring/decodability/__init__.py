"""Residual decodability: how well a suite of fresh probes still reads a patient's group from a network's features."""

from bench.scoring.decodability.decoding import decode
from bench.scoring.decodability.result import Decodability
from bench.scoring.decodability.suite import Suite

__all__ = ["Decodability", "Suite", "decode"]
