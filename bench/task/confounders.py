"""Confounders: what is known of an image and its patient, and may explain that a protected attribute is read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

#: A label is 1, 0 or unknown; a category is one of several codes or unknown; a number may be missing.
Kind = Literal["label", "category", "number"]


@dataclass(frozen=True)
class Confounder:
    """A column of C, what is conditioned on.

    ``values`` (N,): int codes of a label or a category, any below 0 for unknown; float of a number, NaN where missing.
    ``levels`` are a category's names by code, empty where they are the codes. ``covariate``: whether it belongs to all
    that is known alone, and not to the diagnosis.
    """

    name: str
    kind: Kind
    values: np.ndarray
    levels: tuple[str, ...] = ()
    covariate: bool = False

    def take(self, rows: np.ndarray) -> Confounder:
        """The values of these rows, in this order."""
        return replace(self, values=self.values[rows])

    def level(self, code: int) -> str:
        """The name of a code."""
        if code < 0:
            return "unknown"
        return self.levels[code] if self.levels else str(code)
