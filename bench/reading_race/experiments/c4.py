"""C4: race without one patch of the image."""

from __future__ import annotations

from bench.reading_race.patches import HIGH_PASS, Patches


class PatchRemoved(Patches):
    """One of nine patches is mid-grey."""

    name = "C4"
    question = "Is the group lost with a ninth of the image? One patch mid-grey, the rest as it is."
    kept = False
    coarse = ((1, 1),)
    white = {  # noqa: RUF012 - declared ClassVar by Patches
        0: (0.908, 0.897, 0.911, 0.909, 0.906, 0.908, 0.911, 0.911, 0.912),
        HIGH_PASS: (0.838, 0.832, 0.832, 0.843, 0.831, 0.832, 0.851, 0.845, 0.840),
    }


EXPERIMENT = PatchRemoved()
