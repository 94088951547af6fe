"""Try a method, and say what holds, what does not, and how to mend it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.conformance.checks import CHECKS, Check, Fault
from bench.conformance.subject import Subject, plain, subject
from bench.errors import BenchError, in_a_line
from bench.method import Method
from bench.plugins.entry import failure
from bench.records import Cost


@dataclass(frozen=True)
class Finding:
    """What came of a check: ``what`` does not hold and how to ``mend`` it, both empty where all does."""

    check: Check
    what: str = ""
    mend: str = ""
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether it holds."""
        return not self.what


@dataclass(frozen=True)
class Report:
    """All findings on a method; and where it could be trained, what that cost, beside plain training."""

    findings: tuple[Finding, ...]
    cost: Cost | None = None
    seconds: float = 0.0
    plain_seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether everything holds."""
        return all(finding.holds for finding in self.findings)


def examine(
    cls: type[Method],
    values: Mapping[str, Any] | None = None,
    files: Sequence[Path] = (),
    checks: Sequence[Check] = CHECKS,
    told: Callable[[Finding], None] = lambda finding: None,
) -> Report:
    """Try a method on a small cohort, check by check.

    Args:
        cls: the method.
        values: hyperparameters that are not to have their defaults.
        files: the plugin's own files, so that errors can name their lines.
        checks: which checks.
        told: is told each finding as it is made.

    Raises:
        BenchError: for hyperparameters that it does not take.
    """
    with tempfile.TemporaryDirectory() as folder:
        tried, findings = subject(cls, Path(folder), values), []
        plain(tried.folder)  # before the method is trained: whatever comes first takes longer
        for check in checks:
            began = time.monotonic()
            what, mend = _outcome(check, tried, list(files))
            findings.append(Finding(check, what, mend, time.monotonic() - began))
            told(findings[-1])
        try:
            own = tried.trained
        except Exception:  # a finding says so
            return Report(tuple(findings))
        return Report(tuple(findings), own.info.cost, own.seconds, plain(tried.folder).seconds)


def _outcome(check: Check, tried: Subject, files: list[Path]) -> tuple[str, str]:
    try:
        check.run(tried)
    except Fault as fault:
        return in_a_line(BenchError(fault.what)), fault.mend
    except KeyboardInterrupt:
        raise
    except BenchError as error:
        return in_a_line(error), "as it says"
    except Exception as error:
        return failure(error, files).removeprefix("cannot be imported: "), "see the line that it names"
    return "", ""
