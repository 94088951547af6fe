"""What ``bench run`` shows: both kinds of scores of a run, and those on other sets beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.pages.document import (
    DIGITS,
    Block,
    Cell,
    Column,
    Document,
    Facts,
    Grid,
    Missing,
    Number,
    Paragraph,
    Row,
    Rows,
    Section,
    strong,
)
from bench.records import DataInfo, External, Record, Score
from bench.scoring.decodability.document import COLUMNS, REFERENCES, cell, evidence, probes, readings, where

_FAIRNESS = {
    "worst_auroc": "macro, worst group",
    "auroc_gap": "macro, gap between groups",
    "equalized_odds_difference": "equalized-odds difference",
    "demographic_parity_difference": "demographic-parity difference",
    "counterfactual_effect": "counterfactual effect (mean change of p between twins)",
    "underdiagnosis_rate_gap": "underdiagnosis gap (false positives of no finding)",
}


def document(record: Record, folder: Path) -> Document:
    """The scores on test patients (validation patients, where only those were scored), and where the record lies."""
    split = "test" if "test" in record.scored else "val"
    scores = where(record.scores, split=split)
    synthetic = " (synthetic patients, not real ones)" if record.data.synthetic else ""
    patients = f"{record.data.patients[split]} {split} patients"
    home: list[Block] = [_grid(record, scores), *evidence(scores, record.flags, record.task.protected)]
    if record.data.true_labels and split == "test":
        labels = ", ".join(record.data.true_labels)
        home.append(Paragraph(f"Scored against true labels, trained on reported ones: {labels}"))
    home += _attrition(record.data)
    return Document(
        title=f"{record.method.name} on {record.task.name}, {record.data.dataset}{synthetic}: {patients}",
        sections=(
            Section(tuple(home)),
            *(_external(record, other) for other in record.external),
            Section((Facts((("Record", str(folder / "record.json")),)),)),
        ),
    )


def _grid(record: Record, scores: Sequence[Score]) -> Grid:
    protected = record.task.protected
    decodability = (strong(f"Residual decodability of {protected}"), " (AUROC; 0.5 = cannot be read)")
    parts = (
        Rows(tuple(_diagnosis(scores, protected)), (strong("Diagnosis"), " (AUROC)")),
        Rows(tuple(readings(scores, protected)), decodability),
        *probes(scores),
    )
    return Grid(COLUMNS, parts, intervals="apart")


def _diagnosis(scores: Sequence[Score], protected: str) -> list[Row]:
    """The AUROC of every target, of every group, and the fairness scores."""
    named = [(f"{score.target}", score) for score in where(scores, metric="auroc", attribute=None)]
    groups = where(scores, metric="auroc", attribute=protected, target="macro")
    named += [(f"macro, {score.group}", score) for score in groups]
    for metric, words in _FAIRNESS.items():
        for score in where(scores, metric=metric, attribute=protected, group=None):
            if score.target in ("macro", None) or metric.startswith("underdiagnosis"):
                named.append((words, score))
    return [(words, cell(score)) for words, score in named]


def _external(record: Record, other: External) -> Section:
    """Both kinds of scores on a set that was not trained on, beside those on the record's own test patients."""
    protected = record.task.protected
    wanted: list[tuple[str, str, str | None]] = [("auroc", target, None) for target in (*other.targets, "macro")]
    wanted += [("auroc", "macro", group) for group in other.groups]
    wanted += [("worst_auroc", "macro", None), ("auroc_gap", "macro", None)]
    rows: list[Row] = []
    for metric, target, group in wanted:
        attribute = None if metric == "auroc" and group is None else protected
        label = f"{target}, {group}" if group else _FAIRNESS.get(metric, target)
        rows += _beside(record, other, label, metric=metric, target=target, attribute=attribute, group=group)
    for view in ("penultimate", "outputs"):
        for reference in (None, "untrained"):
            label = f"{protected} from {'features' if view == 'penultimate' else view}"
            label += f", {REFERENCES[reference]}" if reference else ""
            rows += _beside(record, other, label, metric="decodability", view=view, reference=reference)
    grid = Grid((*COLUMNS, Column("in distribution")), (Rows(tuple(rows)),), intervals="apart")
    lacking = ", ".join(target for target in record.task.targets if target not in other.targets)
    said = (Paragraph(f"{other.name} has no labels of {lacking}: its macro values are without them."),)
    return Section((grid, *(said if lacking else ())), f"On {other.name}: {other.data.patients['test']} test patients")


def _beside(record: Record, other: External, label: str, **dimensions: str | None) -> list[Row]:
    """The row of a score on another set, with the same score at home; none where it was not scored there."""
    home: Cell = Missing()
    for score in where(record.scores, split="test", **dimensions)[:1]:
        home = home if score.value is None else Number(score.value, f".{DIGITS}f")
    return [(label, cell(score), home) for score in where(other.scores, **dimensions)[:1]]


def _attrition(data: DataInfo) -> list[Block]:
    rows = data.attrition
    lines = (
        {"Left out": rows.excluded, "Unknown": rows.unknown, "Of that": rows.set_to_unknown}
        if rows
        else {"Left out or set to unknown": data.excluded}
    )
    return [
        Paragraph(f"{what}: " + "; ".join(f"{reason}: {n:,}" for reason, n in counts.items()))
        for what, counts in lines.items()
        if counts
    ]
