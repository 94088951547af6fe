"""What is shown of decodability: rows of a table, the evidence in words, and the page of ``bench decode``."""

from __future__ import annotations

from collections.abc import Sequence

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
from bench.records import FEATURES, NETWORK, TRUE_LABELS, Score, Scores
from bench.scoring.catalogue import BY_KEY, GIVEN_DIAGNOSIS, GIVEN_KNOWN
from bench.scoring.claims import claim_of, removal_scores, short
from bench.scoring.decodability.flags import MEANINGS, split

COLUMNS = (Column(""), Column("value", estimates=True))
#: What was read beside the network itself, by ``Score.reference``.
REFERENCES = {
    "untrained": "same network untrained",
    "leace": "after LEACE",
    TRUE_LABELS: "true labels alone (what a perfect diagnosis shows)",
}
#: What of the features is said at the end of the page of ``bench decode``.
_INFORMATION = ("v_information", "v_information_conditional")


def cell(score: Score) -> Cell:
    """A score as it stands in a table."""
    if score.value is None:
        return Missing(score.note or "")
    return Measured(score.value, score.low, score.high)


def document(scores: Scores, flags: Sequence[str]) -> Document:
    """What was read from features alone: their rows, the evidence and the flags."""
    headline = scores.rows[0]
    title = (
        f"Decodability of {scores.protected} (AUROC; 0.5 = cannot be read): {headline.n} images, "
        f"{headline.patients} patients"
    )
    rows = readings(scores)
    rows += [(f"{score.group} against the rest", cell(score)) for score in scores.every("decodability_ovr")]
    rows += [(BY_KEY[metric].short, cell(score)) for metric in _INFORMATION for score in scores.every(metric)]
    grid = Grid(COLUMNS, (Rows(tuple(rows)), *probes(scores)), intervals="apart")
    return Document((Section((grid, *evidence(scores, flags))),), title)


def readings(scores: Scores) -> list[Row]:
    """The network's rows with their references, then those of each layer."""
    protected, network = scores.protected, {"layer": NETWORK}
    own = {**network, "reference": None}
    named = [(NETWORK, score) for score in scores.every("decodability", **own)]
    for measure in (GIVEN_DIAGNOSIS, GIVEN_KNOWN):
        named += [(f"{NETWORK}, {measure.short}", score) for score in scores.every(measure.key, **own)]
    worst = scores.every("decodability_worst_pair", **own)
    named += [(f"{NETWORK}, worst pair: {score.group}", score) for score in worst]
    for reference, words in REFERENCES.items():
        read = scores.every("decodability", **network, reference=reference)
        named += [(f"{NETWORK}, {words}", score) for score in read]
    floor = scores.every(GIVEN_DIAGNOSIS.key, **network, reference=TRUE_LABELS)
    named += [(f"{NETWORK}, true labels alone, {GIVEN_DIAGNOSIS.short}", score) for score in floor]
    for layer in dict.fromkeys(score.layer for score in scores.rows if score.layer not in (None, NETWORK)):
        named += [(f"{layer}", score) for score in scores.every("decodability", layer=layer, reference=None)]
    null = scores.every("decodability_null", layer=FEATURES)
    named += [(f"null: {protected} permuted over patients", score) for score in null]
    drawn = scores.every("decodability_null_given_diagnosis", layer=FEATURES)
    named += [(f"null: {protected} drawn from what the diagnosis tells of it", score) for score in drawn]
    label = scores.every("decodability_random_label", layer=FEATURES)
    named += [("null: a random label per patient", score) for score in label]
    return [(words, cell(score)) for words, score in named]


def probes(scores: Scores) -> tuple[Rows, ...]:
    """The features' rows probe by probe, the heaviest one marked; none where the probes were not scored."""
    heaviest = {score.read_by for score in scores.every("decodability", layer=FEATURES, reference=None)}
    rows = [
        (f"{'→ ' if score.probe in heaviest else ''}{score.probe}", cell(score))
        for score in scores.every("decodability_probe", layer=FEATURES, reference=None)
    ]
    title = "Features, probe by probe (→ weighs most in what all read together)"
    return (Rows(tuple(rows), title),) if rows else ()


def evidence(scores: Scores, flags: Sequence[str], claims: bool = True) -> list[Block]:
    """Depth, detection limits, the claim of removal, and each flag once with where it was raised and what it means.

    ``claims``: whether what may be said of removal is said of these scores, and not of others.
    """
    texts = [_depth(scores), _limits(scores), *([_removal(scores, flags)] if claims else [])]
    places: dict[str, list[str]] = {}
    for layer, name in map(split, flags):
        places.setdefault(name, []).append(layer or "")
    for name, layers in places.items():
        raised = f" ({', '.join(filter(None, layers))})" if any(layers) else ""
        texts.append((strong(name), raised, f": {MEANINGS[name]}" if name in MEANINGS else ""))
    return [Paragraph(text) for text in texts if text]


def _depth(scores: Scores) -> Text:
    """What is left under noise of σ times the features' RMS."""
    depths = scores.every("decodability_depth", layer=FEATURES, reference=None)
    values = [f"σ={s.level:g} {s.value:.3f}" for s in depths if s.level is not None and s.value is not None]
    return (strong("Depth D(σ)"), f" by linear probes: {', '.join(values)}") if values else ""


def _limits(scores: Scores) -> Text:
    """The weakest signals that would be seen in the features, by kind and percentile of the spectrum."""
    found: dict[str, dict[str, str]] = {}
    for score in scores.every("detection_limit", layer=FEATURES):
        kind, _, percentile = (score.reference or "").partition(", percentile ")
        found.setdefault(kind, {})[percentile] = "none" if score.value is None else f"{score.value:.3f}"
    if not found:
        return ""
    percentiles = dict.fromkeys(percentile for values in found.values() for percentile in values)
    kinds = [f"{kind} {'/'.join(values.get(p, '–') for p in percentiles)}" for kind, values in found.items()]
    return (strong("Detection limit"), f" (AUROC, at {'/'.join(percentiles)}% of the spectrum): {', '.join(kinds)}")


def _removal(scores: Scores, flags: Sequence[str]) -> Text:
    """What may be claimed of removal, in words."""
    claims = removal_scores(scores)
    found = claim_of([(scores, flags)])
    if found is None:
        return ""
    if found.margin is not None:
        limit = f"{0.5 + found.margin:.2f}"
        words = f"granted at δ = {short(found.margin)}: every probe's upper bound is below {limit}."
    elif found.verdict == "no":
        margins = ", ".join(short(s.level or 0.0) for s in claims if s.value == 0)
        bounds = scores.every("removal_bound", layer=NETWORK, reference=None)
        reads = [f"up to {s.value:.3f} ({s.read_by} {s.note})" for s in bounds if s.value is not None]
        words = f"refused at δ = {margins}, as a probe may read {(*reads, 'more than 0.5 + δ')[0]}."
    else:
        notes = [(score.note or "").partition(": ") for score in claims]
        reasons = [reason for answer, _, reason in notes if answer == found.verdict]
        words = f"nothing may be claimed ({found.verdict}): {(*reasons, 'see the flags')[-1]}."
    return (strong(f"Removal of {scores.protected}"), f" from the network: {words}")
