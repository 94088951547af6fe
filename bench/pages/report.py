"""What the commands print of scores: those of a run in one table, on other sets, of anyone's features, of a sweep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.records import DataInfo, Record, RunRecord, Score, ScoreFile, Scores

if TYPE_CHECKING:
    from bench.sweep import Sweep

#: Where the output is no terminal there is no width to fit it in.
_WIDTH = 110


def console_of_output() -> Console:
    """The terminal, or as many columns as a file is given."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH)


def print_record(record: Record, file: ScoreFile, folder: Path) -> None:
    """Both kinds of scores of a run in one file of them, those of its kind elsewhere, and what it was trained on."""
    run, head, scores = record.run, file.head, file.scores
    console = console_of_output()
    data = f"{head.dataset} (synthetic patients, not real ones)" if head.synthetic else head.dataset
    title = f"{run.method.name} on {run.task.name}, {data}: {head.patients} {head.place} patients"
    table = Table("", "value", "95% interval", title=title, title_justify="left", box=None, pad_edge=False)
    table.add_row("[bold]Diagnosis[/bold] (AUROC)", "", "")
    for score in scores:
        if score.metric == "auroc" and score.attribute is None:
            _add(table, f"  {score.target}", score)
    protected = head.protected
    for score in scores:
        if score.metric == "auroc" and score.attribute == protected and score.target == "macro":
            _add(table, f"  macro, {score.group}", score)
    for metric, words in _FAIRNESS.items():
        for score in _where(scores, metric=metric, attribute=protected, group=None):
            if score.target in ("macro", None) or metric.startswith("underdiagnosis"):
                _add(table, f"  {words}", score)
    table.add_row("", "", "")
    table.add_row(f"[bold]Residual decodability of {protected}[/bold] (AUROC; 0.5 = cannot be read)", "", "")
    _add_decodability(table, scores, protected)
    console.print(table)
    _print_evidence(console, scores, file.flags, protected)
    if run.data.true_labels and head.place == "test":
        console.print(f"Scored against true labels, trained on reported ones: {', '.join(run.data.true_labels)}")
    _print_attrition(console, run.data)
    for other in record.elsewhere(file):
        _print_elsewhere(console, run, file, other)
    console.print(f"Record: {folder}", soft_wrap=True)


def _print_elsewhere(console: Console, run: RunRecord, home: ScoreFile, other: ScoreFile) -> None:
    """Both kinds of scores on a set that was not trained on, beside those on the test patients of the one that was."""
    protected, title = home.head.protected, f"On {other.head.arena}: {other.head.patients} test patients"
    table = Table("", "value", "95% interval", "in distribution", title=title, title_justify="left", box=None)
    wanted: list[tuple[str, str, str | None]] = [("auroc", target, None) for target in (*other.head.targets, "macro")]
    wanted += [("auroc", "macro", group) for group in other.head.groups]
    wanted += [("worst_auroc", "macro", None), ("auroc_gap", "macro", None)]
    for metric, target, group in wanted:
        attribute = None if metric == "auroc" and group is None else protected
        dimensions = {"metric": metric, "target": target, "attribute": attribute, "group": group}
        label = f"  {target}, {group}" if group else f"  {_FAIRNESS.get(metric, target)}"
        _add_beside(table, label, _where(other.scores, **dimensions), _where(home.scores, **dimensions))
    for layer in ("features", "outputs"):
        for reference in (None, "untrained"):
            dimensions = {"metric": "decodability", "layer": layer, "reference": reference}
            label = f"  {protected} from {layer}"
            label += f", {_REFERENCES[reference]}" if reference else ""
            own = _where(home.scores, **dimensions)
            _add_beside(table, label, _where(other.scores, **dimensions), own)
    console.print(table)
    lacking = [target for target in run.task.targets if target not in other.head.targets]
    if lacking:
        console.print(f"{other.head.arena} has no labels of {', '.join(lacking)}: its macro values are without them.")


def _add_beside(table: Table, label: str, scores: Sequence[Score], own: Sequence[Score]) -> None:
    for score in scores[:1]:
        _add(table, label, score, f"{own[0].value:.3f}" if own and own[0].value is not None else "–")


def _print_attrition(console: Console, data: DataInfo) -> None:
    rows = data.attrition
    lines = (
        {"Left out": rows.excluded, "Unknown": rows.unknown, "Of that": rows.set_to_unknown}
        if rows
        else {"Left out or set to unknown": data.excluded}
    )
    for what, counts in lines.items():
        if counts:
            console.print(f"{what}: " + "; ".join(f"{reason}: {n:,}" for reason, n in counts.items()))


def print_decodability(scores: Sequence[Score], flags: Sequence[str], protected: str) -> None:
    """What was read from features alone: their rows, the evidence and the flags."""
    console = console_of_output()
    headline = scores[0]
    title = (
        f"Decodability of {protected} (AUROC; 0.5 = cannot be read): {headline.n} images, {headline.patients} patients"
    )
    table = Table("", "value", "95% interval", title=title, title_justify="left", box=None, pad_edge=False)
    _add_decodability(table, scores, protected)
    for score in _where(scores, metric="decodability_ovr"):
        _add(table, f"  {score.group} against the rest", score)
    for metric, words in _INFORMATION.items():
        for score in _where(scores, metric=metric):
            _add(table, f"  {words}", score)
    console.print(table)
    _print_evidence(console, scores, flags, protected)


_INFORMATION = {
    "v_information": "usable information, bits per image (logistic)",
    "v_information_conditional": "usable information given C, bits per image",
}


def _print_evidence(console: Console, scores: Sequence[Score], flags: Sequence[str], protected: str) -> None:
    for line in (_depth(scores), _plants(scores), _removal(scores, flags, protected)):
        if line:
            console.print(line)
    _print_flags(console, flags)


def _add_decodability(table: Table, scores: Sequence[Score], protected: str) -> None:
    """The features' rows with their references, then the other views', then the features' by probe."""
    read = partial(_where, scores, layer="features")
    headline = read(metric="decodability", reference=None)
    for score in headline:
        _add(table, "  features", score)
    for score in read(metric="decodability_conditional", reference=None):
        _add(table, "  features, given C", score)
    for score in read(metric="decodability_worst_pair", reference=None):
        _add(table, f"  features, worst pair: {score.group}", score)
    for reference, words in _REFERENCES.items():
        for score in read(metric="decodability", reference=reference):
            _add(table, f"  features, {words}", score)
    for score in read(metric="decodability_null"):
        _add(table, f"  null: {protected} permuted over patients", score)
    for score in read(metric="decodability_random_label"):
        _add(table, "  null: a random label per patient", score)
    for layer in dict.fromkeys(s.layer for s in scores if s.layer not in (None, "features")):
        for score in _where(scores, metric="decodability", layer=layer, reference=None):
            _add(table, f"  {layer}", score)
        for score in _where(scores, metric="decodability_conditional", layer=layer, reference=None):
            _add(table, f"  {layer}, given C", score)
    probes = read(metric="decodability_probe", reference=None)
    if probes:
        table.add_row("  features, probe by probe (→ chosen most often on held-out patients)", "", "")
    for score in probes:
        chosen = any(score.probe == one.read_by for one in headline)
        _add(table, f"  {'→' if chosen else ' '} {score.probe}", score)


_REFERENCES = {"untrained": "same network untrained", "leace": "after LEACE"}


def _depth(scores: Sequence[Score]) -> str | None:
    """One line: what is left under noise of σ times the features' RMS."""
    depths = _where(scores, metric="decodability_depth", layer="features", reference=None)
    values = [f"σ={s.level:g} {s.value:.3f}" for s in depths if s.level is not None and s.value is not None]
    return f"[bold]Depth D(σ)[/bold] by linear probes: {', '.join(values)}" if values else None


def _plants(scores: Sequence[Score]) -> str | None:
    """One line: what was recovered of the signals planted along the spectrum, by kind and percentile."""
    found: dict[str, dict[str, str]] = {}
    for score in _where(scores, metric="decodability_plant", layer="features"):
        kind, _, percentile = (score.reference or "").removeprefix("planted ").partition(", percentile ")
        found.setdefault(kind, {})[percentile] = "–" if score.value is None else f"{score.value:.3f}"
    if not found:
        return None
    percentiles = dict.fromkeys(percentile for values in found.values() for percentile in values)
    kinds = [f"{kind} {'/'.join(values.get(p, '–') for p in percentiles)}" for kind, values in found.items()]
    return f"[bold]Planted signals recovered[/bold] (of 0.70, at {'/'.join(percentiles)}%): {', '.join(kinds)}"


def _removal(scores: Sequence[Score], flags: Sequence[str], protected: str) -> str | None:
    """What may be claimed of removal, in words."""
    from bench.leaderboard.claims import claim_of, removal_scores, short

    claims = removal_scores(Scores(scores, protected))
    found = claim_of([(claims, flags)])
    if found is None:
        return None
    removal = f"[bold]Removal of {protected}[/bold] from the features"
    if found.margin is not None:
        limit = f"{0.5 + found.margin:.2f}"
        return f"{removal}: granted at δ = {short(found.margin)}: every probe's upper bound is below {limit}."
    if found.verdict == "no":
        margins = ", ".join(short(s.level or 0.0) for s in claims if s.value == 0)
        bounds = _where(scores, metric="removal_bound", layer="features", reference=None)
        reads = [f"up to {s.value:.3f} ({s.read_by})" for s in bounds if s.value is not None]
        return f"{removal}: refused at δ = {margins}, as a probe may read {(*reads, 'more than 0.5 + δ')[0]}."
    if found.verdict == "underpowered":
        return f"{removal}: cannot be judged with so few patients; nothing may be claimed."
    return f"{removal}: nothing may be claimed, since a control failed (see the flags)."


def _print_flags(console: Console, flags: Sequence[str]) -> None:
    """Each flag once, where it was raised and what it means."""
    from bench.scoring.decodability.flags import MEANINGS, split

    where: dict[str, list[str]] = {}
    for view, name in map(split, flags):
        where.setdefault(name, []).append(view or "")
    for name, views in where.items():
        places = f" ({', '.join(filter(None, views))})" if any(views) else ""
        meaning = f": {MEANINGS[name]}" if name in MEANINGS else ""
        console.print(f"[bold]{name}[/bold]{places}{meaning}")


_FAIRNESS = {
    "worst_auroc": "macro, worst group",
    "auroc_gap": "macro, gap between groups",
    "equalized_odds_difference": "equalized-odds difference",
    "demographic_parity_difference": "demographic-parity difference",
    "counterfactual_effect": "counterfactual effect (mean change of p between twins)",
    "underdiagnosis_rate_gap": "underdiagnosis gap (false positives of no finding)",
}


def print_sweep(sweep: Sweep) -> None:
    """The trials of a sweep on validation patients, the chosen one marked, and the rule that chose it."""
    from bench.sweep import decodability, describe, macro_auroc

    console = console_of_output()
    table = Table("", "trial", "AUROC", "decodability", "hyperparameters", title="Validation patients", box=None)
    auroc, decoded = macro_auroc(sweep.baseline), decodability(sweep.baseline)
    table.add_row("", sweep.against, f"{auroc:.3f}", f"{decoded:.3f}", "")
    for number, trial in enumerate(sweep.trials, start=1):
        mark = "→" if trial.number == sweep.chosen.number else ""
        table.add_row(
            mark, str(number), f"{trial.values[0]:.3f}", f"{trial.values[1]:.3f}", describe(dict(trial.params))
        )
    console.print(table)
    if sweep.within:
        console.print(f"→ lowest decodability among trials whose AUROC is {sweep.limit:.3f} or more.")
    else:
        console.print(f"→ highest AUROC: no trial reached {sweep.limit:.3f}. More trials may (sweep.trials=…).")
    console.print(f"Trials: {sweep.storage}", soft_wrap=True)


def _where(scores: Iterable[Score], **dimensions: str | None) -> list[Score]:
    return [s for s in scores if all(getattr(s, name) == value for name, value in dimensions.items())]


def _add(table: Table, label: str, score: Score, *more: str) -> None:
    label = escape(label)
    if score.value is None:
        table.add_row(label, "–", escape(score.note or ""), *more)
        return
    interval = "" if score.low is None or score.high is None else f"{score.low:.3f} – {score.high:.3f}"
    table.add_row(label, f"{score.value:.3f}", interval, *more)
