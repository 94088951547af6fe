"""The commands, run as a user runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.records import read_all
from tests.conftest import TINY


def bench(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "COLUMNS": "120", **environment},
    )


@pytest.mark.parametrize("verb", [["--help"], ["list"], ["run", "--help"]])
def test_help_and_list_import_nothing_heavy(verb: list[str]) -> None:
    code = (
        "import sys; sys.argv = ['bench', *sys.argv[1:]]\n"
        "from bench.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "heavy = {'torch', 'lightning', 'pandas', 'sklearn', 'methods', 'optuna'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code, *verb], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_list_names_every_built_in() -> None:
    done = bench("list")
    assert done.returncode == 0
    methods = ("erm", "adversarial", "distortion", "reweighting", "group_dro")
    for name in (*methods, "cxr", "phantom", "nih_cxr14", "skin", "milk10k"):
        assert name in done.stdout
    assert "broken" not in done.stdout


def test_show_prints_source_defaults_and_ranges() -> None:
    done = bench("show", "method=adversarial", "task=cxr")
    assert done.returncode == 0, done.stderr
    for words in ("Ganin", "method.strength", "0.01 to 100", "task.patients", "effusion", "race"):
        assert words in done.stdout


def test_a_run_from_start_to_table_and_its_repetition(tiny_runs: Path) -> None:
    """In the folder of a finished run, so that only the command's own work is waited for."""
    command = ["run", *TINY, "method=erm", f"runs_dir={tiny_runs}"]
    again = bench(*command)
    assert again.returncode == 0, again.stderr
    assert "already recorded" in again.stderr
    for words in ("Diagnosis", "macro, worst group", "Residual decodability of race", "untrained", "synthetic"):
        assert words in again.stdout


def test_multirun_begins_nothing_before_all_can_begin(tiny_runs: Path) -> None:
    done = bench("run", "-m", *TINY, "method=erm,nonsense", "seed=0,-1", f"runs_dir={tiny_runs}")
    assert done.returncode == 2
    assert done.stdout == ""
    last = done.stderr.strip().splitlines()[-1]
    for words in ("3 of 4 runs cannot begin, so none was begun", "no method 'nonsense'", "seed=-1 cannot be used"):
        assert words in last


FAILING = '''"""Fails as it is told."""

from bench.errors import BenchError
from bench.method import Method, tunable


class Failing(Method):
    """Fails as it is told."""

    how: str = tunable("fault", choices=("fault", "memory", "mendable"))

    def prepare(self, train):
        import torch

        errors = {"fault": ValueError("of ours"), "memory": torch.OutOfMemoryError("CUDA out of memory. x")}
        raise errors.get(self.how, BenchError("mend me"))
'''


@pytest.mark.parametrize(("how", "code"), [("memory,mendable", 2), ("fault,mendable", 1)])
def test_multirun_goes_on_after_any_failure_and_tells_all_in_the_end(
    how: str, code: int, tiny_runs: Path, tmp_path: Path
) -> None:
    (tmp_path / "failing.py").write_text(FAILING)
    runs = tmp_path / "runs"
    done = bench("run", "-m", *TINY, f"method={tmp_path / 'failing.py'}", f"method.how={how}", f"runs_dir={runs}")
    assert done.returncode == code
    last = done.stderr.strip().splitlines()[-1]
    assert "2 of 2 runs failed" in last
    assert "Traceback" not in done.stderr
    kept = list(runs.glob("errors/*.txt"))
    assert len(kept) == (code == 1)
    if kept:
        assert str(kept[0]) in last
        assert "ValueError: of ours" in kept[0].read_text()


def test_leaderboard_from_records(tiny_runs: Path, tmp_path: Path) -> None:
    done = bench("leaderboard", "task=cxr", f"runs_dir={tiny_runs}", f"out={tmp_path}")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "cxr" / "phantom"
    assert {"leaderboard.md", "leaderboard.csv", "leaderboard.tex", "pareto.png", "pareto.pdf"} <= set(
        os.listdir(folder)
    )
    page = (folder / "leaderboard.md").read_text()
    assert "synthetic" in page.lower()
    assert "| erm<br><sub>the baseline; lacks seeds 1, 2, 3, 4</sub> | 1 |" in page


@pytest.mark.parametrize("text", ["seeds=0,1,2", "seeds=[2,1,0]", "seeds=range(0,3)"])
def test_leaderboard_of_an_edition(text: str, tiny_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bench.cli import main

    arguments = ["bench", "leaderboard", "task=cxr", f"runs_dir={tiny_runs}", f"out={tmp_path}", text]
    monkeypatch.setattr(sys, "argv", arguments)
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    page = (tmp_path / "cxr" / "phantom" / "leaderboard.md").read_text()
    assert "| Seeds of the edition | 0, 1, 2 |" in page
    assert "lacks seeds 1, 2" in page


BAD = [
    (["run", "method=adverserial"], "'adversarial'"),
    (["run", "task=cxrays"], "Did you mean 'cxr'? Available: ct, cxr, eye"),
    (["run", "trainer.max_epoch=2"], "trainer.max_epochs"),
    (["run", "method=adversarial", "method.strength=strong"], "method.strength=strong"),
    (["run", "task=cxr", "task.dataset=nih_cxr14", "task.protected=sex"], "task.root="),
    (["run", "task.dataset=nih_cxr14", "task.root=/nowhere/at/all", "task.protected=sex"], "/nowhere/at/all"),
    (["run", "method=./not_there.py"], "not_there.py"),
    (["run", "task.targets=[pneumonia]"], "pneumonia"),
    (["run", "task.protected=zodiac"], "zodiac"),
    (["reading-race", "experiments=A1,C11"], "no experiment 'C11'"),
    (["run", "runs_dir=/proc/x"], "/proc/x"),
    (["run", "seed=glob(*)"], "is a pattern"),
    (["run", "root=/x"], "Did you mean 'task.root'"),
    (["run", "metod=erm"], "Did you mean 'method'"),
    (["run", "method=ERM"], "Did you mean 'erm'"),
    (["run", "not_there.yaml"], "no configuration not_there.yaml"),
    (["show", "model=erm"], "method=…"),
    (["leaderboard", "runs_dir=/nowhere/at/all"], "/nowhere/at/all"),
    (["leaderboard", "seeds=all"], "whole numbers from 0"),
    (["leaderboard", "seeds=0,1", "seed=2"], "takes task=…, runs_dir=…, out=… and seeds=…, not seed"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_input_is_one_paragraph_and_exit_code_2(
    arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, since importing torch eleven times over takes a minute."""
    from bench.cli import main

    monkeypatch.setattr(sys, "argv", ["bench", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    last = capsys.readouterr().err.strip().split("\n")[-1]
    assert last.startswith("error: ")
    assert words in last


@pytest.mark.parametrize("error", ["ENOSPC", "EACCES"])
def test_a_full_disk_and_a_forbidden_folder(
    error: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    import errno

    from bench.cli import main
    from bench.records import store

    def fails(path: Path, text: str) -> None:
        raise OSError(getattr(errno, error), os.strerror(getattr(errno, error)), str(path))

    monkeypatch.setattr(store, "write_text", fails)
    monkeypatch.setattr(sys, "argv", ["bench", "run", *TINY, "method=erm", f"runs_dir={tmp_path}"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    message = capsys.readouterr().err.strip().split("\n")[-1]
    assert message.startswith("error: ")
    assert {"ENOSPC": "no space", "EACCES": "permission"}[error] in message
    assert not list(tmp_path.rglob("*partial*"))


def test_debug_shows_the_traceback() -> None:
    done = bench("run", "method=adverserial", "--debug")
    assert done.returncode != 0
    assert "Traceback" in done.stderr


def test_a_plugin_that_raises_on_import_fails_only_its_own_run(tmp_path: Path, tiny_runs: Path) -> None:
    (tmp_path / "explodes.py").write_text("raise RuntimeError('boom')\n")
    done = bench("run", *TINY, f"method={tmp_path / 'explodes.py'}", f"runs_dir={tiny_runs}")
    assert done.returncode == 2
    assert "boom" in done.stderr
    assert "Traceback" not in done.stderr


PLUGIN = '''"""A stranger's method."""

from bench.method import Batch, Method, masked_bce, tunable
from torch import Tensor


class Shrink(Method):
    """Keeps the features small."""

    strength: float = tunable(0.1, low=0.01, high=1.0, log=True)

    def loss(self, batch: Batch) -> Tensor:
        features = self.features(batch.images)
        return masked_bce(self.classify(features), batch.targets) + self.strength * features.square().mean()
'''
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "stranger"
version = "1.0"

[project.entry-points."bench.methods"]
shrink = "stranger:Shrink"
"""


def test_a_package_installed_with_pip_is_listed_and_runs_by_name(tmp_path: Path) -> None:
    source, site = tmp_path / "project", tmp_path / "site"
    (source / "stranger").mkdir(parents=True)
    (source / "pyproject.toml").write_text(PROJECT)
    (source / "stranger" / "__init__.py").write_text(PLUGIN)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(site), str(source)], check=True, timeout=120)
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    listed = bench("list", PYTHONPATH=path)
    assert "shrink" in listed.stdout
    assert "Keeps the features small." in listed.stdout
    runs = tmp_path / "runs"
    done = bench("run", *TINY, "method=shrink", "method.strength=.5", f"runs_dir={runs}", PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    assert "shrink on cxr" in done.stdout
    (record,) = read_all(runs)
    assert record.run.method.origin == "stranger: stranger:Shrink"
    assert record.run.method.hyperparameters["strength"] == 0.5
    missing = bench("run", "method=shrink")
    assert missing.returncode == 2
    assert "shrink" in missing.stderr


def test_decode_reads_features_from_files_and_says_what_is_wrong(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    race = rng.integers(0, 2, 120)
    np.save(tmp_path / "f.npy", rng.normal(size=(240, 5)) + 2 * np.repeat(race, 2)[:, None])
    rows = [f"p{i},{('Black', 'White')[race[i]]},{rng.integers(2)}" for i in np.repeat(np.arange(120), 2)]
    (tmp_path / "l.csv").write_text("id,group,label\n" + "\n".join(rows) + "\n")
    files = ("decode", str(tmp_path / "f.npy"), str(tmp_path / "l.csv"), "--patient=id")
    done = bench(*files, "--group=group", "--given=label", f"--out={tmp_path / 'scores.json'}")
    assert done.returncode == 0, done.stderr
    for words in (
        "240 images, 120 patients",
        "network, given the diagnosis",
        "ridge",
        "Depth D(σ)",
        "refused",
        "bits per image",
    ):
        assert words in done.stdout
    assert "split 5 of 5" in done.stderr
    written = json.loads((tmp_path / "scores.json").read_text())
    assert written["suite_version"] == 2
    (network,) = written["attributes"]["group"]["networks"].values()
    assert next(row for row in network["scores"] if row["metric"] == "decodability")["value"] > 0.9
    np.save(tmp_path / "g.npy", rng.normal(size=(240, 5)))
    both = ("decode", str(tmp_path / "f.npy"), str(tmp_path / "g.npy"), str(tmp_path / "l.csv"), "--patient=id")
    compared = bench(*both, "--group=group", "--fast")
    assert compared.returncode == 0, compared.stderr
    for words in ("g − f", "differences on the same patients", "−0."):
        assert words in compared.stdout
    lonely = bench("decode", str(tmp_path / "l.csv"))
    assert lonely.returncode == 2
    assert "takes one file of features or more, and the table" in lonely.stderr
    wrong = bench(*files, "--group=gruop")
    assert wrong.returncode == 2
    assert "lacks the column 'gruop'. Did you mean 'group'?" in wrong.stderr
    assert "Traceback" not in wrong.stderr
