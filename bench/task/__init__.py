"""What a task author implements: a Task with its data sets, and the Cohort that every later step walks on."""

from bench.task.cohort import MIN_GROUP_PATIENTS, SPLITS, TRUE, Attribute, Cohort
from bench.task.confounders import Confounder
from bench.task.datasets import MAX_UNREADABLE, Dataset, Draw, Phantom, Reading, Twin, VectorFile, require_root
from bench.task.task import Options, Task, TaskSpec

__all__ = [
    "MAX_UNREADABLE",
    "MIN_GROUP_PATIENTS",
    "SPLITS",
    "TRUE",
    "Attribute",
    "Cohort",
    "Confounder",
    "Dataset",
    "Draw",
    "Options",
    "Phantom",
    "Reading",
    "Task",
    "TaskSpec",
    "Twin",
    "VectorFile",
    "require_root",
]
