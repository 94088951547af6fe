"""Plugins by folder, entry point and path; duplicates, broken ones, laziness, remembered errors."""

import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from textwrap import dedent

import pytest

from bench.errors import BenchError
from bench.plugins.registry import METHODS, TASKS, Registry, check, datasets, source_hash
from tests.places import ROOT

OWN = ("gadgets", "gadget_base", "kits", "stranger", "bench_plugin_")
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


# -- three ways in ---------------------------------------------------------------------------------------------------


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


# -- names -----------------------------------------------------------------------------------------------------------


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


# -- broken plugins --------------------------------------------------------------------------------------------------

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


# -- check, and what is remembered -----------------------------------------------------------------------------------


def test_check_imports_elsewhere_and_the_listing_remembers(site):
    for name, (text, _) in BROKEN_ON_IMPORT.items():
        write(site / f"gadgets/{name}.py", text)
    write(site / "gadgets/spanner.py", "print('noise')\n" + dedent(GOOD))
    write(site / "gadgets/dies.py", "import os\nos._exit(0)\n")
    write(site / "gadgets/zebra.py", GOOD)
    assert all(entry.error is None for entry in GADGETS.entries())
    entries = GADGETS.entries()
    checked = check(entries)
    assert [(entry.name, entry.origin) for entry in checked] == [(entry.name, entry.origin) for entry in entries]
    errors = {entry.name: entry.error for entry in checked}
    assert errors.pop("spanner") is errors.pop("zebra") is None
    assert errors["dies"] == "cannot be imported: it ended Python with exit code 0"
    assert errors["raises"] == "cannot be imported: ValueError: too bad, line 2"
    assert errors["two"].endswith("it defines A and B")
    assert not {name for name in sys.modules if name.startswith("gadgets")}
    assert {entry.name: entry.error for entry in GADGETS.entries() if entry.error} == errors


def test_check_keeps_a_duplicates_error_and_imports_neither(site):
    write(site / "gadgets/spanner.py", "import os\nos._exit(1)\n")
    distribution(site, "one", "[test.gadgets]\nspanner = gadgets.spanner\n")
    assert check(GADGETS.entries()) == GADGETS.entries()


def test_check_of_data_sets_of_a_task_given_by_path(tmp_path):
    write_task(tmp_path / "mine/knee")
    write(tmp_path / "mine/knee/broken.py", "DATASET = 1 / 0\n")
    errors = {entry.name: entry.error for entry in check(datasets(TASKS.get(str(tmp_path / "mine/knee"))).entries())}
    assert errors == {"broken": "cannot be imported: ZeroDivisionError: division by zero, line 1", "scans": None}


def test_failure_is_remembered_until_the_file_changes(site):
    source = write(site / "gadgets/spanner.py", "1 / 0\n")
    assert listed(GADGETS, "spanner").error is None
    with pytest.raises(BenchError, match="ZeroDivisionError"):
        GADGETS.get("spanner").load()
    assert "ZeroDivisionError" in listed(GADGETS, "spanner").error
    write(source, GOOD)
    assert listed(GADGETS, "spanner").error is None


def test_success_is_remembered_too(site):
    write(site / "gadgets/spanner.py", "from gadget_base import Gadget\nfrom stranger import x\n" + dedent(GOOD))
    write(site / "stranger.py", "1 / 0\n")
    with pytest.raises(BenchError, match="division by zero, line 2"):
        GADGETS.get("spanner").load()
    write(site / "stranger.py", "x = 'mended elsewhere'\n")
    assert listed(GADGETS, "spanner").error is not None
    GADGETS.get("spanner").load()
    assert listed(GADGETS, "spanner").error is None


def test_failure_is_forgotten_when_something_was_installed(site, tmp_path, monkeypatch):
    packages = tmp_path / "site-packages"
    packages.mkdir()
    monkeypatch.setattr("bench.plugins.memory.sysconfig.get_path", lambda name: str(packages))
    write(site / "gadgets/spanner.py", "1 / 0\n")
    with pytest.raises(BenchError):
        GADGETS.get("spanner").load()
    assert listed(GADGETS, "spanner").error is not None
    os.utime(packages, (1, 1))
    assert listed(GADGETS, "spanner").error is None


@pytest.mark.parametrize("content", ["", "[]", '{"a": 1}', '{"a": [1, 2, 3]}', "null", "\udcff"])
def test_memory_that_is_not_ours_is_ignored_and_replaced(site, tmp_path, content):
    memory = tmp_path / "cache/plugin_errors.json"
    memory.parent.mkdir()
    memory.write_bytes(content.encode(errors="surrogateescape"))
    write(site / "gadgets/spanner.py", "1 / 0\n")
    assert listed(GADGETS, "spanner").error is None
    with pytest.raises(BenchError):
        GADGETS.get("spanner").load()
    assert len(json.loads(memory.read_text())) == 1
    assert [path.name for path in memory.parent.iterdir()] == ["plugin_errors.json"]


def test_memory_that_cannot_be_written_is_no_failure(site, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    write(site / "gadgets/spanner.py", "1 / 0\n")
    with pytest.raises(BenchError, match="ZeroDivisionError"):
        GADGETS.get("spanner").load()
    assert listed(GADGETS, "spanner").error is None


# -- source hash -----------------------------------------------------------------------------------------------------


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


# -- the project's own registries ------------------------------------------------------------------------------------


def write_task(folder: Path) -> None:
    write(folder / "__init__.py", "from bench.task import Task\nclass Knee(Task):\n    '''Moles.'''\n")
    write(folder / "_parts.py", "1 / 0\n")
    scans = (
        "from bench.task import Dataset\nfrom . import Knee\nDATASET = Dataset('scans', 'From a scanner.', read=len)\n"
    )
    write(folder / "scans.py", f"'''Scans.'''\n{scans}")


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
