"""What ``bench reading-race`` is told: its own options, and those of a run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from bench.config import RunConfig, compose
from bench.errors import BenchError, suggest
from bench.records import BASELINE

PRESETS = ("quick", "paper", "full")
_OWN = ("experiments", "preset", "seed", "masks", "out")


@dataclass(frozen=True)
class Settings:
    """``config`` is that of the baseline's run with the first seed; ``experiments`` None stands for all."""

    config: RunConfig
    experiments: tuple[str, ...] | None
    preset: Literal["quick", "paper", "full"]
    seeds: tuple[int, ...]
    masks: Path | None
    out: Path


def parse(overrides: Sequence[str]) -> Settings:
    """The settings of a study from ``option=value`` texts; ``experiments`` and ``seed`` take comma lists.

    Raises:
        BenchError: for an unknown option (with the nearest) or a value that cannot be used.
    """
    own: dict[str, str] = {"preset": "quick"}
    others = []
    for text in overrides:
        key, _, value = text.partition("=")
        if key in _OWN:
            own[key] = value
            continue
        if key.partition(".")[0] == "method" and not key.startswith("method."):
            raise BenchError("bench reading-race takes no method: its networks are trained to read the attribute.")
        known = (*_OWN, *(name for name in RunConfig.model_fields if name not in ("method", "sweep")))
        if key.partition(".")[0] not in known and not key.startswith("method."):
            raise BenchError(f"There is no option {key!r}.{suggest(key, known)}")
        others.append(text)
    if own["preset"] not in PRESETS:
        raise BenchError(f"There is no preset {own['preset']!r}.{suggest(own['preset'], PRESETS)}")
    seeds = _seeds(own.get("seed", "0"))
    config = compose([*others, f"method={BASELINE}", f"seed={seeds[0]}"])
    masks = Path(os.path.expanduser(own["masks"])) if own.get("masks") else None
    if masks is not None and not masks.is_dir():
        raise BenchError(f"masks={masks} is not a folder. It holds one PNG an image, under the image's own path.")
    out = own.get("out") or f"reports/reading-race/{config.task.name}/{config.task.dataset}"
    return Settings(
        config=config,
        experiments=tuple(_listed(own["experiments"])) if own.get("experiments") else None,
        preset=cast(Literal["quick", "paper", "full"], own["preset"]),
        seeds=seeds,
        masks=masks,
        out=Path(os.path.expanduser(out)),
    )


def _listed(text: str) -> list[str]:
    return list(dict.fromkeys(part for part in (piece.strip() for piece in text.strip("[]").split(",")) if part))


def _seeds(text: str) -> tuple[int, ...]:
    listed = _listed(text)
    if not listed or not all(part.isdecimal() for part in listed):
        raise BenchError(f"seed={text} cannot be used: it takes whole numbers from 0 on, one or several: seed=0,1,2.")
    return tuple(map(int, listed))
