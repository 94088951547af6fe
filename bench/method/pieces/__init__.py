"""What several methods are made of: groups and strata, distances, rates, mixing, adversaries."""

from bench.method.pieces.adversaries import mlp, race_loss
from bench.method.pieces.dependence import distance_correlation, hsic, unbiased_product
from bench.method.pieces.distances import (
    coral,
    gaussian_kernel,
    mmd,
    pairwise_cosines,
    pairwise_distances,
    standardised,
)
from bench.method.pieces.groups import group_codes, group_means, label_counts, mean_where, members, strata
from bench.method.pieces.mixing import mixed_bce, partners
from bench.method.pieces.penalised import Penalised, Warmed
from bench.method.pieces.rates import RATES, Rates, rates

__all__ = [
    "RATES",
    "Penalised",
    "Rates",
    "Warmed",
    "coral",
    "distance_correlation",
    "gaussian_kernel",
    "group_codes",
    "group_means",
    "hsic",
    "label_counts",
    "mean_where",
    "members",
    "mixed_bce",
    "mlp",
    "mmd",
    "pairwise_cosines",
    "pairwise_distances",
    "partners",
    "race_loss",
    "rates",
    "standardised",
    "strata",
    "unbiased_product",
]
