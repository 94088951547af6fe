"""The suites that scores are made with, by version: a new one is a file and an entry."""

from collections.abc import Mapping

from bench.scoring.decodability.suite import Suite
from bench.scoring.suites.v2 import V2

SUITES: Mapping[int, Suite] = {V2.version: V2}
#: Versions that scores are no longer made with, and why. Files of theirs can be read, and stand apart.
RETIRED: Mapping[int, str] = {
    1: (
        "what it read given C was biased: it compared patients alike in their reported labels, which may hang on race"
        " themselves"
    ),
}

__all__ = ["RETIRED", "SUITES", "V2"]
