"""What a long command says of itself: one line a step on stderr, with how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager

from rich.console import Console

console = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """A line to whoever watches; results go to stdout, this does not."""
    console.print(text, soft_wrap=True)


@contextmanager
def step(name: str, seconds: MutableMapping[str, float]) -> Iterator[None]:
    """Announce a step of a run, and note in ``seconds[name]`` how long it took."""
    say(f"[bold]{name}[/bold] …")
    started = time.monotonic()
    yield
    seconds[name] = round(time.monotonic() - started, 3)
    say(f"[bold]{name}[/bold] done in {seconds[name]:.1f} s")
