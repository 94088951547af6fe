"""What a method author implements."""

from bench.method.hyperparameters import tunable
from bench.method.method import Auxiliary, Batch, Method, TrainingSet, bce_elements, masked_bce
from bench.task import TaskSpec

__all__ = ["Auxiliary", "Batch", "Method", "TaskSpec", "TrainingSet", "bce_elements", "masked_bce", "tunable"]
