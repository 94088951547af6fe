"""The one exception a user is meant to read, and how its sentences name things."""

from __future__ import annotations

import multiprocessing
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

#: Put before a word, they change what it means.
_PREFIXES = ("hyper", "hypo", "anti", "post", "pre", "non", "sub", "dis", "ab", "un", "in", "im", "a")


class BenchError(Exception):
    """Something the user can mend: one paragraph saying what, where, what is allowed, and the nearest match.

    The command line prints the paragraph and exits with code 2; it never shows a traceback for it unless asked.
    """


def in_a_line(error: BaseException) -> str:
    """What an error says, in one line; with its type where it is none of ours."""
    kind = "" if isinstance(error, BenchError) else f"{type(error).__name__}: "
    return kind + " ".join(str(error).split())


def refuse_in_imported_script() -> None:
    """Stop a script that is run again by a worker process, which only wants to import it.

    A spawned process imports the script that started it under the name ``__mp_main__``. Without its main guard the
    script would begin the same work again there, and each would wait for the other.

    Raises:
        BenchError: in such a process, while it imports the script.
    """
    script = sys.modules.get("__mp_main__")
    if (
        script is not None
        and sys.modules.get("__main__") is not script
        and getattr(multiprocessing.current_process(), "_inheriting", False)  # as it is while it imports the script
    ):
        raise BenchError(
            f"{getattr(script, '__file__', 'The script')} is imported by processes that it starts itself, and began its"
            ' work anew in one of them: put what it does below a line `if __name__ == "__main__":`.'
        )


def suggest(name: str, allowed: Iterable[str]) -> str:
    """End a message on an unknown ``name``: ``" Did you mean 'x'?"`` where x is near, and what there is."""
    allowed = sorted(allowed)
    near = nearest(name, allowed)
    hint = f" Did you mean {near!r}?" if near else ""
    return f"{hint} Available: {', '.join(allowed) or 'none'}."


def listed(names: Sequence[str]) -> str:
    """``"a, b and c"``."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def count(rows: pd.DataFrame, what: str = "images") -> str:
    """``"1,234 images of 567 patients"``."""
    return f"{len(rows):,} {what} of {rows['patient'].nunique():,} patients"


def nearest(name: str, allowed: Iterable[str]) -> str | None:
    """The allowed name that this one is a misspelling of; None where the nearest word means something else.

    A misspelling leaves the meaning: "adverserial" is "adversarial", "ERM" is "erm". A word that merely looks alike
    does not: "Caucasian" is not "Asian", "abnormal" is not "normal", -1 is not 1. Whoever follows a suggestion of that
    kind gets wrong numbers.

    Dotted names (options) are also known by their last part alone, ``root`` for ``task.root``, and by one of its words,
    ``trainer.epochs`` for ``trainer.max_epochs``.
    """
    ranked = [(rank, other.startswith("test."), other) for other in allowed if (rank := _rank(name, other)) is not None]
    # What is said of the training's own set comes before what is said of other sets.
    return min(ranked)[2] if ranked else None


def _rank(name: str, other: str) -> tuple[int, int] | None:
    """How far another name is, nearest first; None where it is not what was meant."""
    mine, theirs = _plain(name), _plain(other)
    if mine == theirs:
        return 0, 0
    if _numbers(name) != _numbers(other) or not re.search(r"[^\W\d_]", name):
        return None
    (head, _, last), (their_head, _, their_last) = (text.rpartition(".") for text in (mine, theirs))
    if their_head and not head and last == their_last:
        return 1, 0
    if (apart := _misspelt(mine, theirs)) is not None:
        return 2, apart
    if their_head and (not head or head == their_head or _misspelt(head, their_head) is not None):
        if (apart := _misspelt(last, their_last)) is not None:
            return 3, apart
        if last in their_last.split("_"):
            return 4, len(their_last)
    return None


def _plain(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip()).casefold()


def _numbers(name: str) -> list[str]:
    """The numbers in a name. In a word the order of their digits may be a slip: "densenet112" is "densenet121"."""
    numbers = re.findall(r"(?<!\w)[+-]?\d+|\d+", name)
    return ["".join(sorted(number)) for number in numbers] if re.search(r"[^\W\d_]{3}", name) else numbers


def _misspelt(mine: str, theirs: str) -> int | None:
    """The number of slips that lead from one word to the other; None where they are more than a misspelling has."""
    if _opposed(mine, theirs):
        return None
    short, long = sorted((mine, theirs), key=len)
    most = 0 if len(short) < 3 else 1 if len(short) < 6 else 2
    slips = _slips(mine, theirs, most)
    if slips > most and len(short) > 2 and long.startswith(short) and long.isalpha():
        slips = len(long) - len(short)  # "cxrays" is "cxr"
        most = 3
    return slips if slips <= most else None


def _opposed(mine: str, theirs: str) -> bool:
    """Whether the words differ by a prefix that changes the meaning."""

    def roots(word: str) -> set[str]:
        return {word, *(word.removeprefix(prefix) for prefix in _PREFIXES if word.startswith(prefix))}

    return any(root in roots(theirs) for root in roots(mine) if len(root) > 2)


def _slips(mine: str, theirs: str, most: int) -> int:
    """Letters put in, left out, exchanged or swapped with their neighbour (Damerau, 1964); over ``most``, more."""
    if abs(len(mine) - len(theirs)) > most:
        return most + 1
    before, row = [0] * (len(theirs) + 1), list(range(len(theirs) + 1))
    for i, letter in enumerate(mine, start=1):
        last, row = row, [i]
        for j, other in enumerate(theirs, start=1):
            best = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == theirs[j - 2] and mine[i - 2] == other:
                best = min(best, before[j - 2] + 1)
            row.append(best)
        before = last
    return row[-1]
