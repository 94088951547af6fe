"""What a method author implements."""

from bench.method.auxiliary import Auxiliary
from bench.method.batch import Batch, Encoded, TrainingSet
from bench.method.hyperparameters import tunable
from bench.method.losses import bce_elements, masked_bce
from bench.method.method import Method
from bench.task import TaskSpec

__all__ = [
    "Auxiliary",
    "Batch",
    "Encoded",
    "Method",
    "TaskSpec",
    "TrainingSet",
    "bce_elements",
    "masked_bce",
    "tunable",
]
