"""How commands end that fail, are stopped, or speak to a terminal of few letters."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.cli import failures
from bench.errors import BenchError
from tests.conftest import TINY
from tests.places import ROOT


def called(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    """The exit code of a command, run in this process."""
    from bench.cli import main

    monkeypatch.setattr(sys, "argv", ["bench", *arguments])
    before = signal.getsignal(signal.SIGTERM)
    try:
        main()
    except SystemExit as end:
        return end.code
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (BenchError("so it is."), "so it is."),
        (OSError(errno.ENOSPC, "x", "/a"), "no space is left on the device for /a"),
        (OSError(errno.ELOOP, "x", "/a"), "symbolic links lead in a circle for /a"),
        (OSError(errno.ENAMETOOLONG, "x"), "the name is too long"),
        (MemoryError(), "not enough memory"),
        (type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory. Tried"), "memory (CUDA out of memory)"),
        (ValueError("a fault"), None),
        (OSError(errno.ENOENT, "x", "/a"), None),
    ],
)
def test_what_the_user_can_mend_is_a_paragraph(error: Exception, words: str | None) -> None:
    said = failures.paragraph(error)
    assert said is None if words is None else words in (said or "")


def test_tracebacks_are_kept_where_they_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = failures.keep_tracebacks([("seed=1", ValueError("a fault"))], tmp_path)
    assert file.parent == tmp_path / "errors"
    assert "seed=1" in file.read_text()
    assert "ValueError: a fault" in file.read_text()
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "t"))
    (tmp_path / "f").touch()
    assert failures.keep_tracebacks([("a", ValueError("x"))], tmp_path / "f").parent == tmp_path / "t"


def test_version_and_short_help(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from bench import __version__

    assert called(monkeypatch, "--version") == 0
    assert capsys.readouterr().out.strip() == f"mitigation-bench {__version__}"
    for arguments in (["-h"], ["run", "-h"], ["data", "-h"], ["data", "check", "-h"]):
        assert called(monkeypatch, *arguments) == 0
        assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["rum"], ["run", "--multi"], ["data"], ["data", "chek"]])
def test_words_that_are_no_command_are_no_traceback(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert called(monkeypatch, *arguments) == 2


def bench(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run([sys.executable, "-m", "bench", *arguments], capture_output=True, timeout=300, env=env)


def test_the_shell_completes_verbs() -> None:
    code = "import sys; sys.argv[0] = 'bench'; from bench.cli import main; main()"
    env = {"_BENCH_COMPLETE": "complete_bash", "COMP_WORDS": "bench le", "COMP_CWORD": "1"}
    env = {**os.environ, "PYTHONPATH": str(ROOT), **env}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100, env=env)
    assert done.stdout.split() == ["leaderboard"]


def test_a_terminal_that_knows_ascii_only() -> None:
    ascii_only = {
        "LC_ALL": "C",
        "LANG": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": "ascii",
    }
    done = bench("show", "method=adversarial", **ascii_only)
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    wrong = bench("run", "runs_dir=~nobody-här", **ascii_only)
    assert wrong.returncode == 2
    assert b"Traceback" not in wrong.stderr


STOPPED = """
import os, signal, sys, threading
from bench.cli import commands

name = sys.argv[1]

def run() -> None:
    print("begun", flush=True)
    os.kill(os.getpid(), getattr(signal, name))
    threading.Event().wait(20)

commands.app.registered_commands[0].callback = run
sys.argv = ["bench", "run"]
commands.main()
"""


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_both_ways_of_stopping_say_the_same(name: str, code: int) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", STOPPED, name], capture_output=True, text=True, timeout=100, env=env)
    assert (done.returncode, done.stdout.split()) == (code, ["begun"])
    assert done.stderr.strip() == "Interrupted. What is finished is kept; the same command goes on from there."


def test_a_training_that_is_terminated_goes_on(tmp_path: Path) -> None:
    """Lightning has handlers of its own for signals; ours is asked beside them."""
    options = [*(o for o in TINY if "epochs" not in o), "trainer.max_epochs=200", "trainer.patience=200"]
    command = [sys.executable, "-m", "bench", "run", *options, "method=erm", f"runs_dir={tmp_path}"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=env)
    assert running.stderr is not None
    for line in running.stderr:
        if line.startswith("epoch 2 of"):
            break
    running.send_signal(signal.SIGTERM)
    began = time.monotonic()
    said = running.stderr.read()
    assert running.wait(timeout=60) == 143
    assert time.monotonic() - began < 60
    assert "the same command goes on" in said
    assert "Traceback" not in said
    assert list(tmp_path.rglob("last.ckpt"))


SCRIPT = """
from bench.config import compose
print("composed", compose(["task=cxr"]).seed, flush=True)
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
    print(pool.submit(abs, -1).result())
"""


def script(folder: Path) -> subprocess.CompletedProcess[str]:
    env, command = {**os.environ, "PYTHONPATH": str(ROOT)}, [sys.executable, "mine.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, env=env)


def test_a_script_without_a_main_guard_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(SCRIPT)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "mine.py"], cwd=tmp_path, capture_output=True, text=True, timeout=100, env=env
    )
    assert done.returncode != 0
    assert done.stdout.split() == ["composed", "0"]
    assert "mine.py is imported by processes that it starts itself" in done.stderr
    assert 'if __name__ == "__main__":' in done.stderr


def test_a_guarded_script_may_compose_in_its_workers(tmp_path: Path) -> None:
    text = """
from concurrent.futures import ProcessPoolExecutor
import multiprocessing

def seed(n):
    from bench.config import compose
    return compose([f"seed={n}"]).seed

if __name__ == "__main__":
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        print(pool.submit(seed, 3).result())
"""
    (tmp_path / "mine.py").write_text(text)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "mine.py"], cwd=tmp_path, capture_output=True, text=True, timeout=100, env=env
    )
    assert done.stdout.split() == ["3"], done.stderr
