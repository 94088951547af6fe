"""A process of its own that predicts: it holds pixels and weights, and there are no answers in it to walk to."""

from __future__ import annotations

import builtins
import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from bench.errors import BenchError
from bench.training import wire
from bench.training.readout import Arrays, Pass
from bench.training.recipe import Recipe

_PROGRAM = Path(__file__).with_name("predicting.py")
#: What it gets of the environment: what Python, torch and the system's libraries go by. No folder of data or results.
_NAMES = ("PATH", "HOME", "USER", "USERPROFILE", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP", "LANG", "VIRTUAL_ENV")
_BEGINNINGS = (
    *("LC_", "LD_", "DYLD_", "OMP_", "KMP_", "GOMP_", "MKL_", "OPENBLAS_", "DNNL_", "ONEDNN_", "NO_ALBUMENTATIONS"),
    *("CUDA", "CUBLAS", "NVIDIA", "PYTORCH", "TORCH", "HF_", "HUGGINGFACE", "PYTHON"),
)


class Predictor:
    """The process: started at once, so that it is ready when it is asked; ended with the block it is used in."""

    def __init__(self) -> None:
        own = {"process_group": 0} if os.name == "posix" else {}  # Ctrl-C in a terminal is not for it
        self._process = subprocess.Popen(
            # -P: the folder of that file is no place to import from.
            [sys.executable, "-P", str(_PROGRAM), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_environment(),
            cwd=tempfile.gettempdir(),
            **own,  # type: ignore[call-overload]
        )
        self._recipe: Recipe | None = None

    def __enter__(self) -> Predictor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process: it keeps nothing."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                assert stream is not None
                stream.close()

    def reader(self, recipe: Recipe, name: str, tensors: Mapping[str, Tensor] | None) -> Remote:
        """Reads the network of these weights and buffers, or untrained, in the process; ``name`` is its own there.

        Raises:
            BenchError: when the process is gone.
        """
        if self._recipe != recipe:
            self.ask({"do": "recipe", "recipe": recipe.plain()})
            self._recipe = recipe
        content = b"" if tensors is None else save(dict(tensors))
        self.ask({"do": "network", "name": name, "trained": tensors is not None}, content)
        return Remote(self, name, recipe.sees_groups)

    def ask(self, words: Mapping[str, Any], content: bytes = b"") -> bytes:
        """Ask, and wait for the answer.

        Raises:
            BenchError: when the process is gone. What a plugin raised there is raised here.
        """
        self.tell(words, content)
        assert self._process.stdout is not None
        try:
            said, answer = wire.receive(self._process.stdout)
        except EOFError as error:
            raise self._gone() from error
        if "error" in said:
            raise _raised(**said["error"])
        return answer

    def tell(self, words: Mapping[str, Any], content: bytes = b"") -> None:
        """Ask without waiting.

        Raises:
            BenchError: when the process is gone.
        """
        assert self._process.stdin is not None
        try:
            wire.send(self._process.stdin, words, content)
        except OSError as error:
            raise self._gone() from error

    def _gone(self) -> BenchError:
        code = self._process.wait()
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return BenchError(
            f"The process that predicts {how}. Signal 9 is mostly a lack of memory, of which a smaller task.image_size"
            " needs less. scoring.isolated=false predicts without it. Nothing is lost: the same command"
            " goes on with the trained network."
        )


@dataclass(frozen=True)
class Remote:
    """Reads one network in the process that predicts."""

    predictor: Predictor
    name: str
    sees_groups: bool

    def read(self, asked: Pass, batches: Iterable[Arrays]) -> Iterator[Arrays]:
        """What a fresh instance makes of the batches, one by one."""
        self.predictor.tell({"do": "pass", "name": self.name, "pass": asdict(asked)})
        try:
            for batch in batches:
                yield wire.unpacked(self.predictor.ask({"do": "batch"}, wire.packed(batch)))
        except GeneratorExit:
            self.predictor.close()  # it waits for batches that nobody will send
            raise
        self.predictor.ask({"do": "end"})


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in _NAMES or name.startswith(_BEGINNINGS)}
    return kept | {"PYTHONPATH": os.pathsep.join(os.path.abspath(place) for place in sys.path)}


def _raised(kind: str, args: list[str], traceback: str) -> Exception:
    """What was raised there, as it would have been raised here."""
    known = {"BenchError": BenchError, "OutOfMemoryError": torch.OutOfMemoryError}
    cls = known.get(kind) or getattr(builtins, kind, None)
    error: Exception = RuntimeError(f"{kind}: {' '.join(args)}")
    if isinstance(cls, type) and issubclass(cls, Exception):
        with contextlib.suppress(TypeError):  # some want more than words
            error = cls(*args)
    error.add_note(f"In the process that predicts:\n{traceback}")
    return error
