"""What ``bench run`` shows: both kinds of scores of a run, and those on other sets beside them."""

from __future__ import annotations

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
from bench.records import (
    FEATURES,
    MACRO,
    NETWORK,
    OUTPUTS,
    PROTECTED,
    Cost,
    DataInfo,
    Record,
    RunRecord,
    Score,
    ScoreFile,
    Scores,
)
from bench.scoring.catalogue import AUROC, BY_KEY, CONDITION_LOSS, EFFECTIVE_SHARE, MEASURES
from bench.scoring.document import COLUMNS, REFERENCES, cell, evidence, probes, readings
from bench.scoring.measures import CONDITION, CONDITIONS, PERMUTED, null_of


def document(record: Record, file: ScoreFile, folder: Path) -> Document:
    """Both kinds of scores of one file, those of its kind elsewhere, and where the record lies."""
    run, head, scores = record.run, file.head, file.find
    synthetic = " (synthetic patients, not real ones)" if head.synthetic else ""
    patients = f"{head.patients} {head.place} patients"
    trial, conditions = record.beside(file, "trial"), record.beside(file, "conditions")
    home: list[Block] = [_grid(scores), *evidence(scores, file.flags, claims=trial is None)]
    if run.data.true_labels and head.place == "test":
        labels = ", ".join(run.data.true_labels)
        home.append(Paragraph(f"Scored against true labels, trained on reported ones: {labels}"))
    home += _attrition(run.data)
    return Document(
        title=f"{run.method.name} on {run.task.name}, {head.dataset}{synthetic}: {patients}",
        sections=(
            Section(tuple(home)),
            *([_trial(trial)] if trial else []),
            *([_conditions(conditions)] if conditions else []),
            *(_elsewhere(run, file, other) for other in record.elsewhere(file)),
            Section((Facts((*_cost(run.training.cost), ("Record", str(folder)))),)),
        ),
    )


def _cost(cost: Cost | None) -> tuple[tuple[str, str], ...]:
    """What training cost, where the record says it."""
    if cost is None:
        return ()
    said = f"{cost.relative:.2f} × the image passes of plain training, {cost.seconds:,.0f} s, "
    said += f"{cost.peak_memory / 2**20:,.0f} MiB at most"
    said += f", {cost.extra_parameters:,} parameters beside encoder and head" if cost.extra_parameters else ""
    return (("Training", said + (f"; begun with a file ({', '.join(cost.files)})" if cost.files else "")),)


def _trial(file: ScoreFile) -> Section:
    """What is read of patients whose group was drawn at random: what is said of removal is said of this."""
    protected = file.head.protected
    words = f"Trial: {file.head.patients:,} patients rendered for scoring alone, {protected} drawn at random"
    said = Paragraph(
        f"Nothing goes with {protected} here but what the network makes of its pixels: chance is 0.5 exactly."
    )
    grid = Grid(COLUMNS, (Rows(tuple(readings(file.find))), *probes(file.find)), intervals="apart")
    return Section((said, grid, *evidence(file.find, file.flags)), words)


def _conditions(file: ScoreFile) -> Section:
    """The diagnosis in each test condition, and what of it is lost."""
    rows: list[Row] = []
    of = {"target": MACRO, "attribute": CONDITION}
    for condition in CONDITIONS:
        score = file.find.one(AUROC.key, group=condition, **of)
        lost = file.find.one(CONDITION_LOSS.key, group=condition, **of)
        if score is not None:
            rows.append((condition, cell(score), Missing() if lost is None else cell(lost)))
    columns = (Column(""), Column("AUROC, macro"), Column("AUROC lost"))
    shares = [score.value for score in file.find.every(EFFECTIVE_SHARE.key) if score.value is not None]
    protected = file.head.protected
    how = f"{file.head.patients:,} patients rendered for scoring alone, the same in each."
    if shares:
        how = f"Test patients, weighted by {protected} and label: an effective sample of {min(shares):.0%} or more."
    words = f"Test conditions: {protected} and disease tied as in training, untied (balanced), tied the other way"
    return Section((Paragraph(how), Grid(columns, (Rows(tuple(rows)),), intervals="beside")), words)


def _grid(scores: Scores) -> Grid:
    decodability = (strong(f"Residual decodability of {scores.protected}"), " (AUROC; 0.5 = cannot be read)")
    parts = (
        Rows(tuple(_diagnosis(scores)), (strong("Diagnosis"), " (AUROC)")),
        Rows(tuple(readings(scores)), decodability),
        *probes(scores),
    )
    return Grid(COLUMNS, parts, intervals="apart")


def _diagnosis(scores: Scores) -> list[Row]:
    """The AUROC of every target, of every group, and what the catalogue shows beside it."""
    named = [(f"{score.target}", score) for score in scores.every("auroc", attribute=None)]
    groups = scores.every("auroc", attribute=PROTECTED, target=MACRO)
    named += [(f"{MACRO}, {score.group}", score) for score in groups]
    for measure in MEASURES:
        if measure.screen:
            for score in scores.every(measure.key, attribute=PROTECTED, group=None):
                if score.target in (MACRO, None) or "no_finding" in measure.needs:
                    named.append((f"{measure.screen}{_by_chance(scores, score)}", score))
    return [(words, cell(score)) for words, score in named]


def _by_chance(scores: Scores, gap: Score) -> str:
    """What a gap is where there is none; empty of what is no gap."""
    null = scores.one(null_of(gap.metric), target=gap.target, attribute=gap.attribute, reference=PERMUTED)
    if null is None or null.value is None or null.high is None:
        return ""
    return f" (by chance {null.value:.{DIGITS}f}, 95% below {null.high:.{DIGITS}f})"


def _elsewhere(run: RunRecord, home: ScoreFile, other: ScoreFile) -> Section:
    """Both kinds of scores on a set that was not trained on, beside those on the test patients of the one that was."""
    head = other.head
    wanted: list[tuple[str, str, str | None]] = [("auroc", target, None) for target in (*head.targets, MACRO)]
    wanted += [("auroc", MACRO, group) for group in head.groups]
    wanted += [("worst_auroc", MACRO, None), ("auroc_gap", MACRO, None)]
    rows: list[Row] = []
    for metric, target, group in wanted:
        attribute = None if metric == "auroc" and group is None else PROTECTED
        label = f"{target}, {group}" if group else BY_KEY[metric].screen or target
        rows += _beside(home, other, label, metric, target=target, attribute=attribute, group=group)
    for layer in (NETWORK, FEATURES, OUTPUTS):
        for reference in (None, "untrained"):
            label = f"{head.protected} from {layer}" + (f", {REFERENCES[reference]}" if reference else "")
            rows += _beside(home, other, label, "decodability", layer=layer, reference=reference, attribute=PROTECTED)
    grid = Grid((*COLUMNS, Column("in distribution")), (Rows(tuple(rows)),), intervals="apart")
    lacking = ", ".join(target for target in run.task.targets if target not in head.targets)
    said = (Paragraph(f"{head.arena} has no labels of {lacking}: its macro values are without them."),)
    return Section((grid, *(said if lacking else ())), f"On {head.arena}: {head.patients} test patients")


def _beside(home: ScoreFile, other: ScoreFile, label: str, metric: str, **dimensions: str | None) -> list[Row]:
    """The row of a score on another set, with the same score at home; none where it was not scored there."""
    score, own = other.find.one(metric, **dimensions), home.find.one(metric, **dimensions)
    if score is None:
        return []
    beside: Cell = Missing() if own is None or own.value is None else Number(own.value, f".{DIGITS}f")
    return [(label, cell(score), beside)]


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
