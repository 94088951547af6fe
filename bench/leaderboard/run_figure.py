"""The figure of one run: whom it diagnoses how well, and how well race can still be read from it."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.leaderboard.style import BLACK, BLUE, GREEN, GREY, new_figure
from bench.records import Record, Score

_READERS = (
    (None, "this network", BLUE, "o"),
    ("untrained", "same network, untrained", GREEN, "s"),
    ("permuted", "permuted groups", GREY, "D"),
)


def run_figure(record: Record) -> Figure:
    """One run: diagnosis by group on the left, decodability by view with its references on the right."""
    groups = _by_group(record)
    rows = sum(len(scores) for scores in groups.values())
    figure = new_figure(9.2, max(3.2, 1.5 + 0.24 * (rows + len(groups))))
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    _draw_groups(left, record, groups)
    _draw_views(right, record)
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
    _tidy(axes)


def _draw_views(axes: Axes, record: Record) -> None:
    views = [view for view in ("penultimate", "outputs") if _find(record, "decodability", view=view) is not None]
    for row, view in enumerate(views):
        for step, (reference, name, colour, marker) in enumerate(_READERS):
            metric = "decodability_null" if reference == "permuted" else "decodability"
            score = _find(record, metric, view=view, reference=reference)
            if score is not None:
                _dot(axes, score, row + 0.22 * (step - 1), colour, marker, label=name)
    axes.axvline(0.5, color=GREY, linewidth=0.8, linestyle=":", zorder=0, label="chance")
    axes.set_yticks(range(len(views)), ["features" if view == "penultimate" else view for view in views], fontsize=8.5)
    axes.set_ylim(len(views) - 0.4, -0.6)
    axes.set_xlabel(f"{record.task.protected.capitalize()} decodability, AUROC")
    handles, names = axes.get_legend_handles_labels()
    unique = dict(zip(names, handles, strict=True))
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.legend(unique.values(), unique.keys(), loc="outside lower right", ncols=4, frameon=False, fontsize=8)
    _tidy(axes)


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


def _tidy(axes: Axes, sides: Sequence[str] = ("top", "right")) -> None:
    axes.spines[list(sides)].set_visible(False)
    axes.grid(axis="x", linewidth=0.5, alpha=0.35)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8.5)
