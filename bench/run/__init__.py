"""A run, from its configuration to its record."""

from bench.run.execution import Outcome, Run, done, make_folder, plan, run, write_config

__all__ = ["Outcome", "Run", "done", "make_folder", "plan", "run", "write_config"]
