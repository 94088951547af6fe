"""How to read a leaderboard: what its columns, references and flags mean."""

from __future__ import annotations

from collections.abc import Iterable

from bench.leaderboard.table import LEACE, Table, shown
from bench.pages.document import Bullets, Formula, Item, Piece, Text, code, joined
from bench.records import BASELINE, External
from bench.scoring.decodability.flags import MEANINGS, split

#: What the titles of columns leave open, by the column's key, for a caption.
_IN_CAPTION: dict[str, tuple[Piece, ...]] = {
    "decodability_conditional": ("C: labels, view, sex and age, as far as the task has them.",),
    "residual": (
        "Residual: ",
        Formula(f"(D − .5) / (D of {BASELINE} − .5)", rf"(D - .5) / (D_{{\mathrm{{{BASELINE}}}}} - .5)"),
        " of the features.",
    ),
    "removal": (
        "Removal: the smallest δ with all probes' upper bounds below ",
        Formula(".5 + δ", r".5 + \delta"),
        " in every seed.",
    ),
}
_VALUES = (
    "Each value is the mean over seeds, with its 95% interval beneath: of one seed, the run's own; of several, mean ± "
    "t·√(mean of the runs' sampling variances + variance between seeds / number of seeds), t by Satterthwaite's "
    "degrees of freedom. The test patients are the same for every seed, so the first term does not shrink with more "
    "seeds."
)
_SIGNS = "↑ higher is better, ↓ lower is better; the best of a column is bold. – : not scored, or too few patients."
_RESIDUAL: Text = (
    "Residual: (D − 0.5) / (D of ",
    code(BASELINE),
    " − 0.5), D the decodability of the features: 1 is what plain training leaves, 0 is nothing. It has no interval of "
    "its own: both are read on the same patients.",
)
_REMOVAL = (
    "Removal: the smallest margin δ for which, in every seed, every probe's one-sided 95% upper bound lies below 0.5 + "
    "δ. no: in some seed a probe may read more; underpowered: too few patients to say; unreliable: a control failed. "
    "Anything but yes is no claim."
)
_PARETO = (
    "Pareto front (★): no other row of the section has at least the same diagnosis AUROC and at most the same "
    "decodability of the features, one of them better, judged by means. These rows stand first; then rows go by "
    "decodability."
)


def in_caption(keys: Iterable[str]) -> tuple[Piece, ...]:
    """What the titles of the columns with these keys leave open, in few words, a space before each sentence."""
    return tuple(piece for key in keys if key in _IN_CAPTION for piece in (" ", *_IN_CAPTION[key]))


def reading(table: Table) -> Bullets:
    """What the columns that a table shows mean, and the flags in it."""
    protected = table.key.protected
    there = {table.columns[i].key for i in shown(table.sections())}
    told: list[tuple[str | None, Text]] = [(None, _VALUES)]
    if table.true_labels:
        names = joined(code(name) for name in table.true_labels)
        labels = ("Scored against true labels (", *names, "); training and thresholds took the reported ones.")
        told.append((None, labels))
    told += [(None, _SIGNS), *_columns(protected), (None, _references(table, protected))]
    told += [(None, _external(other)) for other in table.externals]
    items = [Item(text) for key, text in told if key is None or key in there]
    if "flags" in there:
        words = "Flags of any seed, on the run or its features unless the outputs are named:"
        items.append(Item(words, tuple(_meanings(table))))
    return Bullets(tuple(items))


def _columns(protected: str) -> list[tuple[str | None, Text]]:
    """What the columns mean, with the key of the column that a sentence is about."""
    return [
        (
            "decodability_conditional",
            "Given C: the same among images alike in C, that is in labels, view, sex and age as far as the task has "
            f"them, so that {protected} cannot be told by what goes with it.",
        ),
        ("residual", _RESIDUAL),
        ("removal", _REMOVAL),
        (
            "counterfactual_effect",
            "Counterfactual effect: how much a probability changes, up or down, when the same patient is rendered with "
            f"another {protected} and all else as it was; the mean over images, pairs and targets. Features may hold "
            f"{protected} without any use of it by the outputs.",
        ),
        ("pareto", _PARETO),
        (None, f"Worst group, equalized odds and underdiagnosis are over the groups of {protected}."),
        (
            None,
            f"Group labels used: whether the method is given {protected} never, in training, or also when it predicts. "
            "The last are ranked apart.",
        ),
    ]


def _external(other: External) -> str:
    """What the columns of another set are."""
    count = f"{other.data.images['test']:,} images of {other.data.patients['test']:,} test patients"
    synthetic = " (synthetic)" if other.data.synthetic else ""
    return (
        f"On {other.name}{synthetic}: external validation, the same networks on {count} of a set they were not trained "
        f"on. Targets: {', '.join(other.targets)}; groups: {', '.join(other.groups)}."
    )


def _references(table: Table, protected: str) -> Text:
    told = [
        "the same architecture untrained",
        f"the probe when {protected} is permuted over patients, whose brackets hold 95% of the permutations",
    ]
    if any(title == LEACE for title, _ in table.references):
        told.append("the features after LEACE, which removes what linear probes read")
    ranked = " Methods among them are ranked with nobody." if table.reference_rows else ""
    return (f"References: {'; '.join(told)} (from the runs of ", code(BASELINE), f" where there are any).{ranked}")


def _meanings(table: Table) -> list[str]:
    """What the flags in the table mean."""
    position = next(i for i, column in enumerate(table.columns) if column.key == "flags")
    cells = [line.cells[position] for section in table.sections() for line in section.lines]
    raised = {split(flag)[1] for cell in cells if isinstance(cell, tuple) for flag in cell}
    return [f"{name}: {meaning}" for name, meaning in MEANINGS.items() if name in raised]
