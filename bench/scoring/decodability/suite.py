"""The fixed suite of readers. A stronger one is a new entry here and a new version, whose numbers stand apart."""

from __future__ import annotations

from bench.scoring.decodability.probes.fourier import Fourier
from bench.scoring.decodability.probes.logistic import Logistic
from bench.scoring.decodability.probes.neighbours import Neighbours
from bench.scoring.decodability.probes.perceptron import Perceptron
from bench.scoring.decodability.probes.probe import Probe
from bench.scoring.decodability.probes.quadratic import Quadratic
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.decodability.probes.trees import Trees

#: Results of different versions never share a table. Version 1: two linear probes and five nonlinear ones.
SUITE_VERSION = 1
SUITE: tuple[type[Probe], ...] = (Ridge, Logistic, Quadratic, Fourier, Neighbours, Trees, Perceptron)
