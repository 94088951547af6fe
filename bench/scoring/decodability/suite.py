"""The fixed suite of readers. A stronger one is a new entry here and a new version, whose numbers stand apart."""

from __future__ import annotations

from bench.scoring.decodability.logistic import Logistic
from bench.scoring.decodability.probe import Probe
from bench.scoring.decodability.ridge import Ridge

#: Results of different versions never share a table. Version 0: two linear probes.
SUITE_VERSION = 0
SUITE: tuple[type[Probe], ...] = (Ridge, Logistic)
