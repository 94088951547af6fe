"""What a task author implements: a Task with its data sets, and the Cohort that every later step walks on."""

from bench.task.task import (
    MAX_UNREADABLE,
    MIN_GROUP_PATIENTS,
    SPLITS,
    TRUE,
    Attribute,
    Cohort,
    Dataset,
    Options,
    Reading,
    Task,
    TaskSpec,
    require_root,
)

__all__ = [
    "MAX_UNREADABLE",
    "MIN_GROUP_PATIENTS",
    "SPLITS",
    "TRUE",
    "Attribute",
    "Cohort",
    "Dataset",
    "Options",
    "Reading",
    "Task",
    "TaskSpec",
    "require_root",
]
