"""The process that predicts: the same bits, nothing in it but pixels and weights, and gone when it must be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench import training
from bench.errors import BenchError
from bench.plugins.registry import METHODS
from bench.run import plan, run
from bench.run.planning import Run
from bench.training.channel import Channel
from tests.conftest import scored
from tests.run.conftest import config

PLUGIN = '''
import os, sys
import torch
from bench.errors import BenchError
from bench.method import Method


class Plugin(Method):
    """Does what its hyperparameters say."""

    uses_race = "test"

    def encode(self, images):
        print("a plugin may print")
        if self.spec.groups[0] == "noise":
            return self.backbone(images) + torch.randn(len(images), self.features_size)
        if self.spec.groups[0] == "own":
            raise BenchError("A paragraph for whoever reads it.")
        if self.spec.groups[0] == "value":
            raise ValueError("a wrong value")
        if self.spec.groups[0] == "key":
            {}["missing"]
        if self.spec.groups[0] == "exit":
            sys.exit(3)
        if self.spec.groups[0] == "kill":
            os.kill(os.getpid(), 9)
        return self.backbone(images)

    def classify(self, features, groups):
        return self.head(features) + groups[:, None].float()
'''


@pytest.fixture(scope="module")
def predictor() -> Iterator[training.Predictor]:
    with training.Predictor() as one:
        yield one


@pytest.fixture(scope="module")
def planned(tiny_runs: Path) -> Run:
    return plan(config(tiny_runs))


def recipe(planned: Run, folder: Path, does: str = "nothing") -> training.Recipe:
    from dataclasses import replace

    path = folder / "plugin.py"
    path.write_text(PLUGIN)
    spec = replace(planned.cohort.spec, groups=(does, *planned.cohort.spec.groups[1:]))
    return replace(planned.recipe, entry=METHODS.get(str(path)), spec=spec, hyperparameters={})


@pytest.mark.parametrize("does", ["nothing", "noise"])
def test_it_gives_the_same_bits_as_this_process(
    planned: Run, tmp_path: Path, predictor: training.Predictor, does: str
) -> None:
    told = recipe(planned, tmp_path, does)
    tensors = training.tensors(told.build())
    tensors["head.bias"] += 1
    test, pixels = planned.cohort.part("test"), planned.images.pixels
    here, there = told.reader(tensors), predictor.reader(told, "trained", tensors)
    assert here.sees_groups
    assert there.sees_groups
    channel = training.measure(here, test, pixels)
    np.testing.assert_array_equal(channel.mean, training.measure(there, test, pixels).mean)
    first, second = (training.predict(reader, test, pixels, channel, blocks=True) for reader in (here, there))
    assert first.randomised == second.randomised == (does == "noise")
    for name in ("logits", "features", "stored", "direct"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert list(first.blocks) == list(second.blocks) == ["block 1", "block 2", "block 3"]
    assert all(np.array_equal(first.blocks[name], second.blocks[name]) for name in first.blocks)
    # Another network beside it, and the first is still there.
    untrained = predictor.reader(told, "untrained", None)
    bare = training.predict(untrained, test, pixels, channel)
    assert np.abs(bare.logits - first.logits).max() > 0.1
    np.testing.assert_array_equal(training.predict(there, test, pixels, channel).logits, first.logits)


@pytest.mark.parametrize(
    ("does", "kind", "message"),
    [
        ("own", BenchError, "A paragraph for whoever reads it."),
        ("value", ValueError, "a wrong value"),
        ("key", KeyError, "missing"),
        ("exit", RuntimeError, "SystemExit: 3"),
    ],
)
def test_what_a_plugin_raises_there_is_raised_here_and_the_process_lives_on(
    planned: Run, tmp_path: Path, predictor: training.Predictor, does: str, kind: type[Exception], message: str
) -> None:
    test, pixels = planned.cohort.part("test"), planned.images.pixels
    wrong = predictor.reader(recipe(planned, tmp_path, does), "wrong", None)
    with pytest.raises(kind, match=message) as caught:
        training.predict(wrong, test, pixels)
    assert caught.type is kind
    assert "in encode" in "".join(caught.value.__notes__)
    fine = recipe(planned, tmp_path)
    found = training.predict(predictor.reader(fine, "fine", None), test, pixels, once=True)
    np.testing.assert_array_equal(found.logits, training.predict(fine.reader(None), test, pixels, once=True).logits)


def test_a_process_that_is_killed_is_told_in_a_paragraph(planned: Run, tmp_path: Path) -> None:
    with training.Predictor() as one:
        reader = one.reader(recipe(planned, tmp_path, "kill"), "trained", None)
        for _ in range(2):
            with pytest.raises(BenchError, match="The process that predicts was ended by signal 9"):
                training.predict(reader, planned.cohort.part("test"), planned.images.pixels)


PROBE = '''
import gc, os, re, sys
from pathlib import Path

import numpy as np
import pandas as pd
from bench.method import Method
from bench.task import Cohort

# Not found by itself: each has a letter in brackets.
LOOKED_FOR = re.compile(rb"SECRETS")


class Plugin(Method):
    """Looks for answers in all that its process can write to."""

    def encode(self, images):
        looked = Path(__file__).with_suffix(".looked")
        if "predicting.py" in " ".join(sys.orig_argv) and not looked.exists():
            held = [one for one in gc.get_objects() if isinstance(one, (Cohort, pd.DataFrame, np.memmap))]
            files = [os.path.realpath(file) for file in Path("/proc/self/fd").iterdir()]
            found = LOOKED_FOR.findall(" ".join([*files, *sys.orig_argv, os.getcwd()]).encode())
            regions = [line.split() for line in open("/proc/self/maps") if " rw" in line]
            with open("/proc/self/mem", "rb", 0) as memory:
                for region in regions:
                    start, end = (int(place, 16) for place in region[0].split("-"))
                    try:
                        memory.seek(start)
                        found += LOOKED_FOR.findall(memory.read(end - start))
                    except (OSError, ValueError, OverflowError):
                        continue
            looked.write_text(f"{len(regions) > 50} {held} {found}")
        return self.backbone(images)
'''


def bracketed(word: str) -> str:
    return f"{word[:-1]}[{word[-1]}]"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_run_predicts_its_test_images_where_there_are_no_answers(
    tmp_path: Path, few_probes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, runs, cache = tmp_path / "plugin.py", tmp_path / "quarrelsome_runs", tmp_path / "quarrelsome_cache"
    monkeypatch.setenv("BENCH_CACHE_DIR", str(cache))
    monkeypatch.setenv("RESULTS", str(runs))
    patients = plan(config(runs)).cohort.part("test").table["patient"]
    secrets = [runs.name, cache.name, str(patients.iloc[0])]
    path.write_text(PROBE.replace("SECRETS", "|".join(map(bracketed, secrets))))
    asked = config(runs, f"method={path}", "trainer.max_epochs=1", "scoring.isolated=true")
    outcome = run(asked)
    assert path.with_suffix(".looked").read_text() == "True [] []"
    # The same scores as without the process.
    again = run(config(tmp_path / "again", f"method={path}", "trainer.max_epochs=1"))
    assert scored(outcome.record) == scored(again.record)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_is_gone_when_its_parent_is_and_ctrl_c_is_not_for_it(number: signal.Signals) -> None:
    code = (
        # Whoever started the tests may have had Ctrl-C ignored.
        "import signal, time\nfrom bench.training.isolation import Predictor\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "with Predictor() as one:\n    print(one._process.pid, flush=True)\n    time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stderr is not None
    child = int(parent.stdout.readline())
    assert os.getpgid(child) != os.getpgid(parent.pid)
    parent.send_signal(number)
    parent.wait(timeout=300)
    deadline = time.monotonic() + 300
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(child)
    assert parent.stderr.read().count("Traceback") == (number == signal.SIGINT)


def test_a_channel_is_measured_of_training_images_alone(planned: Run) -> None:
    found = training.measure(planned.recipe.reader(None), planned.cohort.part("train"), planned.images.pixels)
    assert isinstance(found, Channel)
    assert len(found.mean) == 128
