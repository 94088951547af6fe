"""Rows left out of a data set's table, each counted once under its reason."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from bench.errors import BenchError
from bench.task import Reading

#: Why rows are left out whose image is not on disk, and how many of them are named.
MISSING = "image file missing"
_NAMED = 3


class Rows:
    """A data set's table while its reader narrows it down; every row left out is counted under its reason.

    ``table`` is what is left, with the index of the table it began with. ``excluded`` counts by reason what
    :meth:`leave_out` dropped: ``rows``, those that came in, are rows left plus these. ``unknown`` counts what
    :meth:`note` found in rows that stay. ``missing`` names the first few files that were not there.

    Args:
        table: the rows as they stand.
        excluded: rows that were left out before there was a table, by reason; they came in, too.
    """

    def __init__(self, table: pd.DataFrame, excluded: Mapping[str, int] | None = None) -> None:
        self.table = table
        self.excluded: Counter[str] = Counter({reason: n for reason, n in (excluded or {}).items() if n})
        self.unknown: Counter[str] = Counter()
        self.missing: tuple[str, ...] = ()
        self.rows = len(table) + self.excluded.total()

    def leave_out(self, wrong: pd.Series, reason: str) -> None:
        """Drop the rows for which ``wrong``, a bool for each row of ``table``, is true."""
        if wrong.any():
            self.excluded[reason] += int(wrong.sum())
            self.table = self.table[~wrong]

    def leave_out_missing(self, wanted: Sequence[str], what: str) -> None:
        """Drop the rows that are blank in any of these columns, as "<what> missing"."""
        self.leave_out(self.table[list(wanted)].isna().any(axis=1), f"{what} missing")

    def leave_out_files(self, root: Path, paths: pd.Series, where: str) -> None:
        """Drop the rows whose file is not on disk.

        Args:
            root: the data set's folder.
            paths: each row's path below it, NaN where nothing says what it would be.
            where: where images are looked for, as a sentence that ends the message.

        Raises:
            BenchError: when there are rows but no file of any.
        """
        there = [isinstance(path, str) and os.path.isfile(root / path) for path in paths]
        self.leave_out_absent(pd.Series(there, index=self.table.index, dtype=bool), paths, root, where)

    def leave_out_absent(self, there: pd.Series, paths: pd.Series, root: Path, where: str) -> None:
        """Drop the rows of which is known that no file is there; all else as in :meth:`leave_out_files`."""
        if len(there) and not there.any():
            first = paths.dropna().head(1).tolist()
            raise BenchError(
                f"{root} holds none of the {len(there):,} images that its table names"
                + (f", the first being {first[0]}" if first else "")
                + f". {where}"
            )
        self.missing = tuple(paths[~there].dropna().head(_NAMED))
        self.leave_out(~there, MISSING)

    def merge(self, key: Sequence[str]) -> None:
        """Keep the first of the rows that agree in these columns: they came in as one, and none counts as left out."""
        again = self.table.duplicated(list(key))
        self.rows -= int(again.sum())
        self.table = self.table[~again]

    def repeat(self, times: pd.Series) -> None:
        """Make of each row so many that are alike: it stands for several images, each of which came in as one."""
        self.rows += int((times - 1).sum())
        self.table = self.table.loc[self.table.index.repeat(times)]

    def note(self, rows: pd.Series, what: str) -> None:
        """Count rows that stay, of which something is not used; ``what`` says so ("age set to unknown (…)")."""
        if rows.any():
            self.unknown[what] += int(rows.sum())

    def reading(self, columns: Mapping[str, Any]) -> Reading:
        """The reader's answer: these columns, in the order of the rows that are left, and the counts."""
        each = self.table.index.drop_duplicates()
        table = pd.DataFrame(dict(columns), index=each).loc[self.table.index].reset_index(drop=True)
        return Reading(table, dict(self.excluded), dict(self.unknown), self.rows, self.missing)
