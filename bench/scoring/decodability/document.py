"""What is shown of decodability: rows of a table, the evidence in words, and the page of ``bench decode``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from bench.leaderboard.claims import claim_of, removal_scores, short
from bench.pages.document import (
    Block,
    Cell,
    Column,
    Document,
    Grid,
    Measured,
    Missing,
    Paragraph,
    Row,
    Rows,
    Section,
    Text,
    strong,
)
from bench.records import Score
from bench.scoring.decodability.flags import MEANINGS, split

COLUMNS = (Column(""), Column("value", estimates=True))
#: What was read beside the network itself, by ``Score.reference``.
REFERENCES = {"untrained": "same network untrained", "leace": "after LEACE"}
_INFORMATION = {
    "v_information": "usable information, bits per image (logistic)",
    "v_information_conditional": "usable information given C, bits per image",
}


def where(scores: Iterable[Score], **dimensions: str | None) -> list[Score]:
    """The scores with these dimensions, in their order."""
    return [s for s in scores if all(getattr(s, name) == value for name, value in dimensions.items())]


def cell(score: Score) -> Cell:
    """A score as it stands in a table."""
    if score.value is None:
        return Missing(score.note or "")
    return Measured(score.value, score.low, score.high)


def document(scores: Sequence[Score], flags: Sequence[str], protected: str) -> Document:
    """What was read from features alone: their rows, the evidence and the flags."""
    headline = scores[0]
    title = (
        f"Decodability of {protected} (AUROC; 0.5 = cannot be read): {headline.n} images, {headline.patients} patients"
    )
    rows = readings(scores, protected)
    rows += [(f"{score.group} against the rest", cell(score)) for score in where(scores, metric="decodability_ovr")]
    for metric, words in _INFORMATION.items():
        rows += [(words, cell(score)) for score in where(scores, metric=metric)]
    grid = Grid(COLUMNS, (Rows(tuple(rows)), *probes(scores)), intervals="apart")
    return Document((Section((grid, *evidence(scores, flags, protected))),), title)


def readings(scores: Sequence[Score], protected: str) -> list[Row]:
    """The features' rows with their references, then the other views'."""
    read = partial(where, scores, view="penultimate")
    named = [("features", score) for score in read(metric="decodability", reference=None)]
    named += [("features, given C", score) for score in read(metric="decodability_conditional", reference=None)]
    worst = read(metric="decodability_worst_pair", reference=None)
    named += [(f"features, worst pair: {score.group}", score) for score in worst]
    for reference, words in REFERENCES.items():
        named += [(f"features, {words}", score) for score in read(metric="decodability", reference=reference)]
    named += [(f"null: {protected} permuted over patients", score) for score in read(metric="decodability_null")]
    named += [("null: a random label per patient", score) for score in read(metric="decodability_random_label")]
    for view in dict.fromkeys(s.view for s in scores if s.view not in (None, "penultimate")):
        found = partial(where, scores, view=view, reference=None)
        named += [(f"{view}", score) for score in found(metric="decodability")]
        named += [(f"{view}, given C", score) for score in found(metric="decodability_conditional")]
    return [(words, cell(score)) for words, score in named]


def probes(scores: Sequence[Score]) -> tuple[Rows, ...]:
    """The features' rows probe by probe, the chosen one marked; none where the probes were not scored."""
    read = partial(where, scores, view="penultimate", reference=None)
    chosen = {score.probe for score in read(metric="decodability")}
    rows = [
        (f"{'→ ' if score.probe in chosen else ''}{score.probe}", cell(score))
        for score in read(metric="decodability_probe")
    ]
    title = "Features, probe by probe (→ chosen most often on held-out patients)"
    return (Rows(tuple(rows), title),) if rows else ()


def evidence(scores: Sequence[Score], flags: Sequence[str], protected: str) -> list[Block]:
    """Depth, planted signals, the claim of removal, and each flag once with where it was raised and what it means."""
    texts = [_depth(scores), _plants(scores), _removal(scores, flags, protected)]
    places: dict[str, list[str]] = {}
    for view, name in map(split, flags):
        places.setdefault(name, []).append(view or "")
    for name, views in places.items():
        raised = f" ({', '.join(filter(None, views))})" if any(views) else ""
        texts.append((strong(name), raised, f": {MEANINGS[name]}" if name in MEANINGS else ""))
    return [Paragraph(text) for text in texts if text]


def _depth(scores: Sequence[Score]) -> Text:
    """What is left under noise of σ times the features' RMS."""
    depths = where(scores, metric="decodability_depth", view="penultimate", reference=None)
    values = [f"σ={s.level:g} {s.value:.3f}" for s in depths if s.level is not None and s.value is not None]
    return (strong("Depth D(σ)"), f" by linear probes: {', '.join(values)}") if values else ""


def _plants(scores: Sequence[Score]) -> Text:
    """What was recovered of the signals planted along the spectrum, by kind and percentile."""
    found: dict[str, dict[str, str]] = {}
    for score in where(scores, metric="decodability_plant", view="penultimate"):
        kind, _, percentile = (score.reference or "").removeprefix("planted ").partition(", percentile ")
        found.setdefault(kind, {})[percentile] = "–" if score.value is None else f"{score.value:.3f}"
    if not found:
        return ""
    percentiles = dict.fromkeys(percentile for values in found.values() for percentile in values)
    kinds = [f"{kind} {'/'.join(values.get(p, '–') for p in percentiles)}" for kind, values in found.items()]
    return (strong("Planted signals recovered"), f" (of 0.70, at {'/'.join(percentiles)}%): {', '.join(kinds)}")


def _removal(scores: Sequence[Score], flags: Sequence[str], protected: str) -> Text:
    """What may be claimed of removal, in words."""
    claims = removal_scores(scores, protected)
    found = claim_of([(claims, flags)])
    if found is None:
        return ""
    if found.margin is not None:
        limit = f"{0.5 + found.margin:.2f}"
        words = f"granted at δ = {short(found.margin)}: every probe's upper bound is below {limit}."
    elif found.verdict == "no":
        margins = ", ".join(short(s.level or 0.0) for s in claims if s.value == 0)
        bounds = where(scores, metric="removal_bound", view="penultimate", reference=None)
        reads = [f"up to {s.value:.3f} ({s.probe})" for s in bounds if s.value is not None]
        words = f"refused at δ = {margins}, as a probe may read {(*reads, 'more than 0.5 + δ')[0]}."
    elif found.verdict == "underpowered":
        words = "cannot be judged with so few patients; nothing may be claimed."
    else:
        words = "nothing may be claimed, since a control failed (see the flags)."
    return (strong(f"Removal of {protected}"), f" from the features: {words}")
