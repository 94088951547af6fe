"""Rows and names as messages say them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def count(rows: pd.DataFrame, what: str = "images") -> str:
    """``"1,234 images of 567 patients"``."""
    return f"{len(rows):,} {what} of {rows['patient'].nunique():,} patients"


def listed(names: Sequence[str]) -> str:
    """``"a, b and c"``."""
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
