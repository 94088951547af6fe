"""Version 2: two linear probes and five nonlinear ones, put together over all layers of a network."""

from __future__ import annotations

from bench.scoring.decodability.probes.fourier import Fourier
from bench.scoring.decodability.probes.logistic import Logistic
from bench.scoring.decodability.probes.neighbours import Neighbours
from bench.scoring.decodability.probes.perceptron import Perceptron
from bench.scoring.decodability.probes.quadratic import Quadratic
from bench.scoring.decodability.probes.ridge import Ridge
from bench.scoring.decodability.probes.trees import Trees
from bench.scoring.decodability.suite import Folds, Permutations, Sight, Suite, Systems

V2 = Suite(
    version=2,
    probes=(Ridge, Logistic, Quadratic, Fourier, Neighbours, Trees, Perceptron),
    # Test parts are quarters, and a fifth of the rest selects: fit 60, select 15, test 25 in a hundred.
    folds=Folds(count=5, test=4, select=5),
    systems=Systems(principal=64, leading=8, reduced=32, sought=64, few=4, prior=0.2),
    # Every third decade of the ridge path: the null need not be read at each half-decade.
    permutations=Permutations(count=200, draws=50, penalties=tuple(Ridge.penalties[::6])),
    sight=Sight(
        strengths=tuple(strength / 40 for strength in range(22, 33)),  # .55, .575, … .80
        percentiles=(1, 50, 99),
        readers=(("linear", Ridge), ("quadratic", Quadratic)),
        share=0.8,
        plantings=24,
        # From null and planted features alone: see docs/decodability.md.
        asked=(("linear", 0.60), ("quadratic", 0.65)),
    ),
    depths=(0.01, 0.03, 0.1, 0.3, 1.0),
    leak=3.5,  # one in two thousand
    margins=(0.02, 0.03, 0.05),
    power=0.8,
    insufficient=0.02,
    ill_conditioned=1e7,
    nonlinear_gap=0.03,
    above=0.02,
)
