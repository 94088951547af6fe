"""What a long command says of itself on stderr: a line a step, a bar on a terminal, a line every tenth elsewhere."""

from __future__ import annotations

import codecs
import io
import sys
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.text import Text

from bench.pages.escaping import visible

console = Console(stderr=True, highlight=False)


#: What a terminal or a file that knows ASCII only is given instead.
_PLAIN = {
    "–": "-",
    "—": "-",
    "−": "-",
    "…": "...",
    "→": "->",
    "←": "<-",
    "↑": "^",
    "↓": "v",
    "×": "x",
    "·": ".",
    "★": "*",
    "≤": "<=",
    "≥": ">=",
    "±": "+-",
    "σ": "sigma",
    "δ": "delta",
    "λ": "lambda",
    "ε": "epsilon",
    "≈": "~",
    "√": "sqrt ",
}


def speak_any_encoding() -> None:
    """Have stdout and stderr write what their encoding lacks in letters that it has, instead of failing."""

    def plainly(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        lacking = error.object[error.start : error.end]
        return "".join(_PLAIN.get(letter, "?") for letter in lacking), error.end

    codecs.register_error("bench.plainly", plainly)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="bench.plainly")


def say(text: str, title: str = "") -> None:
    """A line to whoever watches, behind a ``title`` in bold; results go to stdout, this does not.

    Neither is read as markup, and what would move a terminal's cursor stands as it is written.
    """
    console.print(Text.assemble((_visible(title), "bold"), _visible(text)), soft_wrap=True)


def _visible(text: str) -> str:
    # Spaces stay as many as they are.
    return " ".join(visible(part) for part in text.split(" "))


@contextmanager
def quietly() -> Iterator[None]:
    """Say nothing to whoever watches."""
    before, console.quiet = console.quiet, True
    try:
        yield
    finally:
        console.quiet = before


def warn(text: str) -> None:
    """A sentence on what is doubtful, whoever's words it holds."""
    say(f": {text}", "warning")


@contextmanager
def step(name: str, seconds: MutableMapping[str, float]) -> Iterator[None]:
    """Announce a step of a run, and note in ``seconds[name]`` how long it took."""
    say(" …", name)
    started = time.monotonic()
    yield
    seconds[name] = round(time.monotonic() - started, 3)
    say(f" done in {seconds[name]:.1f} s", name)


class Progress:
    """Shows how many of ``total`` images are done, at what rate, and the time left; on stderr.

    ``done`` were finished before, by a build that was interrupted, and do not count towards the rate.
    """

    def __init__(self, title: str, total: int, done: int = 0) -> None:
        self.title, self.total, self.before, self.done = title, total, done, done
        self._began, self._shown = time.monotonic(), 10 * done // max(total, 1)
        self._bar: Bar | None = None
        if console.is_terminal:
            left = TimeRemainingColumn(elapsed_when_finished=True)
            self._bar = _bar(TextColumn("{task.fields[rate]}"), left)
            self._task = self._bar.add_task(title, total=total, completed=done, rate="")

    def __enter__(self) -> Progress:
        if self._bar:
            self._bar.start()
        elif self.done:
            self._line(f"{self.title}: going on at {self.done:,} of {self.total:,} images")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()

    def advance(self, images: int) -> None:
        """So many more are done."""
        self.done += images
        rate = (self.done - self.before) / max(time.monotonic() - self._began, 1e-9)
        if self._bar:
            self._bar.update(self._task, completed=self.done, rate=f"{rate:,.0f} images/s")
        elif 10 * self.done // self.total > self._shown:
            self._shown = 10 * self.done // self.total
            left = (self.total - self.done) / rate
            self._line(
                f"{self.title}: {self.done:,} of {self.total:,} images, {rate:,.0f} images/s, {left:,.0f} s left"
            )

    def _line(self, text: str) -> None:
        if not console.quiet:
            print(text, file=sys.stderr, flush=True)


class Steps:
    """How far a list of long steps is: a line after each, and on a terminal a bar below it.

    The bar is drawn anew each time, not live: what a step does shows bars of its own. ``done`` steps were finished
    before.
    """

    def __init__(self, title: str, total: int, done: int = 0) -> None:
        self._bar = _bar(TimeElapsedColumn(), TimeRemainingColumn(), live=False)
        self._task = self._bar.add_task(title, total=total, completed=done)
        self._total, self._done, self._name, self._started = total, done, "", 0.0

    def begin(self, name: str) -> None:
        """A step is begun."""
        self._name, self._started = name, time.monotonic()

    def end(self, said: str, existed: bool) -> None:
        """It is done, and this is what came out; ``existed``: without any work."""
        self._done += 1
        how = "recorded before" if existed else f"{time.monotonic() - self._started:.0f} s"
        say(f"[{self._done}/{self._total}] {self._name}: {said} [{how}]")
        self._bar.update(self._task, completed=self._done)
        if console.is_terminal:
            console.print(self._bar.get_renderable())


def _bar(*columns: ProgressColumn, live: bool = True) -> Bar:
    shared = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    return Bar(*shared, *columns, console=console, auto_refresh=live)
