"""Importing a plugin, and what is said of one that is broken."""

from __future__ import annotations

import sys

import pytest

from bench.errors import BenchError
from tests.plugins.gadgets import (
    BROKEN_IN_SIGHT,
    BROKEN_ON_IMPORT,
    GADGETS,
    GOOD,
    KITS,
    listed,
    write,
)


@pytest.mark.parametrize("name", [*BROKEN_IN_SIGHT, *BROKEN_ON_IMPORT])
def test_broken_plugin_is_listed_and_fails_alone(site, name):
    text, expected = (BROKEN_IN_SIGHT | BROKEN_ON_IMPORT)[name]
    source = write(site / f"gadgets/{name}.py", text)
    write(site / "gadgets/spanner.py", GOOD)
    assert [entry.name for entry in GADGETS.entries()] == sorted([name, "spanner"])
    assert (listed(GADGETS, name).error is None) == (name in BROKEN_ON_IMPORT)
    with pytest.raises(BenchError, match=expected) as caught:
        GADGETS.get(name).load()
    assert str(caught.value).startswith(f"Gadget {name!r} ({source}) ")
    assert "\n" not in str(caught.value)
    assert f"gadgets.{name}" not in sys.modules or name in ("not_one", "only_base", "two")
    assert GADGETS.get("spanner").load()


@pytest.mark.parametrize("name", ["syntax", "missing", "raises", "leaves", "only_base"])
def test_broken_plugin_given_by_path(tmp_path, name):
    text, expected = (BROKEN_IN_SIGHT | BROKEN_ON_IMPORT)[name]
    source = write(tmp_path / f"mine/{name}.py", text)
    for _ in range(2):  # nothing half-imported stays behind
        with pytest.raises(BenchError, match=expected) as caught:
            GADGETS.get(str(source)).load()
        assert str(caught.value).startswith(f"Gadget {name!r} ({source}) ")


def test_of_several_classes_the_one_named_like_the_file(site):
    two = (
        "from gadget_base import Gadget\nclass _Shared(Gadget): ...\nclass GroupDRO(_Shared):\n    '''Worst first.'''\n"
    )
    write(site / "gadgets/group_dro.py", two)
    write(site / "gadgets/borrower.py", "from gadgets.group_dro import GroupDRO\nclass Own(GroupDRO): ...\n")
    assert listed(GADGETS, "group_dro").summary == "Worst first."
    assert GADGETS.get("group_dro").load().__name__ == "GroupDRO"
    assert GADGETS.get("borrower").load().__name__ == "Own"


def test_keyboard_interrupt_is_not_a_broken_plugin(site):
    write(site / "gadgets/stopped.py", "raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        GADGETS.get("stopped").load()


def test_error_names_the_line_in_the_file_of_a_folder(site):
    write(site / "kits/garden/__init__.py", "from kits.garden._parts import x\n")
    write(site / "kits/garden/_parts.py", "x = 1\n1 / 0\n")
    with pytest.raises(BenchError, match=r"ZeroDivisionError: division by zero, line 2 of _parts.py"):
        KITS.get("garden").load()
