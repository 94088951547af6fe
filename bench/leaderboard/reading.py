"""How to read a leaderboard: what its columns, references and flags mean."""

from __future__ import annotations

from bench.leaderboard.table import LEACE, Table, shown
from bench.pages.escaping import markdown
from bench.records import BASELINE, ScoreFile
from bench.scoring.decodability.flags import MEANINGS, split


def reading(table: Table, protected: str) -> str:
    """A list in Markdown of what the columns that a table shows mean; ``protected`` is its attribute, escaped."""
    there = [table.columns[i] for i in shown(table.sections())]
    lines = [
        "Each value is the mean over seeds, with its 95% interval beneath: of one seed, the run's own; of several, "
        "mean ± t·√(mean of the runs' sampling variances + variance between seeds / number of seeds), t by "
        "Satterthwaite's degrees of freedom. The test patients are the same for every seed, so the first term does "
        "not shrink with more seeds."
    ]
    if table.true_labels:
        names = ", ".join(f"`{name}`" for name in table.true_labels)
        lines.append(f"Scored against true labels ({names}); training and thresholds took the reported ones.")
    lines.append(
        "↑ higher is better, ↓ lower is better; the best of a column is bold. – : not scored, or too few patients."
    )
    for measure in dict.fromkeys(column.measure for column in there if column.measure and column.measure.legend):
        lines.append(f"{measure.legend}: {measure.meaning.format(protected=protected, baseline=BASELINE)}")
    keys = {column.key for column in there}
    if "pareto" in keys:
        lines.append(
            "Pareto front (★): no other row of the section has at least the same diagnosis AUROC and at most the same "
            "decodability of the features, one of them better, judged by means. These rows stand first; then rows go "
            "by decodability."
        )
    lines += [
        f"Worst group, equalized odds and underdiagnosis are over the groups of {protected}.",
        f"Group labels used: whether the method is given {protected} never, in training, or also when it predicts. "
        "The last are ranked apart.",
        _references(table, protected),
        *(_elsewhere(file) for file in table.elsewhere),
    ]
    if "flags" in keys:
        lines.append("Flags of any seed, on the run or its features unless the outputs are named:")
    return "\n".join([*(f"- {line}" for line in lines), *(f"  - {line}" for line in _meanings(table))])


def _elsewhere(file: ScoreFile) -> str:
    """What the columns of another set are."""
    head = file.head
    count = f"{head.n:,} images of {head.patients:,} test patients"
    synthetic = " (synthetic)" if head.synthetic else ""
    return (
        f"On {markdown(head.arena)}{synthetic}: external validation, the same networks on {count} of a set they were "
        f"not trained on. Targets: {markdown(', '.join(head.targets))}; groups: {markdown(', '.join(head.groups))}."
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
