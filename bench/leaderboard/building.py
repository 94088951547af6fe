"""Records → leaderboards: for each data set a page, a CSV, a LaTeX table and the Pareto figure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import terminal as progress
from bench.errors import BenchError
from bench.files import write_together
from bench.leaderboard import cohorts, comparable, document
from bench.leaderboard.ranks import EDITION
from bench.leaderboard.rows import Entry, entries
from bench.leaderboard.table import Table, make
from bench.pages import comma_separated, latex, markdown
from bench.records import Record

__all__ = ["build"]


def _tell(text: str) -> None:
    progress.say(text)


def build(
    records: Sequence[Record], out: Path, say: Callable[[str], None] = _tell, seeds: Sequence[int] = EDITION
) -> list[Path]:
    """Write the leaderboards of these records and return the files.

    Only records scored on test patients with a seed of the edition count, each id once. Comparable records (see
    :class:`comparable.Key`) form one table; for each task and data set the key with the most records goes to
    ``<out>/<task>/<dataset>/``, every other to ``<out>/<task>/<dataset>/<its digest>/``, but for runs on other cohorts
    of the same phantom, of which the main page says how far they move its results. ``say`` is told of versions of
    the suite that do not mix, tables that were kept apart, records that were set aside and older pages that no record
    stands behind.

    Args:
        records: of any task, method and seed.
        out: the folder of leaderboards.
        say: told what the reader of the pages has to know.
        seeds: of the edition, two or more: a row that lacks one is not ranked.

    Raises:
        BenchError: when no such record is there, a task's or data set's name is no folder name, or
            ``out`` cannot be written.
    """
    scored = _of_edition(entries(records), len(records), seeds, say)
    made: list[tuple[Path, Table, list[str]]] = []
    for (task, dataset), tables in comparable.by_key(scored).items():
        place = out / _folder(task) / _folder(dataset)
        versions = comparable.of_several_versions(tables)
        if versions:
            say(versions)
        (main, of_main), *_ = tables
        others = [(key, members) for key, members in tables if cohorts.is_other(key, members, main, of_main)]
        apart = [one for one in tables if one not in others]
        for position, (key, members) in enumerate(apart):
            table, notices = make(key, members, seeds, [found for _, found in others] if position == 0 else ())
            if position > 0:
                say(
                    f"{len(members)} records of {task} on {dataset} are not comparable with the {len(of_main)} of "
                    f"the main table ({_difference(main, key)}); they have their own in {place / key.digest}."
                )
            for notice in notices:
                say(notice)
            page = [*([versions] if versions else []), *notices]
            made.append((place / key.digest if position else place, table, page))
        known = {key.digest for key, _ in apart[1:]}
        for folder in sorted(place.glob("[0-9a-f]" * 8)):
            if folder.name not in known:
                say(f"{folder} is of an earlier time: no side table has its key now. It was left as it is.")
    # Only now, so that a record that cannot be shown leaves every leaderboard as it was.
    return [path for folder, table, notices in made for path in _write(folder, table, notices)]


def _of_edition(scored: list[Entry], records: int, seeds: Sequence[int], say: Callable[[str], None]) -> list[Entry]:
    """The entries with a seed of the edition; of the others it is told how many there are."""
    names = ",".join(map(str, seeds))
    if len(set(seeds)) < max(len(seeds), 2):
        raise BenchError(
            f"An edition has two or more seeds, each once; it got seeds={names}. One seed cannot tell how seeds "
            "differ, so a board of one would rank nobody."
        )
    if not scored:
        seen = f"{records} were found, none of them scored on test patients" if records else "none were found"
        raise BenchError(
            f"No records for a leaderboard: {seen}. Make some with `bench run -m method=erm,adversarial task=cxr "
            f"seed={names}`, or say where they lie with runs_dir=…"
        )
    kept = [entry for entry in scored if entry.run.seed in seeds]
    others = sorted({entry.run.seed for entry in scored} - set(seeds))
    if others:
        text = (
            f"{len(scored) - len(kept)} of {len(scored)} scored runs have seeds that are not of the edition (seeds="
            f"{names}), among them {', '.join(map(str, others[:9]))}"
        )
        if not kept:
            raise BenchError(f"No records for a leaderboard: {text}. Name the seeds of yours with seeds=…")
        say(f"{text}; they count nowhere.")
    return kept


def _write(folder: Path, table: Table, notices: list[str]) -> list[Path]:
    # Here, since the command line imports this package where no figure is drawn.
    from bench.leaderboard.figure import pareto_figure
    from bench.pages.style import picture

    figure = pareto_figure(table)
    files = {
        "leaderboard.md": markdown.render(document.page(table, notices)).encode(),
        "leaderboard.csv": comma_separated.render(document.numbers(table)).encode(),
        "leaderboard.tex": latex.render(document.paper(table), "leaderboard").encode(),
        document.FIGURE: picture(figure, "png"),
        "pareto.pdf": picture(figure, "pdf"),
    }
    return write_together(folder, files, "The leaderboard")


def _folder(name: str) -> str:
    """A name from a record, which a stranger may have written, as one folder below the output."""
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise BenchError(f"A record names its task or data set {name!r}; letters, digits, '_', '-', '.' are allowed.")
    return name


def _difference(main: comparable.Key, other: comparable.Key) -> str:
    pairs = zip(main.lines(), other.lines(), strict=True)
    parts = [f"{name.lower()}: {a} / {b}" for (name, a), (_, b) in pairs if a != b and name != "Key"]
    return "; ".join(parts)
