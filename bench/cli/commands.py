"""The verbs, a small function each. Nothing heavy is imported before a verb needs it."""

from __future__ import annotations

import os
import signal
import sys
from threading import Event, current_thread, main_thread
from types import FrameType
from typing import Annotated

import typer

from bench import __version__
from bench.cli import failures
from bench.cli.data import check_data, export_data, map_data
from bench.cli.decode import decode
from bench.cli.dial import dial
from bench.cli.leaderboard import leaderboard
from bench.cli.plugins import check, list_plugins, new, show
from bench.cli.reading_race import reading_race
from bench.cli.run import run, sweep
from bench.cli.score import convert, score
from bench.pages.escaping import visible
from bench.terminal import speak_any_encoding

app = typer.Typer(
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="Options are overrides in Hydra's grammar: method=adversarial method.strength=.5 task=cxr seed=1. "
    "--debug shows the traceback of an error.",
)
data_app = typer.Typer(help="Look at a data set before a run, or write a synthetic one to files.", no_args_is_help=True)

# In the order in which --help lists them.
app.command()(run)
app.command()(sweep)
app.command("list")(list_plugins)
app.command()(show)
app.command()(check)
app.command()(new)
app.command()(score)
app.command()(leaderboard)
app.command()(dial)
app.command()(convert)
app.command("reading-race")(reading_race)
app.command()(decode)
app.add_typer(data_app, name="data")
data_app.command("check")(check_data)
data_app.command("map")(map_data)
data_app.command("export")(export_data)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"mitigation-bench {__version__}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Which debiasing methods make a medical-imaging network forget a patient's race, and at what cost?"""


def main() -> None:
    """Run the command line: what the user can mend is one paragraph and exit code 2; --debug adds the traceback."""
    debug = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    speak_any_encoding()
    terminated = _terminated()
    try:
        app(standalone_mode=True)
    except SystemExit as end:
        # Typer makes this of a KeyboardInterrupt.
        if end.code != failures.INTERRUPTED and not terminated.is_set():
            raise
        typer.echo("Interrupted. What is finished is kept; the same command goes on from there.", err=True)
        sys.exit(failures.TERMINATED if terminated.is_set() else failures.INTERRUPTED)
    except Exception as error:
        message = failures.paragraph(error)
        if debug or message is None:
            raise
        typer.echo(f"error: {visible(message)}", err=True)
        sys.exit(failures.MENDABLE)


def _terminated() -> Event:
    """Have SIGTERM do what Ctrl-C does; the event tells afterwards which of them it was."""
    received, mine = Event(), os.getpid()

    def stop(number: int, frame: FrameType | None) -> None:
        if os.getpid() != mine:  # a process that was forked from this one has nothing to put away
            os._exit(failures.TERMINATED)
        received.set()
        raise KeyboardInterrupt

    if current_thread() is main_thread():
        signal.signal(signal.SIGTERM, stop)
    return received
