"""From a data set's table to a cohort: checked, split by patient, counted."""

from bench.data.cohorts.building import build, drop

__all__ = ["build", "drop"]
