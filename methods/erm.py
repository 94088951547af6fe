"""Empirical risk minimisation: the baseline every other method is read against."""

from bench.method import Method


class Erm(Method):
    """Plain training for the diagnosis, with no thought of race."""

    family = "baseline"
    year = 1991
    source = "Vapnik, Principles of Risk Minimization for Learning Theory, NeurIPS 1991"
