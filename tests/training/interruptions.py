"""Trainings that are interrupted, or killed, at the end of an epoch."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bench.training import selection

KILLED = """
import os, signal, sys
from pathlib import Path
from bench.training import selection
from {module} import fit

def killed(self, trainer, module, end=selection.Selection.on_train_epoch_end):
    if module.stage == "{stage}" and trainer.current_epoch == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    end(self, trainer, module)

if __name__ == "__main__":
    selection.Selection.on_train_epoch_end = killed
    fit(Path(sys.argv[1]), *sys.argv[2:])
"""


def interrupt(monkeypatch: pytest.MonkeyPatch, epoch: int) -> list[str]:
    """Have the training interrupted as this epoch, counted from 1, ends; the stages of the epochs that end are told."""
    end, ended = selection.Selection.on_train_epoch_end, []

    def interrupted(self, trainer, module):  # type: ignore[no-untyped-def]
        ended.append(module.stage)
        if len(ended) == epoch:
            raise KeyboardInterrupt
        end(self, trainer, module)

    monkeypatch.setattr(selection.Selection, "on_train_epoch_end", interrupted)
    return ended


def kill(module: str, stage: str, folder: Path, *more: str) -> Path:
    """Kill the training that this test module's ``fit`` begins, in the second epoch of the stage; where it lies.

    ``more`` is given to ``fit`` behind the folder.
    """
    script, run = folder / "killed.py", folder / "run"
    script.write_text(KILLED.format(module=module, stage=stage))
    process = subprocess.run(
        [sys.executable, str(script), str(run), *more], capture_output=True, text=True, timeout=500
    )
    assert process.returncode == -signal.SIGKILL, process.stderr
    return run
