"""Methods, tasks and data sets by name."""

from bench.plugins.registry import METHODS, TASKS, Datasets, Entry, Registry, check, datasets, source_hash

__all__ = ["METHODS", "TASKS", "Datasets", "Entry", "Registry", "check", "datasets", "source_hash"]
