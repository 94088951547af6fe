"""Fit one method on one task, and read a trained network out."""

from bench.training.devices import precision, require, threads
from bench.training.fitting import check_held_out, fit
from bench.training.prediction import predict
from bench.training.weights import INFO, WEIGHTS, build, load, save, trained

__all__ = [
    "INFO",
    "WEIGHTS",
    "build",
    "check_held_out",
    "fit",
    "load",
    "precision",
    "predict",
    "require",
    "save",
    "threads",
    "trained",
]
