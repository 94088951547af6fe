"""The process that predicts: it is given pixels and weights and nothing else. :mod:`.isolation` runs this file.

It is asked on its standard input and answers on its standard output (:mod:`bench.training.wire`); what a plugin prints
goes to standard error. It ends when it is no longer asked, or when the process that started it, whose number is its one
argument, is gone. Torch, which takes seconds, is imported once that is being watched.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from typing import Any, BinaryIO

#: Seconds between two looks at whether the parent is still there.
_LOOK = 0.5


def main() -> None:
    """Answer until nobody asks any more."""
    # Ctrl-C is for the parent, which then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked, answers = _own_streams()
    threading.Thread(target=_end_with, args=(int(sys.argv[1]),), daemon=True).start()
    try:
        _serve(asked, answers)
    except (EOFError, BrokenPipeError):
        os._exit(0)


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for messages alone: a plugin reads nothing there and prints to standard error."""
    asked, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return asked, answers


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)


def _serve(asked: BinaryIO, answers: BinaryIO) -> None:
    """One question after another: who the method is, a network's weights, and passes over batches."""
    from safetensors.torch import load

    from bench.training import wire
    from bench.training.readout import InProcess, Pass
    from bench.training.recipe import Recipe

    recipe: Recipe | None = None
    readers: dict[str, InProcess] = {}
    while True:
        words, content = wire.receive(asked)
        try:
            match words["do"]:
                case "recipe":
                    recipe = Recipe.of_plain(words["recipe"])
                    recipe.entry.load()
                    wire.send(answers, {})
                case "network":
                    assert recipe is not None
                    readers[words["name"]] = recipe.reader(load(content) if words["trained"] else None)
                    wire.send(answers, {})
                case "pass":
                    for found in readers[words["name"]].read(Pass(**words["pass"]), _batches(asked)):
                        wire.send(answers, {}, wire.packed(found))
                    wire.send(answers, {})
                # What is left of a pass that failed.
                case "batch" | "end":
                    pass
        except (EOFError, BrokenPipeError):
            raise
        except (Exception, SystemExit) as error:  # a plugin may not end the program
            wire.send(answers, {"error": _told(error)})


def _batches(asked: BinaryIO) -> Iterator[dict[str, Any]]:
    from bench.training import wire

    while True:
        words, content = wire.receive(asked)
        if words["do"] == "end":
            return
        yield wire.unpacked(content)


def _told(error: BaseException) -> dict[str, Any]:
    """An error as JSON has it."""
    from bench.errors import BenchError

    kind = BenchError if isinstance(error, BenchError) else type(error)
    plain = error.args and all(isinstance(arg, str) for arg in error.args)
    return {
        "kind": kind.__name__,
        "args": list(error.args) if plain else [str(error)],
        "traceback": "".join(traceback.format_exception(error)),
    }


if __name__ == "__main__":
    main()
