"""Plugins by folder, entry point and path; names and duplicates; the project's own."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from textwrap import dedent

import pytest

from bench.errors import BenchError
from bench.plugins import METHODS, TASKS, datasets
from tests.places import ROOT
from tests.plugins.gadgets import (
    GADGETS,
    GOOD,
    KITS,
    distribution,
    listed,
    write,
    write_task,
)


def test_file_dropped_into_the_folder(site):
    source = write(site / "gadgets/spanner.py", GOOD)
    write(site / "gadgets/_shared.py", "raise RuntimeError")
    assert [entry.name for entry in GADGETS.entries()] == ["spanner"]
    entry = listed(GADGETS, "spanner")
    assert (entry.kind, entry.origin, entry.summary, entry.error) == ("gadget", str(source), "Turns nuts.", None)
    assert "gadgets" not in sys.modules
    assert "gadget_base" not in sys.modules
    found = GADGETS.get("spanner").load()
    assert found.__name__ == "Spanner"
    assert found is GADGETS.get("spanner").load() is sys.modules["gadgets.spanner"].Spanner


def test_folder_dropped_into_a_package_of_folders(site):
    write(site / "kits/garden/__init__.py", GOOD)
    write(site / "kits/notes.py", GOOD)
    write(site / "kits/empty/readme.py", GOOD)
    write(site / "kits/__pycache__/__init__.py", GOOD)
    assert [entry.name for entry in KITS.entries()] == ["garden"]
    assert KITS.get("garden").origin == str(site / "kits/garden")
    assert KITS.get("garden").load().__module__ == "kits.garden"


@pytest.mark.parametrize(("value", "found"), [("stranger.deep.tools:Saw", "Saw"), ("stranger.deep.hammer", "Hammer")])
def test_entry_point(site, value, found):
    write(site / "stranger/__init__.py", "raise RuntimeError('imported while listing')")
    write(site / "stranger/deep/__init__.py", "")
    tools = (
        "from gadget_base import Gadget\nclass Saw(Gadget):\n    '''Cuts.'''\nclass Axe(Gadget):\n    '''Chops.'''\n"
    )
    write(site / "stranger/deep/tools.py", tools)
    write(site / "stranger/deep/hammer.py", "import gadget_base as g\nclass Hammer(g.Gadget):\n    '''Hits.'''\n")
    distribution(site, "stranger-tools", f"[test.gadgets]\nmine = {value}\n")
    entry = listed(GADGETS, "mine")
    assert entry.origin == f"stranger-tools: {value}"
    assert entry.summary == {"Saw": "Cuts.", "Hammer": "Hits."}[found]
    assert entry.error is None
    write(site / "stranger/__init__.py", "")
    assert GADGETS.get("mine").load().__name__ == found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("nowhere.tools:Saw", "No module named 'nowhere'"),
        ("stranger.gone", "No module named 'stranger.gone'"),
        ("stranger:Saw", "names 'Saw', which must be a subclass of gadget_base.Gadget in stranger"),
        ("stranger:Path", "names 'Path', which must be a subclass of gadget_base.Gadget in stranger"),
    ],
)
def test_entry_point_that_leads_nowhere_spoils_no_other(site, value, expected):
    write(site / "stranger/__init__.py", "from pathlib import Path")
    write(site / "gadgets/spanner.py", GOOD)
    distribution(site, "stranger-tools", f"[test.gadgets]\nmine = {value}\n")
    with pytest.raises(BenchError) as caught:
        GADGETS.get("mine").load()
    assert str(caught.value).startswith(f"Gadget 'mine' (stranger-tools: {value}) ")
    assert expected in str(caught.value)
    assert listed(GADGETS, "mine").error is not None
    assert GADGETS.get("spanner").load().__name__ == "Spanner"


def pip_install(project: Path, target: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-build-isolation"]
    done = subprocess.run([*pip, "--target", target, project], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


DRILL = dedent(GOOD).replace("Spanner", "Drill").replace("Turns nuts", "Drills")


@pytest.mark.parametrize("backend", ["wheel", "setuptools.build_meta", "hatchling.build"])
@pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="this environment has no pip")
def test_package_really_installed_by_pip(tmp_path, monkeypatch, backend):
    if backend == "wheel":  # needs nothing but pip
        project = tmp_path / "stranger-1.0-py3-none-any.whl"
        with zipfile.ZipFile(project, "w") as wheel:
            wheel.writestr("stranger/__init__.py", "")
            wheel.writestr("stranger/drill.py", DRILL)
            info = "stranger-1.0.dist-info"
            wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/entry_points.txt", "[test.gadgets]\ndrill = stranger.drill:Drill\n")
            wheel.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in [*wheel.namelist(), f"{info}/RECORD"]))
    else:
        tool = backend.partition(".")[0]
        if importlib.util.find_spec(tool) is None:
            pytest.skip(f"{tool} is not installed, and the tests download nothing")
        project = tmp_path / "project"
        pyproject = f"""
            [build-system]
            requires = ["{tool}"]
            build-backend = "{backend}"
            [project]
            name = "stranger"
            version = "1.0"
            [project.entry-points."test.gadgets"]
            drill = "stranger.drill:Drill"
        """
        write(project / "pyproject.toml", pyproject)
        write(project / "stranger/__init__.py", "")
        write(project / "stranger/drill.py", DRILL)
    pip_install(project, tmp_path / "installed")
    monkeypatch.syspath_prepend(str(tmp_path / "installed"))
    entry = listed(GADGETS, "drill")
    assert (entry.origin, entry.summary, entry.error) == ("stranger: stranger.drill:Drill", "Drills.", None)
    assert GADGETS.get("drill").load().__module__ == "stranger.drill"


def test_path_to_a_file(tmp_path, monkeypatch):
    source = write(tmp_path / "mine/spanner.py", GOOD)
    monkeypatch.chdir(tmp_path / "mine")
    entry = GADGETS.get("./spanner.py")
    assert (entry.name, entry.origin, entry.summary) == ("spanner", str(source), "Turns nuts.")
    found = entry.load()
    assert found is GADGETS.get(str(source)).load() is GADGETS.get("spanner.py").load()
    assert found.__module__.startswith("bench_plugin_spanner_")
    assert sys.modules[found.__module__].Spanner is found
    other = write(tmp_path / "yours/spanner.py", GOOD)
    assert GADGETS.get(str(other)).load() is not found


def test_path_to_a_folder_with_relative_imports(tmp_path):
    write(tmp_path / "mine/shed/_parts.py", "SIZE = 3\n")
    write(tmp_path / "mine/shed/__init__.py", GOOD + "    from ._parts import SIZE\n")
    found = KITS.get(str(tmp_path / "mine/shed")).load()
    assert sys.modules[found.__module__].SIZE == 3


def test_path_to_a_listed_plugin_is_that_plugin(site):
    source = write(site / "gadgets/spanner.py", GOOD)
    assert GADGETS.get(str(source)) == GADGETS.get("spanner")


@pytest.mark.parametrize(
    ("registry", "path", "expected"),
    [
        (GADGETS, "./absent.py", "There is no absent.py"),
        (GADGETS, "./folder", "a gadget is one .py file"),
        (GADGETS, "./notes.txt", "a gadget is one .py file"),
        (GADGETS, "./my-gadget.py", "letters, digits and underscores"),
        (GADGETS, "./my.gadget.py", "letters, digits and underscores"),
        (KITS, "./fine.py", "a kit is a folder with an __init__.py"),
        (KITS, "./folder", "a kit is a folder with an __init__.py"),
    ],
)
def test_path_that_cannot_be_a_plugin(tmp_path, monkeypatch, registry, path, expected):
    (tmp_path / "folder").mkdir()
    for name in ("notes.txt", "my-gadget.py", "my.gadget.py", "fine.py"):
        write(tmp_path / name, GOOD)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BenchError, match=expected):
        registry.get(path)


def test_unknown_name_suggests_the_nearest(site):
    write(site / "gadgets/spanner.py", GOOD)
    with pytest.raises(BenchError, match=r"no gadget 'spaner'. Did you mean 'spanner'\? Available: spanner."):
        GADGETS.get("spaner")


def test_duplicates_name_both_places_and_leave_the_others_alone(site):
    source = write(site / "gadgets/spanner.py", GOOD)
    write(site / "gadgets/wrench.py", GOOD)
    write(site / "stranger.py", GOOD)
    distribution(site, "one", "[test.gadgets]\nspanner = stranger:Spanner\nvice = stranger\n")
    distribution(site, "two", "[test.gadgets]\nvice = stranger:Spanner\n")
    pairs = {"spanner": [str(source), "one: stranger:Spanner"], "vice": ["one: stranger", "two: stranger:Spanner"]}
    for name, origins in pairs.items():
        found = [entry for entry in GADGETS.entries() if entry.name == name]
        assert sorted(entry.origin for entry in found) == sorted(origins)
        for entry in found:
            assert next(origin for origin in origins if origin != entry.origin) in entry.error
            with pytest.raises(BenchError, match="rename all but one"):
                entry.load()
        with pytest.raises(BenchError) as caught:
            GADGETS.get(name)
        assert all(origin in str(caught.value) for origin in origins)
    assert GADGETS.get("wrench").load().__name__ == "Spanner"


def test_path_with_the_name_of_a_listed_plugin(site, tmp_path):
    listed_source = write(site / "gadgets/spanner.py", GOOD)
    own = write(tmp_path / "mine/spanner.py", GOOD)
    with pytest.raises(BenchError) as caught:
        GADGETS.get(str(own))
    assert str(own) in str(caught.value)
    assert str(listed_source) in str(caught.value)
    assert listed(GADGETS, "spanner").error is None


def test_data_sets_of_a_task(tmp_path):
    write_task(tmp_path / "mine/knee")
    write(tmp_path / "mine/knee/helper.py", "x = 1\n")
    write(tmp_path / "mine/knee/renamed.py", "from .scans import DATASET\nDATASET = DATASET\n")
    task = TASKS.get(str(tmp_path / "mine/knee"))
    found = {entry.name: entry for entry in datasets(task).entries()}
    assert list(found) == ["helper", "renamed", "scans"]
    assert (found["scans"].summary, found["scans"].error) == ("Scans.", None)
    assert "must end in DATASET" in found["helper"].error
    assert not {name for name in sys.modules if name.startswith("bench_plugin_knee")}
    loaded = datasets(task).get("scans").load()
    assert (loaded.name, loaded.summary) == ("scans", "From a scanner.")
    assert sys.modules[f"{task.module}.scans"].Knee is task.load()
    with pytest.raises(BenchError, match="must name its DATASET like its file, 'renamed'"):
        found["renamed"].load()
    with pytest.raises(BenchError, match="must end in DATASET"):
        found["helper"].load()
    with pytest.raises(BenchError, match=r"no data set of task 'knee' 'scan'. Did you mean 'scans'\?"):
        datasets(task).get("scan")


def test_listing_imports_nothing_heavy_and_no_plugin():
    code = """
        import sys
        from bench.plugins.registry import METHODS, TASKS, datasets
        names = [entry.name for entry in METHODS.entries()]
        sets = [entry.name for task in TASKS.entries() for entry in datasets(task).entries()]
        heavy = {"torch", "lightning", "pydantic", "numpy", "pandas", "bench.method", "bench.task"}
        heavy |= {"bench.builtin.methods", "bench.builtin.tasks", "methods", "tasks"}
        assert not heavy & set(sys.modules), heavy & set(sys.modules)
        print(len(names), len(sets))
    """
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", dedent(code)], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    methods, _ = done.stdout.split()
    assert int(methods) == len(list(ROOT.glob("methods/[!_]*.py"))) > 0


def test_built_in_plugins_are_listed_without_error():
    for registry, base in ((METHODS, "bench.method"), (TASKS, "bench.task")):
        for entry in registry.entries():
            assert entry.error is None, entry
            assert entry.summary, entry
            assert entry.base.startswith(base)
