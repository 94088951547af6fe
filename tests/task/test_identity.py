"""Which source files a phantom rests on, and when two images look the same."""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from bench.task import identity

FILES = {
    "__init__.py": "",
    "phantom.py": "import os\nfrom bench.task import Phantom\nfrom . import _shapes\nfrom .face import circle\n"
    "from torso._numbers import WIDTH\ndef render():\n    from torso import late\n",
    "_shapes.py": "from bench.phantom import below\n",
    "_numbers.py": "WIDTH = 3\n",
    "late.py": "",
    "reader.py": "",
    "face/__init__.py": "from torso.face._round import circle\nfrom torso.face._square import square\n",
    "face/_round.py": "def circle(): ...\n",
    "face/_square.py": "def square(): ...\n",
}


@pytest.fixture
def torso(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, ModuleType]]:
    folder = tmp_path / "torso"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    import torso.phantom  # type: ignore[import-not-found]

    yield folder, torso.phantom
    for name in [name for name in sys.modules if name.partition(".")[0] == "torso"]:
        del sys.modules[name]


def test_what_drawing_rests_on_counts_and_nothing_else(torso: tuple[Path, ModuleType]) -> None:
    folder, module = torso
    found = dict(line.split() for line in identity.sources([module.render]))
    own = {"phantom", "_shapes", "_numbers", "late", "face._round"}
    # Of the framework what phantoms share, and of that what is asked for.
    assert set(found) == {*own, "phantom.body"}
    assert found["_numbers"] == hashlib.sha256(FILES["_numbers.py"].encode()).hexdigest()
    before = identity.sources([module.render])
    (folder / "reader.py").write_text("# another\n")
    (folder / "face" / "_square.py").write_text("# another\n")
    assert identity.sources([module.render]) == before
    (folder / "face" / "_round.py").write_text("# another\n")
    assert identity.sources([module.render]) != before


def test_code_without_a_file_counts_for_nothing() -> None:
    made: dict[str, object] = {"__name__": "nowhere"}
    exec("def render(): ...", made)
    assert identity.sources([made["render"], len]) == []


def test_the_framework_is_no_part_of_a_phantom() -> None:
    assert identity.sources([identity.sources]) == []


@pytest.mark.parametrize("channels", [(), (3,)])
def test_looks_bear_a_grey_value_here_and_there_but_no_change(channels: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(40, 200, (3, 32, 32, *channels), dtype=np.uint8)
    nearly = pixels.copy()
    nearly[0, 5, 5] += 1
    assert identity.coarse(nearly) == identity.coarse(pixels)
    assert identity.coarse(pixels + np.uint8(9)) != identity.coarse(pixels)
    assert identity.coarse(pixels[::-1]) != identity.coarse(pixels)
    assert identity.coarse(pixels[:, ::-1]) != identity.coarse(pixels)
