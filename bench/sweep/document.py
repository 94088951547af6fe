"""What ``bench sweep`` shows of its trials on validation patients, and of the rule that chose one."""

from __future__ import annotations

from bench.pages.document import DIGITS, Column, Document, Facts, Mark, Number, Paragraph, Row, Section, single
from bench.sweep.rule import decodability, macro_auroc
from bench.sweep.search import Sweep
from bench.sweep.study import describe

_SCORE = f".{DIGITS}f"
_COLUMNS = (Column(""), Column("trial"), Column("AUROC"), Column("decodability"), Column("hyperparameters"))


def document(sweep: Sweep) -> Document:
    """The trials, the chosen one marked, and why it was chosen."""
    baseline = sweep.baseline
    rows: list[Row] = [
        ("", sweep.against, Number(macro_auroc(baseline), _SCORE), Number(decodability(baseline), _SCORE), "")
    ]
    for number, trial in enumerate(sweep.trials, start=1):
        chosen = Mark(trial.number == sweep.chosen.number, "→")
        auroc, decoded = (Number(value, _SCORE) for value in trial.values)
        rows.append((chosen, str(number), auroc, decoded, describe(dict(trial.params))))
    if sweep.within:
        rule = f"→ lowest decodability among trials whose AUROC is {sweep.limit:.3f} or more."
    else:
        rule = f"→ highest AUROC: no trial reached {sweep.limit:.3f}. More trials may (sweep.trials=…)."
    blocks = (single(_COLUMNS, rows), Paragraph(rule), Facts((("Trials", str(sweep.storage)),)))
    return Document((Section(blocks),), "Validation patients")
