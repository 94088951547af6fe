"""The one exception a user is meant to read."""

from collections.abc import Iterable
from difflib import get_close_matches


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
