from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from hydra import initialize
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra

from bench.config import compose, given, multirun
from bench.config.overrides import laid_over, leaves
from bench.errors import BenchError
from tests.places import ROOT


def test_multirun_is_the_product_in_order() -> None:
    jobs = multirun(["method=erm,adversarial", "task=cxr", "seed=0,1"])
    assert jobs == [
        ["method=erm", "task=cxr", "seed=0"],
        ["method=erm", "task=cxr", "seed=1"],
        ["method=adversarial", "task=cxr", "seed=0"],
        ["method=adversarial", "task=cxr", "seed=1"],
    ]


def test_a_path_and_what_stands_in_quotes_are_one_value() -> None:
    assert multirun(["runs_dir=a,b", "task.mapping='a, b.yaml'"]) == [["runs_dir=a,b", "task.mapping='a, b.yaml'"]]
    paths = multirun(["""method=erm,"./a, b (1).py",./Müller's [2]/c.py"""])
    assert paths == [["method=erm"], ['method="./a, b (1).py"'], ["method=./Müller's [2]/c.py"]]


def test_the_file_of_a_configuration_is_the_same_for_all() -> None:
    assert multirun(["a/config.yaml", "seed=0,1"]) == [["a/config.yaml", "seed=0"], ["a/config.yaml", "seed=1"]]


def test_a_list_value_is_one_value() -> None:
    assert multirun(["task.targets=[effusion,opacity]"]) == [["task.targets=[effusion,opacity]"]]


def test_given_is_the_last_value_of_every_key() -> None:
    assert given(["seed=1", "a.b='x, y'", "seed=2"]) == {"seed": 2, "a.b": "x, y"}


@pytest.mark.parametrize("read", [given, multirun])
@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("seed", "is no override"),
        ("seed=[1", "is no override"),
        ("seed=${", "is no override"),
        ("seed@here=1", "names a package of Hydra's"),
        ("seed=glob(*)", "is a pattern"),
    ],
)
def test_what_is_no_override_is_one_clear_paragraph(read, override: str, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BenchError, match=words) as caught:
        read([override])
    assert "\n" not in str(caught.value)


def test_values_are_laid_over_the_defaults_which_stay_as_they_are() -> None:
    defaults = {"a": {"b": 1, "c": [1, 2]}, "d": None}
    assert laid_over(defaults, {"a.c": [3], "d": "x"}) == {"a": {"b": 1, "c": [3]}, "d": "x"}
    assert defaults == {"a": {"b": 1, "c": [1, 2]}, "d": None}
    assert leaves(defaults) == {"a.b": 1, "a.c": [1, 2], "d": None}


def test_what_looks_like_a_reference_is_text() -> None:
    assert laid_over({"a": 1}, {"a": "x${b}${"}) == {"a": "x${b}${"}


def test_hydra_of_somebody_else_stays_as_it_was() -> None:
    theirs = {"own": 1}
    store = ConfigStore.instance()
    store.store(name="run", node=theirs)
    before = dict(store.repo)
    with initialize(version_base="1.3", config_path=None):
        hydra = GlobalHydra.instance().hydra
        assert compose(["seed=3"]).seed == 3
        assert GlobalHydra.instance().hydra is hydra
    assert not GlobalHydra.instance().is_initialized()
    compose(["seed=4"])
    assert not GlobalHydra.instance().is_initialized()
    assert store.repo == before
    assert store.load("run.yaml").node == theirs


def test_a_run_is_composed_inside_a_hydra_program(tmp_path: Path) -> None:
    program = """
        import hydra
        from bench.config import compose

        @hydra.main(version_base="1.3", config_path=None)
        def main(config):
            name = hydra.core.hydra_config.HydraConfig.get().job.name
            print(compose(["method=erm", f"seed={config.seed}"]).seed, name)

        main()
    """
    (tmp_path / "mine.py").write_text(dedent(program))
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "mine.py", "+seed=5", "hydra.run.dir=."]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["5", "mine"]


def test_naming_a_model_imports_neither_torch_nor_hydra() -> None:
    heavy = "{'torch', 'lightning', 'hydra', 'omegaconf'}"
    code = f"import sys; from bench.config.schema import RunConfig; assert not {heavy} & set(sys.modules)"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
