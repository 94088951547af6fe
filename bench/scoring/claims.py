"""What may be claimed of removal: only what every seed of a method grants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bench.records import NETWORK, Score, Scores
from bench.scoring.catalogue import REMOVAL
from bench.scoring.decodability.flags import VOID_REMOVAL, split

Verdict = Literal["yes", "no", "underpowered", "unreliable", "unseen", "diagnosis lost"]
#: Why nothing can be said, the gravest reason first.
_WITHHELD: tuple[Verdict, ...] = ("diagnosis lost", "unreliable", "unseen", "underpowered")


@dataclass(frozen=True)
class Claim:
    """A verdict; of "yes" the smallest margin δ that is granted."""

    verdict: Verdict
    margin: float | None = None

    def __str__(self) -> str:
        return self.verdict if self.margin is None else f"{self.verdict} (δ={short(self.margin)})"


def short(value: float) -> str:
    """A level without a leading zero: .03."""
    text = f"{value:g}"
    return text[1:] if text.startswith("0.") else text


def claim_of(seeds: Sequence[tuple[Scores, Sequence[str]]]) -> Claim | None:
    """The claim of one method, from the scores and the flags of each seed; None where one was not examined for it.

    A margin δ is granted if every seed grants it. If none is, the widest δ, the weakest claim, decides: "no" if a seed
    refuses it, since then some probe may read the group at .5 + δ; else the gravest reason for which a seed withholds
    it. A seed with a flag of ``VOID_REMOVAL`` grants nothing.
    """
    by_seed = [{score.level: score for score in removal_scores(scores)} for scores, _ in seeds]
    margins = sorted(set.intersection(*({level for level in seed if level is not None} for seed in by_seed)))
    if not margins:
        return None
    void = any(split(flag)[1] in VOID_REMOVAL for _, flags in seeds for flag in flags)
    for margin in margins:
        if not void and all(seed[margin].value == 1 for seed in by_seed):
            return Claim("yes", margin)
    weakest = [seed[margins[-1]] for seed in by_seed]
    if any(score.value == 0 for score in weakest):
        return Claim("no")
    reasons = {(score.note or "").partition(":")[0] for score in weakest if score.value is None}
    if void:
        reasons.add("unreliable")
    return Claim(next((reason for reason in _WITHHELD if reason in reasons), "unreliable"))


def removal_scores(scores: Scores) -> list[Score]:
    """The claims about a network: one a margin."""
    return scores.every(REMOVAL.key, layer=NETWORK, reference=None)
