"""The fixed suite of readers. A stronger one is a new entry here and a new version, whose numbers stand apart."""

from __future__ import annotations

from bench.scoring.decodability.fourier import Fourier
from bench.scoring.decodability.logistic import Logistic
from bench.scoring.decodability.neighbours import Neighbours
from bench.scoring.decodability.perceptron import Perceptron
from bench.scoring.decodability.probe import Probe
from bench.scoring.decodability.quadratic import Quadratic
from bench.scoring.decodability.ridge import Ridge
from bench.scoring.decodability.trees import Trees

#: Results of different versions never share a table. Version 1: two linear probes and five nonlinear ones.
SUITE_VERSION = 1
SUITE: tuple[type[Probe], ...] = (Ridge, Logistic, Quadratic, Fourier, Neighbours, Trees, Perceptron)
