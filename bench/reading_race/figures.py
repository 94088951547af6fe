"""The figures of a study: frequency curves, maps of patches, curves of quality, and strata."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.files import write_bytes
from bench.pages.style import BLACK, BLUE, GREY, ORANGE, chance, new_figure, picture, tidy
from bench.reading_race.experiments import c1
from bench.reading_race.maps import matrix, patches
from bench.reading_race.tables import Entry, Line, Table
from bench.reading_race.transforms import PAPER_SIZE
from bench.reading_race.walk import StudyResults
from bench.records import MACRO

Tables = dict[str, Table]
_KINDS: tuple[Literal["png", "pdf"], ...] = ("png", "pdf")
_LIMITS = (0.42, 1.02)


def write(study: StudyResults, made: Sequence[Table], out: Path) -> list[tuple[str, str]]:
    """Draw what the results hold, as PNG and PDF; returns each file's name and title."""
    by_name = {table.name: table for table in made if table.lines}
    written = []
    for name, (title, draw) in _FIGURES.items():
        figure = draw(study, by_name)
        if figure is None:
            continue
        figure.suptitle(f"{title}: reading {study.run.config.task.protected}, {study.title}", fontsize=10)
        for kind in _KINDS:
            write_bytes(out / f"{name}.{kind}", picture(figure, kind))
            written.append((f"{name}.{kind}", title))
    return written


def frequencies(study: StudyResults, tables: Tables) -> Figure | None:
    """C1: AUROC against the cut-off of low-pass and high-pass, and against both of notch and band-pass."""
    if "C1" not in tables:
        return None
    figure = new_figure(9.8, 7.6)
    panels = figure.subplots(2, 2)
    for axes, kind, cutoff in zip(panels[0], ("low-pass", "high-pass"), ("to", "from"), strict=True):
        lines = [line for line in tables["C1"].lines if line.cell["filter"] == kind]
        places = [float(line.cell[cutoff]) for line in lines]
        # By the root of D the paper's cut-offs stand about evenly.
        axes.set_xscale("function", functions=(lambda x: np.sqrt(np.maximum(x, 0.0)), np.square))
        axes.set_xlim(0, 220)
        axes.axvline(PAPER_SIZE / np.sqrt(2), color=GREY, linewidth=0.8, linestyle="--", zorder=0)
        axes.annotate(
            "corner", (PAPER_SIZE / np.sqrt(2), _LIMITS[1]), (2, -2), textcoords="offset points", fontsize=7,
            color=GREY, va="top",
        )  # fmt: skip
        _curve(axes, places, [line.entries.get(MACRO) for line in lines], BLUE, "o", "here")
        if study.run.config.task.name in c1.EXPERIMENT.tasks:
            _points(axes, c1.curve(kind))
        kept = [f"{line.cell[cutoff]}\n{_percent(float(line.details['bins kept']))}" for line in lines]
        _finish(axes, places, kept, f"{kind}: cut-off D, radius at {PAPER_SIZE} px; below: bins kept here")
    for axes, kind in zip(panels[1], ("notch", "band-pass"), strict=True):
        lines = [line for line in tables["C1"].lines if line.cell["filter"] == kind]
        paper = kind == "notch" and study.run.config.task.name in c1.EXPERIMENT.tasks
        matrix(axes, lines, paper)
        what = "removed" if kind == "notch" else "kept alone"
        brackets = "; in brackets the paper's White" if paper else ""
        axes.set_xlabel(f"{kind}: {what} up to D{brackets}", fontsize=8.5)
        axes.set_ylabel("from D", fontsize=8.5)
    _legend(figure)
    return figure


def quality(study: StudyResults, tables: Tables) -> Figure | None:
    """C2: AUROC against resolution, noise and blur, by A1's network and by networks trained on such images."""
    if "C2" not in tables:
        return None
    figure = new_figure(10.2, 3.9)
    titles = {
        "resolution": f"resolution, px a side (of {study.run.config.task.image_size})",
        "noise": "noise, σ as a share of the grey range",
        "blur": f"blur, σ in px of {PAPER_SIZE}",
    }
    for axes, (change, title) in zip(figure.subplots(1, 3), titles.items(), strict=True):
        ticks: set[float] = set()
        axes.set_xscale("log")
        for when, colour, marker, name in (
            ("at test", ORANGE, "s", "here, at test alone"),
            ("in training and at test", BLUE, "o", "here, in training too"),
        ):
            lines = [line for line in tables["C2"].lines if (line.cell["change"], line.cell["when"]) == (change, when)]
            places = [float(line.cell["level"]) for line in lines]
            ticks |= set(places)
            entries = [line.entries.get(MACRO) for line in lines]
            _curve(axes, places, entries, colour, marker, name)
            _published(axes, places, entries)
        axes.minorticks_off()
        _finish(axes, sorted(ticks), [f"{tick:g}" for tick in sorted(ticks)], title)
    _legend(figure)
    return figure


def strata(study: StudyResults, tables: Tables) -> Figure | None:
    """Strata and C5: AUROC of A1's network in every part of the test images."""
    lines: dict[tuple[str, str], Line] = {}
    for name in ("strata", "C5"):
        for line in tables[name].lines if name in tables else ():
            if "gain" not in line.cell:
                lines.setdefault((line.score.attribute or "", line.score.group or "all images"), line)
    if not lines:
        return None
    figure = new_figure(7.4, 1.3 + 0.25 * len(lines))
    axes = figure.add_subplot()
    ticks, before = [], ""
    y = 0.0
    for (attribute, group), line in lines.items():
        y += 0.5 if attribute != before else 0.0
        before = attribute
        words = f"{attribute}: {group}" if attribute else group
        ticks.append((y, f"{words.replace('matched on: ', 'matched on ')} (n={line.images:,})"))
        entry = line.entries.get(MACRO)
        _row(axes, y, entry)
        y += 1.0
    chance(axes)
    axes.set_yticks([place for place, _ in ticks], [words for _, words in ticks], fontsize=8)
    axes.set_ylim(y - 0.3, -0.7)
    axes.set_xlabel("AUROC, mean over groups")
    tidy(axes)
    _legend(figure)
    return figure


def _row(axes: Axes, y: float, entry: Entry | None) -> None:
    """One stratum: the interval and value here, the paper's value, or why there is none."""
    if entry is not None and entry.paper is not None and entry.paper.value is not None:
        axes.plot([entry.paper.value], [y], "D", color=BLACK, markersize=5, fillstyle="none", label="paper")
    if entry is None or entry.here is None:
        axes.annotate(
            "too few to score", (0.01, y), xycoords=("axes fraction", "data"), va="center", fontsize=7.5,
            style="italic", color="0.35",
        )  # fmt: skip
        return
    here = entry.here
    if here.low is not None and here.high is not None:
        axes.plot([here.low, here.high], [y, y], color=BLUE, linewidth=1.4, alpha=0.7, solid_capstyle="round")
    axes.plot([here.mean], [y], "o", color=BLUE, markersize=5, label="here")


def _percent(share: float) -> str:
    """Short enough to stand beneath a tick: whole from 1% on, else one digit."""
    return f"{share:.0%}" if share >= 0.01 or share == 0 else f"{100 * share:.1g}%"


def _curve(
    axes: Axes, places: Sequence[float], entries: Sequence[Entry | None], colour: str, marker: str, name: str
) -> None:
    """Values here with their intervals, joined in the order of the places."""
    known = [(place, entry.here) for place, entry in zip(places, entries, strict=True) if entry and entry.here]
    found = sorted(known, key=lambda point: point[0])
    axes.plot([x for x, _ in found], [here.mean for _, here in found], color=colour, linewidth=1.2, alpha=0.6)
    for x, here in found:
        if here.low is not None and here.high is not None:
            axes.plot([x, x], [here.low, here.high], color=colour, linewidth=1.4, alpha=0.7)
        axes.plot([x], [here.mean], marker, color=colour, markersize=5, label=name)


def _published(axes: Axes, places: Sequence[float], entries: Sequence[Entry | None]) -> None:
    """The paper's values, and as bars what it gives as a range."""
    found = [(place, entry.paper) for place, entry in zip(places, entries, strict=True) if entry and entry.paper]
    values = sorted((place, paper.value) for place, paper in found if paper.value is not None)
    if values:
        _points(axes, values)
    for place, paper in found:
        if paper.value is None and paper.low is not None and paper.high is not None:
            axes.plot([place, place], [paper.low, paper.high], color=BLACK, linewidth=1, label="paper, range")


def _points(axes: Axes, points: Sequence[tuple[float, float]]) -> None:
    """The paper's values, joined."""
    x, y = zip(*points, strict=True)
    axes.plot(x, y, color=BLACK, linewidth=0.9, linestyle=":", zorder=1)
    axes.plot(x, y, "D", color=BLACK, markersize=5, fillstyle="none", label="paper")


def _finish(axes: Axes, places: Sequence[float], names: Sequence[str], title: str) -> None:
    axes.axhline(0.5, color=GREY, linewidth=0.8, linestyle=":", zorder=0)
    axes.set_xticks(list(places), list(names))
    axes.set_ylim(*_LIMITS)
    axes.set_xlabel(title, fontsize=8.5)
    axes.set_ylabel("AUROC, mean over groups", fontsize=8.5)
    tidy(axes, grid="y")
    axes.tick_params(axis="x", labelsize=7)


def _legend(figure: Figure) -> None:
    """Every mark once, below."""
    marks: dict[str, Artist] = {}
    for axes in figure.axes:
        handles, names = axes.get_legend_handles_labels()
        marks |= {str(name): handle for name, handle in zip(names, handles, strict=True)}
    if marks:
        figure.legend(list(marks.values()), list(marks), loc="outside lower center", ncols=4, frameon=False, fontsize=8)


_FIGURES: dict[str, tuple[str, Callable[[StudyResults, Tables], Figure | None]]] = {
    "frequencies": ("Spatial frequencies", frequencies),
    "patches": ("Parts of the image", patches),
    "quality": ("Resolution, noise and blur", quality),
    "strata": ("Within strata", strata),
}
