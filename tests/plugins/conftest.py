from __future__ import annotations

import sys

import pytest

from tests.plugins.gadgets import write

#: Begins the names of the modules that these tests make.
OWN = ("gadgets", "gadget_base", "kits", "stranger", "bench_plugin_")


@pytest.fixture(autouse=True)
def site(tmp_path, monkeypatch):
    """A folder on sys.path with a base class and two empty plugin packages; a cache of its own; all forgotten after."""
    before = set(sys.modules)
    site = tmp_path / "site"
    write(site / "gadget_base.py", "class Gadget:\n    '''The base.'''\n")
    write(site / "gadgets/__init__.py", "")
    write(site / "kits/__init__.py", "")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("BENCH_CACHE_DIR", str(tmp_path / "cache"))
    yield site
    for name in set(sys.modules) - before:
        if name.startswith(OWN):
            del sys.modules[name]
