"""How to read a leaderboard: what its columns, references and flags mean."""

from __future__ import annotations

from bench.leaderboard.table import LEACE, Table, shown
from bench.pages.escaping import markdown
from bench.records import BASELINE, External
from bench.scoring.decodability.flags import MEANINGS, split


def reading(table: Table, protected: str) -> str:
    """A list in Markdown of what the columns that a table shows mean; ``protected`` is its attribute, escaped."""
    there = {table.columns[i].key for i in shown(table.sections())}
    told: list[tuple[str | None, str]] = [
        (
            None,
            "Each value is the mean over seeds, with its 95% interval beneath: of one seed, the run's own; of several, "
            "mean ± t·√(mean of the runs' sampling variances + variance between seeds / number of seeds), t by "
            "Satterthwaite's degrees of freedom. The test patients are the same for every seed, so the first term does "
            "not shrink with more seeds.",
        ),
        (
            None,
            "↑ higher is better, ↓ lower is better; the best of a column is bold. – : not scored, or too few patients.",
        ),
        (
            "decodability_conditional",
            "Given C: the same among images alike in C, that is in labels, view, sex and age as far as the task has "
            f"them, so that {protected} cannot be told by what goes with it.",
        ),
        (
            "residual",
            f"Residual: (D − 0.5) / (D of `{BASELINE}` − 0.5), D the decodability of the features: 1 is what plain "
            "training leaves, 0 is nothing. It has no interval of its own: both are read on the same patients.",
        ),
        (
            "removal",
            "Removal: the smallest margin δ for which, in every seed, every probe's one-sided 95% upper bound lies "
            "below 0.5 + δ. no: in some seed a probe may read more; underpowered: too few patients to say; unreliable: "
            "a control failed. Anything but yes is no claim.",
        ),
        (
            "counterfactual_effect",
            "Counterfactual effect: how much a probability changes, up or down, when the same patient is rendered with "
            f"another {protected} and all else as it was; the mean over images, pairs and targets. Features may hold "
            f"{protected} without any use of it by the outputs.",
        ),
        (
            "pareto",
            "Pareto front (★): no other row of the section has at least the same diagnosis AUROC and at most the same "
            "decodability of the features, one of them better, judged by means. These rows stand first; then rows go "
            "by decodability.",
        ),
        (None, f"Worst group, equalized odds and underdiagnosis are over the groups of {protected}."),
        (
            None,
            f"Group labels used: whether the method is given {protected} never, in training, or also when it predicts. "
            "The last are ranked apart.",
        ),
        (None, _references(table, protected)),
        ("flags", "Flags of any seed, on the run or its features unless the outputs are named:"),
    ]
    if table.true_labels:
        names = ", ".join(f"`{name}`" for name in table.true_labels)
        told.insert(1, (None, f"Scored against true labels ({names}); training and thresholds took the reported ones."))
    told[-1:-1] = [(None, _external(other)) for other in table.externals]
    lines = [text for key, text in told if key is None or key in there]
    return "\n".join([*(f"- {line}" for line in lines), *(f"  - {line}" for line in _meanings(table))])


def _external(other: External) -> str:
    """What the columns of another set are."""
    count = f"{other.data.images['test']:,} images of {other.data.patients['test']:,} test patients"
    synthetic = " (synthetic)" if other.data.synthetic else ""
    return (
        f"On {markdown(other.name)}{synthetic}: external validation, the same networks on {count} of a set they were "
        f"not trained on. Targets: {markdown(', '.join(other.targets))}; groups: {markdown(', '.join(other.groups))}."
    )


def _references(table: Table, protected: str) -> str:
    told = [
        "the same architecture untrained",
        f"the probe when {protected} is permuted over patients, whose brackets hold 95% of the permutations",
    ]
    if any(title == LEACE for title, _ in table.references):
        told.append("the features after LEACE, which removes what linear probes read")
    text = f"References: {'; '.join(told)} (from the runs of `{BASELINE}` where there are any)."
    return text + (" Methods among them are ranked with nobody." if table.reference_rows else "")


def _meanings(table: Table) -> list[str]:
    """What the flags in the table mean."""
    position = next(i for i, column in enumerate(table.columns) if column.key == "flags")
    cells = [line.cells[position] for section in table.sections() for line in section.lines]
    raised = {split(flag)[1] for cell in cells if isinstance(cell, tuple) for flag in cell}
    return [f"{name}: {meaning}" for name, meaning in MEANINGS.items() if name in raised]
