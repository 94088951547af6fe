"""Fit one method on one task, and read a trained network out."""

from bench.training.devices import precision, require, threads
from bench.training.fitting import fit
from bench.training.given import check_attributes, check_held_out
from bench.training.prediction import predict
from bench.training.weights import INFO, WEIGHTS, build, load, save, trained

__all__ = [
    "INFO",
    "WEIGHTS",
    "build",
    "check_attributes",
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
