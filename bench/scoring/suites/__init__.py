"""The suites that scores are made with, by version: a new one is a file and an entry."""

from collections.abc import Mapping

from bench.scoring.decodability.suite import Suite
from bench.scoring.suites.v1 import V1

SUITES: Mapping[int, Suite] = {V1.version: V1}

__all__ = ["SUITES", "V1"]
