"""Tune a method on a task."""

from bench.sweep.search import Sweep, choose, decodability, describe, macro_auroc, sweep

__all__ = ["Sweep", "choose", "decodability", "describe", "macro_auroc", "sweep"]
