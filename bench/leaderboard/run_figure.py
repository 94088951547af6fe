"""The figure of one run: whom it diagnoses how well, and how well race can still be read from it, by whom, how deep."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.pages.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, chance, new_figure, tidy
from bench.records import FEATURES, MACRO, NETWORK, OUTPUTS, PROTECTED, RunRecord, Score, ScoreFile
from bench.scoring.catalogue import AUROC, DECODABILITY
from bench.scoring.claims import short
from bench.scoring.measures import CONDITION

_READERS = (
    (None, "this network, test patients", BLUE, "o"),
    ("untrained", "same network, untrained", GREEN, "s"),
    ("leace", "after LEACE", PURPLE, "^"),
    ("permuted", "permuted groups", GREY, "D"),
)


def run_figure(
    run: RunRecord, file: ScoreFile, trial: ScoreFile | None = None, conditions: ScoreFile | None = None
) -> Figure:
    """One run: diagnosis by group and decodability by layer; below, decodability by noise added and by probe.

    What the file of scores does not hold is left out, the lower half with it. Of a ``trial`` what it reads of each
    layer is drawn beside what is observed, and of test ``conditions`` the diagnosis below that of the groups.
    """
    groups = _by_group(file)
    if conditions is not None:
        groups["condition"] = conditions.find.every(AUROC.key, target=MACRO, attribute=CONDITION)
    rows = sum(len(scores) for scores in groups.values()) + len(groups)
    layers = _layers(file)
    upper = max(2.4, 0.9 + 0.24 * max(rows, 2 * len(layers)))
    depths, probes = (
        file.find.every(metric, layer=FEATURES, reference=None)
        for metric in ("decodability_depth", "decodability_probe")
    )
    lower = max(2.4 if depths else 0, 0.9 + 0.24 * len(probes) if probes else 0)
    figure = new_figure(9.2, upper + lower + 0.8)
    heights = (upper, lower) if lower else (upper,)
    grid = figure.add_gridspec(len(heights), 2, width_ratios=(1.25, 1), height_ratios=heights)
    _draw_groups(figure.add_subplot(grid[0, 0]), file, groups)
    _draw_layers(figure.add_subplot(grid[0, 1]), file, layers, trial)
    if depths:
        _draw_depth(figure.add_subplot(grid[1, 0] if probes else grid[1, :]), file, depths)
    if probes:
        _draw_probes(figure.add_subplot(grid[1, 1] if depths else grid[1, :]), file, probes)
    data = f"{file.head.dataset} (synthetic data)" if file.head.synthetic else file.head.dataset
    figure.suptitle(f"{run.method.name}: {run.task.name} on {data}, seed {run.seed}", fontsize=11)
    return figure


def _by_group(file: ScoreFile) -> dict[str, list[Score]]:
    """Macro AUROC of each group, by attribute, the protected one first; crossed attributes left out."""
    found: dict[str, list[Score]] = {file.head.protected: []}
    for score in file.find.every(AUROC.key, target=MACRO):
        if score.attribute and score.group and " x " not in score.attribute:
            found.setdefault(score.attribute, []).append(score)
    return {attribute: scores for attribute, scores in found.items() if scores}


def _layers(file: ScoreFile) -> list[str]:
    """The layers that were read: all together, features, outputs, then the blocks from the last to the first."""
    read = {score.layer for score in file.find.every(DECODABILITY.key, reference=None)}
    named = [layer for layer in (NETWORK, FEATURES, OUTPUTS) if layer in read]
    blocks = sorted((layer for layer in read if layer and layer not in named), key=lambda layer: (len(layer), layer))
    return [*named, *reversed(blocks)]


def _draw_groups(axes: Axes, file: ScoreFile, groups: dict[str, list[Score]]) -> None:
    ticks: list[tuple[int, str]] = []
    y = 0
    overall = file.find.one(AUROC.key, target=MACRO)
    if overall is not None and overall.value is not None:
        ticks.append((y, "all patients"))
        _dot(axes, overall, y, BLACK, "D")
        axes.axvline(overall.value, color=BLACK, linewidth=0.8, linestyle=":", zorder=0)
    for attribute, scores in groups.items():
        y += 1
        axes.annotate(
            attribute.replace("_", " "), (0, y), xycoords=("axes fraction", "data"), xytext=(-6, 0),
            textcoords="offset points", ha="right", va="center", fontsize=8.5, fontweight="bold", annotation_clip=False,
        )  # fmt: skip
        for score in scores:
            y += 1
            ticks.append((y, f"{score.group} (n={score.n:,})"))
            _dot(axes, score, y, BLUE, "o")
    axes.set_yticks([place for place, _ in ticks], [name for _, name in ticks], fontsize=8.5)
    axes.set_ylim(y + 0.7, -0.7)
    axes.set_xlabel("Diagnosis, macro AUROC")
    tidy(axes)


def _draw_layers(axes: Axes, file: ScoreFile, layers: Sequence[str], trial: ScoreFile | None) -> None:
    drawn: list[tuple[ScoreFile, tuple[str | None, str, str, str]]] = [(file, reader) for reader in _READERS]
    if trial is not None:
        words = f"this network, {trial.head.protected} drawn at random ({trial.head.patients:,} patients)"
        drawn.insert(0, (trial, (None, words, ORANGE, "v")))
    for row, layer in enumerate(layers):
        found = [(_reading(one, layer, reader[0]), reader) for one, reader in drawn]
        read = [(score, reader) for score, reader in found if score is not None]
        for step, (score, (_, name, colour, marker)) in enumerate(read):
            _dot(axes, score, row + 0.17 * (step - (len(read) - 1) / 2), colour, marker, label=name)
    chance(axes, label="chance")
    axes.set_yticks(range(len(layers)), layers, fontsize=8.5)
    axes.set_ylim(len(layers) - 0.4, -0.6)
    axes.set_xlabel(f"{file.head.protected.capitalize()} decodability, AUROC")
    handles, names = axes.get_legend_handles_labels()
    unique = dict(zip(names, handles, strict=True))
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    tidy(axes)


def _draw_depth(axes: Axes, file: ScoreFile, depths: Sequence[Score]) -> None:
    """D(σ) against σ; σ = 0 has no place on a logarithmic axis and stands apart, left of a gap."""
    points = {s.level: (s.value, s.low, s.high) for s in depths if s.level is not None and s.value is not None}
    levels = sorted(points)
    noisy = [level for level in levels if level > 0]
    # Half a decade left of the least noise; 0 is as far from .01 as one likes.
    zero = min(noisy, default=0.01) / 10**0.5
    axes.set_xscale("log")
    axes.plot(noisy, [points[level][0] for level in noisy], color=BLUE, linewidth=1.2, alpha=0.6)
    for level, (value, low, high) in points.items():
        place = level or zero
        if low is not None and high is not None:
            axes.plot([place, place], [low, high], color=BLUE, linewidth=1.4, alpha=0.7)
        axes.plot([place], [value], color=BLUE, marker="o", markersize=5.5, linestyle="none")
    axes.axvline(zero * 10**0.25, color=GREY, linewidth=0.8, zorder=0)
    axes.axhline(0.5, color=GREY, linewidth=0.8, linestyle=":", zorder=0)
    axes.set_xticks([level or zero for level in levels], [short(level) for level in levels])
    axes.minorticks_off()
    axes.set_xlabel("Noise added to the features, σ in units of their RMS")
    axes.set_ylabel(f"{file.head.protected.capitalize()} decodability\nby linear probes, AUROC", fontsize=9)
    tidy(axes, grid="y")


def _draw_probes(axes: Axes, file: ScoreFile, probes: Sequence[Score]) -> None:
    headline = file.find.one(DECODABILITY.key, layer=FEATURES, attribute=PROTECTED)
    chosen = headline.read_by if headline is not None else None
    for y, score in enumerate(probes):
        _dot(axes, score, y, BLACK if score.probe == chosen else BLUE, "D" if score.probe == chosen else "o")
    names = [f"{score.probe} (heaviest)" if score.probe == chosen else str(score.probe) for score in probes]
    chance(axes)
    axes.set_yticks(range(len(probes)), names, fontsize=8.5)
    axes.set_ylim(len(probes) - 0.4, -0.6)
    axes.set_xlabel(f"{file.head.protected.capitalize()} decodability of the features,\nprobe by probe, AUROC")
    tidy(axes)


def _reading(file: ScoreFile, layer: str, reference: str | None) -> Score | None:
    metric = "decodability_null" if reference == "permuted" else DECODABILITY.key
    return file.find.one(metric, layer=layer, attribute=PROTECTED, reference=reference)


def _dot(axes: Axes, score: Score, y: float, colour: str, marker: str, label: str | None = None) -> None:
    if score.value is None:
        words = textwrap.shorten(score.note or "not scored", 46, placeholder=" …")
        note = axes.annotate(
            words, (0.02, y), xycoords=("axes fraction", "data"), ha="left", va="center",
            fontsize=8, style="italic", color="0.35",
        )  # fmt: skip
        note.set_in_layout(False)  # or it would press the panels together
        return
    if score.low is not None and score.high is not None:
        axes.plot([score.low, score.high], [y, y], color=colour, linewidth=1.4, alpha=0.7, solid_capstyle="round")
    axes.plot([score.value], [y], marker=marker, color=colour, markersize=5.5, linestyle="none", label=label)
