"""What a source says without importing it: faults in sight, and the hash."""

from __future__ import annotations

from textwrap import dedent

import pytest

from bench.errors import BenchError
from bench.plugins import source_hash
from tests.plugins.gadgets import (
    BROKEN_IN_SIGHT,
    GADGETS,
    GOOD,
    KITS,
    distribution,
    listed,
    write,
)


def test_faults_in_sight_are_told_with_the_listing(site):
    for name, (text, _) in BROKEN_IN_SIGHT.items():
        write(site / f"gadgets/{name}.py", text)
    for name, (_, expected) in BROKEN_IN_SIGHT.items():
        assert listed(GADGETS, name).error.startswith("cannot be imported: ")
        assert expected in listed(GADGETS, name).error


def test_guarded_imports_are_no_fault(site):
    guarded = "try:\n    import no_such_package\nexcept ImportError:\n    pass\ndef f():\n    import no_such_package\n"
    write(site / "gadgets/spanner.py", guarded + dedent(GOOD))
    assert listed(GADGETS, "spanner").error is None
    assert GADGETS.get("spanner").load()


def test_source_hash_follows_the_plugins_own_files(site):
    write(site / "gadgets/spanner.py", GOOD)
    write(site / "kits/garden/__init__.py", GOOD)
    write(site / "kits/garden/_parts/deep.py", "x = 1\n")
    spanner, garden = GADGETS.get("spanner"), KITS.get("garden")
    before = source_hash(spanner), source_hash(garden)
    assert before == (source_hash(spanner), source_hash(garden))
    write(site / "gadgets/wrench.py", GOOD)
    write(site / "kits/garden/notes.txt", "not source")
    assert before == (source_hash(spanner), source_hash(garden))
    write(site / "gadgets/spanner.py", GOOD + "# changed")
    (site / "kits/garden/_parts/deep.py").rename(site / "kits/garden/_parts/renamed.py")
    assert source_hash(spanner) != before[0]
    assert source_hash(garden) != before[1]


def test_source_hash_without_source(site):
    distribution(site, "one", "[test.gadgets]\nmine = nowhere.tools\n")
    with pytest.raises(BenchError, match="has no Python source"):
        source_hash(listed(GADGETS, "mine"))
