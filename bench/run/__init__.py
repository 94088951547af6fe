"""A run, from its configuration to its record."""

from bench.run.execution import Outcome, done, make_folder, run, write_config
from bench.run.planning import Run, plan

__all__ = ["Outcome", "Run", "done", "make_folder", "plan", "run", "write_config"]
