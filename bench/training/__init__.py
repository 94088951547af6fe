"""Fit one method on one task, and read a trained network out."""

from bench.training.devices import device, precision, require, threads
from bench.training.fitting import fit
from bench.training.given import check_attributes, check_held_out
from bench.training.isolation import Predictor
from bench.training.prediction import measure, predict
from bench.training.readout import InProcess, Reader, copies
from bench.training.recipe import Recipe
from bench.training.weights import (
    INFO,
    WEIGHTS,
    build,
    load,
    load_channel,
    restore,
    save,
    save_channel,
    tensors,
    trained,
)

__all__ = [
    "INFO",
    "WEIGHTS",
    "InProcess",
    "Predictor",
    "Reader",
    "Recipe",
    "build",
    "check_attributes",
    "check_held_out",
    "copies",
    "device",
    "fit",
    "load",
    "load_channel",
    "measure",
    "precision",
    "predict",
    "require",
    "restore",
    "save",
    "save_channel",
    "tensors",
    "threads",
    "trained",
]
