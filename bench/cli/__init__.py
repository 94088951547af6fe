"""The command line."""

from bench.cli.commands import main

__all__ = ["main"]
