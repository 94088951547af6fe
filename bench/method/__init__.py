"""What a method author implements."""

from bench.method.auxiliary import Auxiliary
from bench.method.batch import Batch, TrainingSet
from bench.method.hyperparameters import tunable
from bench.method.losses import bce_elements, masked_bce
from bench.method.method import Method
from bench.task import TaskSpec

__all__ = ["Auxiliary", "Batch", "Method", "TaskSpec", "TrainingSet", "bce_elements", "masked_bce", "tunable"]
