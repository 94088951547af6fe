"""The built-in plugins: found by where the package lies, in a checkout and installed, wherever the user stands."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from bench.plugins import METHODS, TASKS, datasets, source_hash
from tests.places import ROOT

LISTED = """
    import json
    from bench.plugins import METHODS, TASKS, datasets, source_hash
    found = [*METHODS.entries(), *TASKS.entries()]
    sets = [entry for task in TASKS.entries() for entry in datasets(task).entries()]
    assert not [entry for entry in [*found, *sets] if entry.error]
    print(json.dumps([{entry.name: source_hash(entry) for entry in entries} for entries in (found, sets)]))
"""


@pytest.fixture
def own_folder(tmp_path: Path) -> Path:
    """The folder of a user who has packages and modules of the same names."""
    folder = tmp_path / "mine"
    (folder / "methods").mkdir(parents=True)
    (folder / "methods" / "__init__.py").write_text("raise RuntimeError('somebody else')\n")
    (folder / "methods" / "mine.py").write_text("raise RuntimeError('somebody else')\n")
    (folder / "tasks.py").write_text("raise RuntimeError('somebody else')\n")
    return folder


def python(folder: Path, package: Path, *arguments: str) -> str:
    """What Python prints that stands in this folder and has the package from there."""
    env = {**os.environ, "PYTHONPATH": str(package), "COLUMNS": "200"}
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def here() -> list[dict[str, str]]:
    """Names and source hashes of what this checkout lists."""
    sets: list[Any] = [entry for task in TASKS.entries() for entry in datasets(task).entries()]
    return [
        {entry.name: source_hash(entry) for entry in entries}
        for entries in ([*METHODS.entries(), *TASKS.entries()], sets)
    ]


def test_a_plugin_has_a_name_that_no_other_package_has() -> None:
    method, task = METHODS.get("erm").load(), TASKS.get("cxr").load()
    assert method.__module__ == "bench.builtin.methods.erm"
    assert task.__module__ == "bench.builtin.tasks.cxr"
    assert Path(str(sys.modules[task.__module__].__file__)) == ROOT / "tasks" / "cxr" / "__init__.py"


def test_loading_plugins_adds_no_package_methods_or_tasks(tmp_path: Path) -> None:
    load = "from bench.plugins import METHODS, TASKS; METHODS.get('erm').load(), TASKS.get('cxr').load()"
    told = python(tmp_path, ROOT, "-c", f"{load}; import sys; print({{'methods', 'tasks'}} & set(sys.modules))")
    assert told.split() == ["set()"]


def test_a_users_own_methods_and_tasks_hide_nothing(own_folder: Path) -> None:
    assert json.loads(python(own_folder, ROOT, "-c", dedent(LISTED))) == here()
    printed = python(own_folder, ROOT, "-m", "bench", "list")
    assert "broken" not in printed
    assert {"erm", "adversarial", "cxr", "phantom", "chexpert"} <= {
        line.split()[0] for line in printed.splitlines() if line
    }


def test_a_users_own_methods_and_tasks_may_be_imported_beside_them(own_folder: Path) -> None:
    for file in (own_folder / "methods" / "__init__.py", own_folder / "tasks.py"):
        file.write_text("MINE = True\n")
    code = "import methods, tasks; from bench.config import compose; assert methods.MINE and tasks.MINE; compose([])"
    python(own_folder, ROOT, "-c", code)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel, and in ``editable`` the one of an editable install."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed, and the tests download nothing")
    folder = tmp_path_factory.mktemp("wheels")
    code = "import sys; from hatchling import build as b; b.build_wheel(sys.argv[1]); b.build_editable(sys.argv[2])"
    (folder / "editable").mkdir()
    subprocess.run([sys.executable, "-c", code, folder, folder / "editable"], cwd=ROOT, check=True, capture_output=True)
    return folder


def test_an_installed_package_holds_its_plugins(wheels: Path, own_folder: Path, tmp_path: Path) -> None:
    (wheel,) = wheels.glob("*.whl")
    site = tmp_path / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    assert sorted(path.name for path in site.iterdir() if not path.name.endswith(".dist-info")) == ["bench"]
    assert json.loads(python(own_folder, site, "-c", dedent(LISTED))) == here()
    place = python(own_folder, site, "-c", "from bench.plugins import METHODS; print(METHODS.get('erm').source)")
    assert Path(place.strip()) == site / "bench" / "builtin" / "methods" / "erm.py"


def test_an_editable_install_copies_nothing(wheels: Path) -> None:
    (wheel,) = (wheels / "editable").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
        (paths,) = [archive.read(name).decode().split() for name in names]
    assert paths == [str(ROOT)]
