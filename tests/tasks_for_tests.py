"""Ways to put another data set in the place of the phantom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bench.plugins import registry
from bench.task import Dataset


def replaced_dataset(monkeypatch: pytest.MonkeyPatch, change: Callable[[Dataset], Dataset]) -> None:
    """Let every data set that is loaded pass through ``change`` first."""
    load = registry.Entry.load

    def loaded(entry: Any) -> Any:
        found = load(entry)
        return change(found) if isinstance(found, Dataset) else found

    monkeypatch.setattr(registry.Entry, "load", loaded)
