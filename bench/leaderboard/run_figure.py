"""The figure of one run: whom it diagnoses how well, and how well race can still be read from it, by whom, how deep."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.leaderboard.claims import VIEW, short
from bench.pages.style import BLACK, BLUE, GREEN, GREY, PURPLE, chance, new_figure, tidy
from bench.records import Record, Score

_READERS = (
    (None, "this network", BLUE, "o"),
    ("untrained", "same network, untrained", GREEN, "s"),
    ("leace", "after LEACE", PURPLE, "^"),
    ("permuted", "permuted groups", GREY, "D"),
)


def run_figure(record: Record) -> Figure:
    """One run: diagnosis by group and decodability by view; below, decodability by noise added and by probe.

    What the record does not hold is left out, the lower half with it.
    """
    groups = _by_group(record)
    rows = sum(len(scores) for scores in groups.values()) + len(groups)
    views = _views(record)
    upper = max(2.4, 0.9 + 0.24 * max(rows, 2 * len(views)))
    depths, probes = _every(record, "decodability_depth"), _every(record, "decodability_probe")
    lower = max(2.4 if depths else 0, 0.9 + 0.24 * len(probes) if probes else 0)
    figure = new_figure(9.2, upper + lower + 0.8)
    heights = (upper, lower) if lower else (upper,)
    grid = figure.add_gridspec(len(heights), 2, width_ratios=(1.25, 1), height_ratios=heights)
    _draw_groups(figure.add_subplot(grid[0, 0]), record, groups)
    _draw_views(figure.add_subplot(grid[0, 1]), record, views)
    if depths:
        _draw_depth(figure.add_subplot(grid[1, 0] if probes else grid[1, :]), record, depths)
    if probes:
        _draw_probes(figure.add_subplot(grid[1, 1] if depths else grid[1, :]), record, probes)
    data = f"{record.data.dataset} (synthetic data)" if record.data.synthetic else record.data.dataset
    figure.suptitle(f"{record.method.name}: {record.task.name} on {data}, seed {record.seed}", fontsize=11)
    return figure


def _by_group(record: Record) -> dict[str, list[Score]]:
    """Macro AUROC of each group, by attribute, the protected one first; crossed attributes left out."""
    found: dict[str, list[Score]] = {record.task.protected: []}
    for score in record.scores:
        if (score.metric, score.target, score.split, score.reference) != ("auroc", "macro", "test", None):
            continue
        if score.attribute and score.group and " x " not in score.attribute:
            found.setdefault(score.attribute, []).append(score)
    return {attribute: scores for attribute, scores in found.items() if scores}


def _views(record: Record) -> list[str]:
    """The views that were read: the features, the outputs, then the stages from the last to the first."""
    read = {s.view for s in record.scores if (s.metric, s.reference, s.split) == ("decodability", None, "test")}
    named = [view for view in (VIEW, "outputs") if view in read]
    stages = sorted((view for view in read if view and view not in named), key=lambda view: (len(view), view))
    return [*named, *reversed(stages)]


def _every(record: Record, metric: str) -> list[Score]:
    """The scores of one metric of the network's own features, in the order of the record."""
    about = (metric, record.task.protected, None, VIEW, None, "test")
    return [s for s in record.scores if (s.metric, s.attribute, s.group, s.view, s.reference, s.split) == about]


def _draw_groups(axes: Axes, record: Record, groups: dict[str, list[Score]]) -> None:
    ticks: list[tuple[int, str]] = []
    y = 0
    overall = _find(record, "auroc", target="macro")
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


def _draw_views(axes: Axes, record: Record, views: Sequence[str]) -> None:
    for row, view in enumerate(views):
        found = [(_reading(record, view, reader[0]), reader) for reader in _READERS]
        read = [(score, reader) for score, reader in found if score is not None]
        for step, (score, (_, name, colour, marker)) in enumerate(read):
            _dot(axes, score, row + 0.2 * (step - (len(read) - 1) / 2), colour, marker, label=name)
    chance(axes, label="chance")
    axes.set_yticks(range(len(views)), ["features" if view == VIEW else view for view in views], fontsize=8.5)
    axes.set_ylim(len(views) - 0.4, -0.6)
    axes.set_xlabel(f"{record.task.protected.capitalize()} decodability, AUROC")
    handles, names = axes.get_legend_handles_labels()
    unique = dict(zip(names, handles, strict=True))
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=5, frameon=False, fontsize=8)
    tidy(axes)


def _draw_depth(axes: Axes, record: Record, depths: Sequence[Score]) -> None:
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
    axes.set_ylabel(f"{record.task.protected.capitalize()} decodability\nby linear probes, AUROC", fontsize=9)
    tidy(axes, grid="y")


def _draw_probes(axes: Axes, record: Record, probes: Sequence[Score]) -> None:
    headline = _find(record, "decodability", view=VIEW)
    chosen = headline.probe if headline is not None else None
    for y, score in enumerate(probes):
        _dot(axes, score, y, BLACK if score.probe == chosen else BLUE, "D" if score.probe == chosen else "o")
    names = [f"{score.probe} (chosen)" if score.probe == chosen else str(score.probe) for score in probes]
    chance(axes)
    axes.set_yticks(range(len(probes)), names, fontsize=8.5)
    axes.set_ylim(len(probes) - 0.4, -0.6)
    axes.set_xlabel(f"{record.task.protected.capitalize()} decodability of the features, AUROC")
    tidy(axes)


def _reading(record: Record, view: str, reference: str | None) -> Score | None:
    metric = "decodability_null" if reference == "permuted" else "decodability"
    return _find(record, metric, view=view, reference=reference)


def _find(
    record: Record, metric: str, target: str | None = None, view: str | None = None, reference: str | None = None
) -> Score | None:
    wanted = (metric, target, None, view, reference, "test")
    attributes = (None, record.task.protected) if metric.startswith("decodability") else (None,)
    for score in record.scores:
        dimensions = (score.metric, score.target, score.group, score.view, score.reference, score.split)
        if dimensions == wanted and score.attribute in attributes:
            return score
    return None


def _dot(axes: Axes, score: Score, y: float, colour: str, marker: str, label: str | None = None) -> None:
    if score.value is None:
        axes.annotate(
            score.note or "not scored", (0.02, y), xycoords=("axes fraction", "data"), ha="left", va="center",
            fontsize=8, style="italic", color="0.35",
        )  # fmt: skip
        return
    if score.low is not None and score.high is not None:
        axes.plot([score.low, score.high], [y, y], color=colour, linewidth=1.4, alpha=0.7, solid_capstyle="round")
    axes.plot([score.value], [y], marker=marker, color=colour, markersize=5.5, linestyle="none", label=label)
