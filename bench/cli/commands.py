"""The commands: one small function a verb. Nothing heavy is imported before a verb needs it."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.errors import BenchError, suggest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.config import RunConfig
    from bench.plugins.registry import Entry
    from bench.work import Job

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
app.add_typer(data_app, name="data")
Overrides = Annotated[list[str] | None, typer.Argument(help="option=value …; `bench show` lists the options")]
Multirun = Annotated[bool, typer.Option("-m", "--multirun", help="run the product of comma lists: seed=0,1")]


@app.command()
def run(overrides: Overrides = None, multirun: Multirun = False) -> None:
    """Train one method on one task, and score what came out twice."""
    if not multirun:
        _one_run(overrides or [])
        return
    from bench.config import multirun as product
    from bench.work import local, results

    results(local.run([_job(texts) for texts in product(overrides or [])]), "runs")


@app.command()
def sweep(overrides: Overrides = None) -> None:
    """Tune a method on validation patients, and run the chosen configuration on test patients."""
    from bench.pages.report import print_record, print_sweep
    from bench.sweep import sweep as tune

    done = tune(_announced(overrides or []))
    print_sweep(done)
    print_record(done.outcome.record, done.outcome.folder)


@app.command("list")
def list_plugins(
    check: Annotated[bool, typer.Option("--check", help="import every plugin, in a process of its own")] = False,
) -> None:
    """Every method, task and data set, also those that cannot be imported."""
    from bench.plugins import registry
    from bench.plugins.listing import print_entries

    tasks = registry.TASKS.entries()
    groups: dict[str, Sequence[Entry[Any]]] = {"methods": registry.METHODS.entries(), "tasks": tasks}
    for task in tasks:
        if task.error is None:
            groups[f"data sets of task {task.name}"] = registry.datasets(task).entries()
    if check:
        checked = iter(registry.check(entry for entries in groups.values() for entry in entries))
        groups = {title: [next(checked) for _ in entries] for title, entries in groups.items()}
    print_entries(groups)


@app.command()
def show(overrides: Overrides = None) -> None:
    """What a method or task is, its source, and its options with defaults and ranges: bench show method=adversarial."""
    from bench.pages.report_plugins import print_method, print_options, print_task

    asked = dict(text.partition("=")[::2] for text in overrides or [])
    if unknown := set(asked) - {"method", "task", "task.dataset"}:
        raise BenchError(f"bench show takes method=… and task=… (task.dataset=…), not {', '.join(sorted(unknown))}.")
    if "method" in asked:
        print_method(asked["method"])
    if "task" in asked or "task.dataset" in asked:
        print_task(asked.get("task", "cxr"), asked.get("task.dataset"))
    if not asked:
        print_options()


@app.command()
def leaderboard(overrides: Overrides = None) -> None:
    """Records into a table (Markdown, CSV, LaTeX) and a figure: bench leaderboard task=cxr [runs_dir=…] [out=…]."""
    from bench import config, records
    from bench.leaderboard import build

    values = {"task": None, "runs_dir": "runs", "out": "leaderboards", **config.given(overrides or [])}
    if unknown := set(values) - {"task", "runs_dir", "out"}:
        raise BenchError(f"bench leaderboard takes task=…, runs_dir=… and out=…, not {', '.join(sorted(unknown))}.")
    found = records.read_all(Path(str(values["runs_dir"])).expanduser(), values["task"])
    for path in build(found, Path(str(values["out"])).expanduser()):
        typer.echo(path)


@app.command("reading-race")
def reading_race(overrides: Overrides = None) -> None:
    """The experiments of Gichoya et al. (2022) on a cohort: bench reading-race task=cxr [experiments=A1,C1] [seed=0,1].

    preset=quick (the default) runs coarse grids, preset=paper every cut-off and patch, preset=full everything;
    masks=folder names masks of the organ, one PNG an image; out=folder is where the report goes. Other options are
    those of bench run.
    """
    from bench.reading_race import report, settings, walk

    study = walk.walk(settings.parse(overrides or []))
    paths = report.write(study)
    report.print_study(study)
    for path in paths:
        typer.echo(path)


@app.command()
def decode(
    features: Annotated[Path, typer.Argument(help="NumPy file with an array (images, features)")],
    labels: Annotated[Path, typer.Argument(help="CSV table of the same rows, with the columns named below")],
    group: Annotated[str, typer.Option(help="column of the group to be read")] = "race",
    patient: Annotated[str, typer.Option(help="column of the patient")] = "patient",
    strata: Annotated[str, typer.Option(help="columns of what may explain the group: label,view,sex")] = "",
    seed: Annotated[int, typer.Option(help="of splits, probes and controls")] = 0,
    fast: Annotated[bool, typer.Option("--fast", help="linear probes and the headline only")] = False,
    out: Annotated[Path | None, typer.Option(help="JSON file for every score")] = None,
) -> None:
    """How well the group can be read from anyone's features: bench decode features.npy labels.csv."""
    import json

    from bench.pages.report import print_decodability
    from bench.records import write_text
    from bench.scoring import decodability
    from bench.scoring.decodability import files
    from bench.terminal import say, step

    columns = [name.strip() for name in strata.split(",") if name.strip()]
    data = files.read(features, labels, group, patient, columns)
    with step("decoding", {}):
        found = decodability.decode(
            data.features,
            data.groups,
            data.patients,
            data.strata,
            group_names=data.names,
            seed=seed,
            fast=fast,
            tell=say,
        )
    scores = decodability.scores(found, view="penultimate", split="test", attribute=group)
    flags = [f"penultimate: {flag}" for flag in found.flags]
    print_decodability(scores, flags, group)
    if out:
        # What is read here is no view of a network we know.
        rows = [score.model_dump(exclude={"view", "split", "target"}) for score in scores]
        report = {"suite_version": decodability.SUITE_VERSION, "flags": list(found.flags), "scores": rows}
        write_text(out, json.dumps(report, indent=1))
        typer.echo(out)


@data_app.command("check")
def check_data(
    overrides: Overrides = None,
    sample: Annotated[int, typer.Option(min=1, help="images that are decoded, drawn by seed=…")] = 64,
) -> None:
    """Read a data set but for its pixels, and a sample of these: bench data check task=cxr task.dataset=…"""
    from bench.data.check import check
    from bench.pages.report_data import print_check

    config = _announced(overrides or [])
    found = check(config, sample)
    print_check(found, f"{config.task.dataset}, a data set of task {config.task.name}", config.task.protected)
    if found.errors:
        raise BenchError(" ".join(found.errors))


@data_app.command("export")
def export_data(overrides: Overrides = None) -> None:
    """Render a phantom into files and a table: bench data export task=cxr format=dicom out=folder"""
    from bench import config
    from bench.data.export import FORMATS, export

    own = {"format": "dicom", "out": None}
    given = config.given(overrides or [])
    own |= {name: given[name] for name in own if name in given}
    if own["format"] not in FORMATS:
        raise BenchError(f"format={own['format']} is none that can be written.{suggest(str(own['format']), FORMATS)}")
    if not own["out"]:
        raise BenchError("Say which folder the files go to: bench data export task=cxr out=/a/folder.")
    rest = [text for text in overrides or [] if text.partition("=")[0] not in own]
    typer.echo(export(_announced(rest), Path(str(own["out"])).expanduser()))


def _job(overrides: list[str]) -> Job[None]:
    from bench.work import Job

    def recorded() -> bool:
        from bench.config import compose
        from bench.run import done

        return done(compose(overrides))

    text = " ".join(overrides)
    return Job(id=text, label=text, done=recorded, run=lambda: _one_run(overrides))


def _one_run(overrides: list[str]) -> None:
    from bench.pages.report import print_record
    from bench.run import run as run_one

    outcome = run_one(_announced(overrides))
    if outcome.existed:
        typer.echo(f"This run is already recorded in {outcome.folder}; its record:", err=True)
    print_record(outcome.record, outcome.folder)


def _announced(overrides: list[str]) -> RunConfig:
    from bench.terminal import say

    if sys.stderr.isatty():
        say("loading …")
    from bench.config import compose

    return compose(overrides)


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
