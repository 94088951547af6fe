"""How to read a leaderboard: what its columns, references and flags mean."""

from __future__ import annotations

from collections.abc import Iterable

from bench.leaderboard.cells import Column
from bench.leaderboard.cohorts import OtherCohorts
from bench.leaderboard.table import LEACE, PERMUTED, TRUE, UNTRAINED, Table, shown
from bench.pages.document import Bullets, Formula, Item, Piece, Text, code, joined
from bench.records import BASELINE, ScoreFile
from bench.scoring.catalogue import GIVEN_DIAGNOSIS
from bench.scoring.decodability.flags import MEANINGS, split

_VALUES = (
    "Each value is the mean over seeds, with its 95% interval beneath: of one seed, the run's own; of several, mean ± "
    "t·√(mean of the runs' sampling variances + variance between seeds / number of seeds), t by Satterthwaite's "
    "degrees of freedom. The test patients are the same for every seed, so the first term does not shrink with more "
    "seeds."
)
_SIGNS = (
    "↑ higher is better, ↓ lower is better; the best of a column is bold, by means alone. – : not scored, or too few "
    "patients."
)
_DIFFERENCES = (
    f"Δ: the row less {BASELINE}, plain training, over the seeds that both have, each seed with the same seed and each "
    "patient with the same patient, with a 95% interval for other patients and other seeds (of one pair of seeds: for "
    "other patients alone). Two rows may differ for sure although the intervals of their values overlap."
)
_CLAIMS = (
    "†: sure. Of all marks on this board together, one or more is wrong in at most 5 of 100 such boards (Holm, 1979, "
    "over all rows with every seed and both AUROC and decodability). Everything without it is descriptive: the other "
    "columns, worst groups, gaps and whatever hangs on a threshold have intervals that are corrected for nothing."
)
_RANKS = (
    "Ranked: first by the claim of removal, then by class, then by AUROC. Class: the row with the lowest decodability "
    "opens class 1; whichever row cannot be told from it joins (multiple comparisons with the best, 95%; Hsu, 1996); "
    "the next opens class 2. A row of a lower class is not the best of all; it need not be worse than each row above. "
    "Hiding rows changes no class."
)
_FRONT = (
    "On the front: in how many of 100 draws of other patients and seeds no row of the section is at least as good in "
    "both diagnosis AUROC and decodability and better in one."
)
_COHORT = (
    "All seeds are trained on the same patients, so what a board says holds for methods trained on these, and not for "
    "other training sets."
)


def resolution(table: Table) -> str:
    """What the board can tell apart, or that it ranks nobody."""
    found = table.resolution
    if found is None:
        seeds = ", ".join(map(str, table.seeds))
        return f"No row is ranked: that takes {BASELINE} with every seed ({seeds}) and its influence values."
    known = (
        f"how differences vary is known from the ranked rows, {found.pilot} beside {BASELINE}"
        if found.pilot
        else f"of {BASELINE} alone, as if other methods shared nothing with it, so an upper limit"
    )
    return (
        f"Resolution: a true difference to {BASELINE} of {found.auroc:.3f} in AUROC, or of {found.decodability:.3f} in "
        f"decodability, is found on 80 of 100 boards with as many patients and seeds; smaller ones mostly are not "
        f"({known})."
    )


def judged(table: Table) -> str:
    """The decodability that rows are judged by, in words."""
    protected = table.key.protected
    if table.headline.shown.place == "trial":
        return (
            f"what is read in the trial: of {table.key.trial_patients:,} patients rendered for scoring alone, each with"
            f" {protected} drawn at random, so that nothing goes with it but what the network makes of its pixels"
        )
    if table.headline.metric == GIVEN_DIAGNOSIS.key:
        return (
            f"what is read given the diagnosis: {protected} goes with disease, and as much of it as a perfect "
            "diagnosis shows is no fault"
        )
    return "what is observed, in which the diagnosis itself may have a part"


def other_cohorts(found: OtherCohorts) -> str:
    """How far results move with the training patients."""
    methods = list(dict.fromkeys(score.method for score in found.scores))
    spread = {name: found.spread(name) for name in methods}
    told = [
        f"{name} by {auroc:.3f} in AUROC and {read:.3f} in decodability"
        if name == BASELINE
        else f"{name} less {BASELINE} by {auroc:.3f} and {read:.3f}"
        for name, (auroc, read) in spread.items()
    ]
    cohorts, seeds = (", ".join(map(str, numbers)) for numbers in (found.cohorts, found.seeds))
    return (
        f"Other training patients (cohorts {cohorts}; training seeds {seeds}) move {'; '.join(told)} (standard "
        "deviations over cohorts). No interval of this board counts that."
    )


def in_caption(columns: Iterable[Column]) -> tuple[Piece, ...]:
    """What the titles of these columns leave open, in few words, a space before each sentence."""
    notes = [column.measure.note for column in columns if column.measure and column.measure.note]
    return tuple(piece for note in notes for piece in (" ", *_with_formulas(note.format(baseline=BASELINE))))


def _with_formulas(note: str) -> list[Piece]:
    """What stands between dollar signs is a formula."""
    parts = note.split("$")
    return [Formula(part, part) if number % 2 else part for number, part in enumerate(parts) if part]


def _with_code(text: str) -> Text:
    """What stands between backticks is code."""
    parts = text.split("`")
    return tuple(code(part) if number % 2 else part for number, part in enumerate(parts) if part)


def reading(table: Table) -> Bullets:
    """What the columns that a table shows mean, and the flags in it."""
    protected = table.key.protected
    columns = [table.columns[i] for i in shown(table.sections())]
    there = {column.key for column in columns}
    told: list[tuple[str | None, Text]] = [(None, _VALUES)]
    if table.true_labels:
        names = joined(code(name) for name in table.true_labels)
        labels = ("Scored against true labels (", *names, "); training and thresholds took the reported ones.")
        told.append((None, labels))
    told.append((None, _SIGNS))
    if any(key.endswith("_difference") for key in there):
        told += [(None, _DIFFERENCES), (None, _CLAIMS), (None, _COHORT)]
    told += [("tie_class", _RANKS), *_columns(columns, protected)]
    if table.references:
        told.append((None, _references(table, protected)))
    told += [(None, _elsewhere(file)) for file in table.elsewhere]
    items = [Item(text) for key, text in told if key is None or key in there]
    if "flags" in there:
        words = "Flags of any seed, on the run or its features unless the outputs are named:"
        items.append(Item(words, tuple(_meanings(table))))
    return Bullets(tuple(items))


def _columns(columns: Iterable[Column], protected: str) -> list[tuple[str | None, Text]]:
    """What the columns mean, with the key of the column that a sentence is about."""
    measures = dict.fromkeys(column.measure for column in columns if column.measure and column.measure.legend)
    told: list[tuple[str | None, Text]] = [
        (None, _with_code(f"{measure.legend}: {measure.meaning.format(protected=protected, baseline=BASELINE)}"))
        for measure in measures
    ]
    return [
        *told,
        ("front", _FRONT),
        (None, f"Worst group, equalized odds and underdiagnosis are over the groups of {protected}."),
        (
            None,
            f"Group labels used: whether the method is given {protected} never, in training, or also when it predicts. "
            "The last are ranked apart.",
        ),
    ]


def _elsewhere(file: ScoreFile) -> str:
    """What the columns of another set are."""
    head = file.head
    count = f"{head.n:,} images of {head.patients:,} test patients"
    synthetic = " (synthetic)" if head.synthetic else ""
    return (
        f"On {head.arena}{synthetic}: external validation, the same networks on {count} of a set they were not trained "
        f"on. Targets: {', '.join(head.targets)}; groups: {', '.join(head.groups)}."
    )


def _references(table: Table, protected: str) -> Text:
    words = {
        TRUE: "what the true labels themselves tell, which is the floor for a network that diagnoses perfectly",
        UNTRAINED: "the same architecture untrained",
        PERMUTED: f"what is read, and what gaps are, with {protected} permuted over patients; brackets hold most "
        "permutations, and a gap below the upper one is nothing",
        LEACE: "the features after LEACE, which removes what linear probes read",
    }
    told = [words[title] for title, _ in table.references]
    ranked = " Methods among them are ranked with nobody." if table.of("references") else ""
    return (f"References: {'; '.join(told)} (from the runs of ", code(BASELINE), f" where there are any).{ranked}")


def _meanings(table: Table) -> list[str]:
    """What the flags in the table mean."""
    position = next(i for i, column in enumerate(table.columns) if column.key == "flags")
    cells = [line.cells[position] for section in table.sections() for line in section.lines]
    raised = {split(flag)[1] for cell in cells if isinstance(cell, tuple) for flag in cell}
    return [f"{name}: {meaning}" for name, meaning in MEANINGS.items() if name in raised]
