"""Whether a data set can be run on: everything but the pixels is read, and a sample of the images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.data.cohorts import attrition, identity
from bench.data.cohorts import checks as scorable
from bench.data.cohorts.chosen import Chosen, choose
from bench.data.pixels.done import Done
from bench.data.pixels.sources import Rejected, shape
from bench.data.tables import MISSING
from bench.errors import BenchError
from bench.records import Attrition, Cell
from bench.scoring.evaluation import MIN_IMAGES, MIN_PATIENTS
from bench.task import Cohort
from bench.terminal import Progress, step

if TYPE_CHECKING:
    from bench.config import RunConfig

_AT_ONCE = 8
_NAMED = 3
#: Images whose pixels are kept, for the contact sheet.
SHOWN = 64


@dataclass(frozen=True)
class Looked:
    """An image of the sample: what was done to it, or the reason why it gives none.

    ``pixels`` are as the network is shown them, ``(H, W)`` or ``(H, W, 3) uint8``; None without an image, and beyond
    the first ``SHOWN`` of the sample.
    """

    image: str
    done: tuple[Done, ...] = ()
    reason: str = ""
    pixels: np.ndarray | None = None


@dataclass(frozen=True)
class Checked:
    """What was found: the attrition table, the images looked at, and what is doubtful or wrong.

    ``warnings`` are sentences on what a run bears; each of ``errors`` would stop it or make it wrong. ``rendered``
    says that the images are a phantom's, and so synthetic. ``compared`` says how images were compared to find those
    that stand in the set more than once; ``doubtful``, whether patients or images seem to.
    """

    attrition: Attrition
    looked: tuple[Looked, ...]
    warnings: list[str]
    errors: list[str]
    rendered: bool = False
    compared: str = ""
    doubtful: bool = False

    def done(self) -> dict[Done, list[str]]:
        """What was done to images, and the names of those to which it was."""
        found = {kind: [one.image for one in self.looked if kind in one.done] for kind in Done}
        return {kind: images for kind, images in found.items() if images}


def check(config: RunConfig, sample: int = 64) -> Checked:
    """Read a data set's table, look for every file, and decode or render ``sample`` images, drawn by ``config.seed``.

    Raises:
        BenchError: for a table of which no cohort can be made.
    """
    chosen = choose(config.task)
    cohort = chosen.cohort(checked=False)
    table = attrition.of(cohort)
    doubts = identity.spelt(cohort.table)
    warnings, errors = [*warnings_of(table, cohort.spec.protected), *doubts], []
    try:
        scorable.check(cohort)
    except BenchError as error:
        errors.append(str(error))
    if missing := cohort.excluded.get(MISSING):
        listed = "; ".join(cohort.missing) + (" …" if missing > len(cohort.missing) else "")
        warnings.append(
            f"{missing:,} images of the data set's table are not on disk and left out: {listed}. Fetch them if they are"
            " to be in."
        )
    absent = chosen.source().absent(cohort.table)
    _judge(_named(cohort, absent), len(cohort), "images", config.task.max_unreadable, warnings, errors)
    there = np.setdiff1d(np.arange(len(cohort)), [row for row, _ in absent])
    rows = np.sort(np.random.default_rng(config.seed).permutation(there)[:sample])
    try:
        looked, same = _look(chosen, cohort, rows)
    except BenchError as error:  # a phantom that does not render
        return Checked(table, (), warnings, [*errors, str(error)], doubtful=bool(doubts))
    named = [(row, f"{one.image} ({one.reason})") for row, one in enumerate(looked) if one.reason]
    _judge(named, len(rows), "images sampled", config.task.max_unreadable, warnings, errors)
    repeated, compared = _repeated(chosen, cohort, config.cache_dir, looked, same)
    again = identity.duplicates(cohort.table, repeated)
    found = Checked(
        table, tuple(looked), warnings, errors, chosen.dataset.rendered, compared, doubtful=bool(doubts or again)
    )
    if blank := found.done().get(Done.FLAT):
        listed = ", ".join(map(repr, blank[:_NAMED])) + (" …" if len(blank) > _NAMED else "")
        warnings.append(f"{len(blank)} of the {len(rows)} images sampled are of one value throughout: {listed}.")
    warnings += again
    return found


def _repeated(
    chosen: Chosen, cohort: Cohort, cache_dir: Path | None, looked: Sequence[Looked], same: Mapping[str, str]
) -> tuple[dict[str, str], str]:
    """The images that are another again, and how they were compared; ``same`` are those found in the sample.

    By the pixels of all images where the cache holds them; else by the files' bytes, and the pixels of the sample.
    """
    if chosen.dataset.rendered:
        return {}, ""
    prepared = chosen.prepared(cohort, cache_dir)
    if prepared is not None:
        return dict(prepared.repeated), "The pixels of all images were compared with each other."
    with step("comparing the files", {}):
        files = chosen.source().repeated(cohort.table)
    words = "The bytes of all files were compared with each other, and the pixels of the images looked at"
    # What is told of them is that they show nothing.
    void = {one.image for one in looked if one.reason or Done.FLAT in one.done}
    found = {image: first for image, first in {**same, **files}.items() if void.isdisjoint((image, first))}
    return found, f"{words}; a run compares the pixels of all."


def warnings_of(table: Attrition, protected: str) -> list[str]:
    """A sentence for every known group with nobody or one class in a split, or too few to be scored there."""
    return [
        f"{protected} {cell.group}, {cell.split}: {words}."
        for cell in table.cells
        if cell.group is not None
        for words in _doubts(cell)
    ]


def _doubts(cell: Cell) -> list[str]:
    if cell.images == 0:
        return ["nobody"]
    scored = cell.split != "train"
    if scored and cell.patients < MIN_PATIENTS:
        return [f"{cell.patients} patients, fewer than the {MIN_PATIENTS} that a score needs"]
    doubts = []
    for target, positive in cell.positive.items():
        negative = cell.negative[target]
        if positive == 0 or negative == 0:
            doubts.append(f"one class of {target} only ({positive} positive and {negative} negative images)")
        elif scored and min(positive, negative) < MIN_IMAGES:
            few = f"{positive} positive and {negative} negative images"
            doubts.append(f"{few} of {target}, and a score needs {MIN_IMAGES} of each")
    return doubts


def _look(chosen: Chosen, cohort: Cohort, rows: np.ndarray) -> tuple[list[Looked], dict[str, str]]:
    """The images of these rows, and which of them shows the very pixels of one before it."""
    size, source = cohort.spec.image_size, chosen.source()
    looked: list[Looked] = []
    seen, same = identity.SamePixels(), {}
    with Progress(f"sample of {chosen.dataset.name}, {size} px", len(rows)) as progress:
        for part in (rows[at : at + _AT_ONCE] for at in range(0, len(rows), _AT_ONCE)):
            table = cohort.table.iloc[part]
            found = source.examined(source.rows(table), shape(size, cohort.spec.channels))
            for row, image, one in zip(part, table["image"], found, strict=True):
                if isinstance(one, str):
                    looked.append(Looked(str(image), reason=one))
                    continue
                looked.append(Looked(str(image), one.done, pixels=one.pixels if len(looked) < SHOWN else None))
                if not chosen.dataset.rendered and (before := seen.before(int(row), one.pixels)) is not None:
                    same[str(image)] = str(cohort.table["image"].iloc[before])
            progress.advance(len(part))
    return looked, same


def _named(cohort: Cohort, rejected: Rejected) -> Rejected:
    return [(row, f"{cohort.table['image'].iloc[row]} ({reason})") for row, reason in rejected]


def _judge(
    bad: Sequence[tuple[int, str]], n: int, what: str, most: float, warnings: list[str], errors: list[str]
) -> None:
    """Say that images are unreadable: a warning up to the share that a run bears, an error beyond."""
    if not bad:
        return
    listed = "; ".join(reason for _, reason in bad[:_NAMED]) + (" …" if len(bad) > _NAMED else "")
    words = f"{len(bad):,} of the {n:,} {what} cannot be read: {listed}."
    if len(bad) > most * n:
        errors.append(f"{words} No more than {most:.4g} of them may be unreadable (task.max_unreadable).")
    else:
        warnings.append(words)
