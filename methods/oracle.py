"""Empirical risk minimisation where there is no race to see: the bound that no real data set can give."""

from bench.method import Method


class Oracle(Method):
    """ERM trained and tested on race-free twins: what the same network diagnoses when no pixel shows race.

    The labels stay the real cohort's, and with them whatever goes with race in them.
    """

    race_free = True
    reference = True
    family = "reference"
    year = 2017
    source = "ERM on the data set's counterfactual twins (Kusner et al., NeurIPS 2017)"
