"""What every method must do, whatever it is: the methods are found by listing the registry.

A file dropped into ``methods/`` is tried here by its name; what its paper claims is tested in a file of its own.
"""

from __future__ import annotations

import pytest

from bench.conformance import examine
from bench.method import Method
from bench.plugins.registry import METHODS, Entry


@pytest.fixture(params=METHODS.entries(), ids=lambda entry: entry.name)
def entry(request: pytest.FixtureRequest) -> Entry[type[Method]]:
    return request.param


def test_it_does_what_every_method_must(entry: Entry[type[Method]]) -> None:
    assert entry.error is None
    assert entry.summary
    cls = entry.load()
    report = examine(cls, files=entry.files)
    assert [(finding.check.title, finding.what) for finding in report.findings if not finding.holds] == []


def test_its_family_is_found_without_importing_it(entry: Entry[type[Method]]) -> None:
    """``bench list`` groups by what the source says."""
    assert entry.family == entry.load().family
