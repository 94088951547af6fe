"""Tune a method on a task."""

from bench.sweep.rule import choose, decodability, macro_auroc
from bench.sweep.search import Sweep, sweep
from bench.sweep.study import describe

__all__ = ["Sweep", "choose", "decodability", "describe", "macro_auroc", "sweep"]
