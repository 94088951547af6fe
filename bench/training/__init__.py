"""Fit one method on one task, and read a trained network out."""

from bench.training.fitting import INFO, WEIGHTS, build, fit, load, precision, predict, save, trained

__all__ = ["INFO", "WEIGHTS", "build", "fit", "load", "precision", "predict", "save", "trained"]
