"""C3: race from one patch of the image."""

from __future__ import annotations

from bench.reading_race.patches import HIGH_PASS, Patches


class PatchAlone(Patches):
    """All but one of nine patches are mid-grey."""

    name = "C3"
    question = "Does a ninth of the image hold the group? One patch alone, the rest mid-grey."
    kept = True
    coarse = ((1, 1), (2, 1))
    white = {  # noqa: RUF012 - declared ClassVar by Patches
        0: (0.873, 0.882, 0.873, 0.820, 0.831, 0.822, 0.753, 0.599, 0.747),
        HIGH_PASS: (0.730, 0.707, 0.736, 0.689, 0.681, 0.702, 0.634, 0.577, 0.660),
    }


EXPERIMENT = PatchAlone()
