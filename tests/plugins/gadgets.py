"""Plugins of a made-up kind, written where a test wants them."""

from __future__ import annotations

import importlib
from pathlib import Path
from textwrap import dedent

from bench.plugins import Registry

GADGETS = Registry("gadget", "gadgets", "test.gadgets", "gadget_base:Gadget")
KITS = Registry("kit", "kits", "test.kits", "gadget_base:Gadget", folders=True)

GOOD = '''
    """A module."""
    from gadget_base import Gadget

    class Spanner(Gadget):
        """Turns nuts.

        At length.
        """
'''

BROKEN_IN_SIGHT = {
    "syntax": ("x = 1\ndef f(:\n", "SyntaxError: invalid syntax, line 2"),
    "missing": ("import os\nimport no_such_package.sub\n", "No module named 'no_such_package', line 2"),
    "missing_from": ("from no_such_package.sub import x\n", "No module named 'no_such_package', line 1"),
    "null_byte": ("x = '\0'\n", "null bytes"),
}
BROKEN_ON_IMPORT = {
    "raises": ("def f():\n    raise ValueError('too\\nbad')\nf()\n", "cannot be imported: ValueError: too bad, line 2"),
    "leaves": ("import sys\nsys.exit(3)\n", "cannot be imported: SystemExit: 3, line 2"),
    "submodule": ("import os.no_such_part\n", "No module named 'os.no_such_part'; 'os' is not a package, line 1"),
    "refused": ("from bench.errors import BenchError\nraise BenchError('Be good.')\n", "imported: Be good, line 2"),
    "not_one": ("class Spanner: ...\n", "one class deriving from gadget_base.Gadget, or .* NotOne; it defines none"),
    "only_base": ("from gadget_base import Gadget\n", "it defines none"),
    "two": ("from gadget_base import Gadget\nclass A(Gadget): ...\nclass B(Gadget): ...\n", "Two; it defines A and B"),
}


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dedent(text).lstrip("\n"))
    importlib.invalidate_caches()
    return path


def distribution(site: Path, name: str, points: str) -> None:
    """What pip leaves behind of an installed package."""
    write(site / f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    write(site / f"{name}-1.0.dist-info/entry_points.txt", points)


def listed(registry: Registry, name: str):
    (entry,) = [entry for entry in registry.entries() if entry.name == name]
    return entry


def write_task(folder: Path) -> None:
    write(folder / "__init__.py", "from bench.task import Task\nclass Knee(Task):\n    '''Moles.'''\n")
    write(folder / "_parts.py", "1 / 0\n")
    scans = (
        "from bench.task import Dataset\nfrom . import Knee\nDATASET = Dataset('scans', 'From a scanner.', read=len)\n"
    )
    write(folder / "scans.py", f"'''Scans.'''\n{scans}")
