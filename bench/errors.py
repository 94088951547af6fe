"""The one exception a user is meant to read, and how its sentences name things."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


class BenchError(Exception):
    """Something the user can mend: one paragraph saying what, where, what is allowed, and the nearest match.

    The command line prints the paragraph and exits with code 2; it never shows a traceback for it unless asked.
    """


def suggest(name: str, allowed: Iterable[str]) -> str:
    """End a message on an unknown ``name``: ``" Did you mean 'x'?"``, and what there is to choose from."""
    allowed = sorted(allowed)
    near = get_close_matches(name, allowed, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"{hint} Available: {', '.join(allowed) or 'none'}."


def listed(names: Sequence[str]) -> str:
    """``"a, b and c"``."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def count(rows: pd.DataFrame, what: str = "images") -> str:
    """``"1,234 images of 567 patients"``."""
    return f"{len(rows):,} {what} of {rows['patient'].nunique():,} patients"
