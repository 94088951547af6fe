"""The verbs, a small function each. Nothing heavy is imported before a verb needs it."""

from __future__ import annotations

import errno
import sys

import typer

from bench.cli.data import check_data, export_data, map_data
from bench.cli.decode import decode
from bench.cli.leaderboard import leaderboard
from bench.cli.plugins import list_plugins, show
from bench.cli.reading_race import reading_race
from bench.cli.run import run, sweep
from bench.cli.score import convert, score
from bench.errors import BenchError

app = typer.Typer(
    help="Which debiasing methods make a medical-imaging network forget a patient's race, and at what cost?",
    no_args_is_help=True,
    add_completion=False,
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
app.command()(score)
app.command()(leaderboard)
app.command()(convert)
app.command("reading-race")(reading_race)
app.command()(decode)
app.add_typer(data_app, name="data")
data_app.command("check")(check_data)
data_app.command("map")(map_data)
data_app.command("export")(export_data)


def main() -> None:
    """Run the command line: what the user can mend is one paragraph and exit code 2; --debug adds the traceback."""
    debug = "--debug" in sys.argv
    sys.argv = [argument for argument in sys.argv if argument != "--debug"]
    try:
        app(standalone_mode=True)
    except BenchError as error:
        message = str(error)
        if debug:
            raise
    except OSError as error:
        mendable = {errno.ENOSPC: "no space is left on the device", errno.EDQUOT: "the disk quota is used up"}
        mendable |= {errno.EACCES: "permission was denied", errno.EROFS: "the file system is read-only"}
        if debug or error.errno not in mendable:
            raise
        where = f" for {error.filename}" if error.filename else ""
        message = (
            f"{mendable[error.errno]}{where}. Nothing is left half-written: mend it and give the same command again."
        )
    else:
        return
    typer.echo(f"error: {message}", err=True)
    sys.exit(2)
