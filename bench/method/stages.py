"""The stages that a method declares: names, and shares of the epochs that all methods have alike."""

from __future__ import annotations

import math
from typing import Any

from bench.errors import BenchError

#: Pairs of a stage's name and its share of the epochs, in the order of training.
Shares = tuple[tuple[str, float], ...]


def check_stages(method: str, stages: Any) -> None:
    """See that ``stages`` can be trained in.

    Raises:
        BenchError: naming the ``method``, where a name or share cannot be one, or the shares do not sum to 1.
    """
    if fault := _fault(stages):
        raise BenchError(
            f"Method {method} declares stages = {stages!r}: {fault}. Stages are pairs of a name of their own (letters, "
            'digits, underscores) and a share of the epochs above 0; the shares sum to 1: (("first", 0.5), ("second", '
            "0.5))."
        )


def _fault(stages: Any) -> str | None:
    pairs = isinstance(stages, tuple) and all(isinstance(one, tuple) and len(one) == 2 for one in stages)
    if not pairs or not stages:
        return "that is no tuple of pairs"
    names, shares = [name for name, _ in stages], [share for _, share in stages]
    for name in names:
        if not isinstance(name, str) or not name.isidentifier():
            return f"{name!r} cannot be a name"
        if names.count(name) > 1:
            return f"{name!r} stands there twice"
    for name, share in stages:
        if isinstance(share, bool) or not isinstance(share, int | float) or not share > 0:
            return f"{share!r} cannot be the share of {name!r}"
    if not math.isclose(sum(shares), 1.0, abs_tol=1e-6):
        return f"the shares sum to {sum(shares):g}"
    return None
