"""What every method must do, whatever it is, and a program that tries it."""

from bench.conformance.checking import Finding, Report, examine
from bench.conformance.checks import CHECKS, Check, Fault

__all__ = ["CHECKS", "Check", "Fault", "Finding", "Report", "examine"]
