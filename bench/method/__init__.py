"""What a method author implements."""

from bench.families import FAMILIES
from bench.method.auxiliary import Auxiliary
from bench.method.averaging import WeightAverage
from bench.method.batch import Augmentation, Batch, Encoded, TrainingSet
from bench.method.closure import Closure
from bench.method.files import load_weights, read_tensors
from bench.method.hyperparameters import file, tunable
from bench.method.losses import bce_elements, masked_bce
from bench.method.method import Method
from bench.method.sampling import balanced_batches
from bench.task import TaskSpec

__all__ = [
    "FAMILIES",
    "Augmentation",
    "Auxiliary",
    "Batch",
    "Closure",
    "Encoded",
    "Method",
    "TaskSpec",
    "TrainingSet",
    "WeightAverage",
    "balanced_batches",
    "bce_elements",
    "file",
    "load_weights",
    "masked_bce",
    "read_tensors",
    "tunable",
]
