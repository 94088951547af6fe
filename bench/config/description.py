"""What the options take, in words: for ``bench show``, and for messages on values that cannot be used."""

from __future__ import annotations

from typing import Literal, get_args, get_origin

from pydantic import BaseModel

from bench.config.schema import ExternalConfig


def describe(model: type[BaseModel], prefix: str = "") -> list[tuple[str, str, str]]:
    """Every option of a model as (dotted name, default, what it takes), for ``bench show``; no default: empty."""
    rows = []
    for name, info in model.model_fields.items():
        if info.annotation == tuple[ExternalConfig, ...]:
            rows += describe(ExternalConfig, f"{prefix}{name}.")
        elif isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            rows += describe(info.annotation, f"{prefix}{name}.")
        else:
            words = " ".join(filter(None, [takes(model, name), info.description]))
            default = "" if info.is_required() else str(info.get_default(call_default_factory=True))
            rows.append((f"{prefix}{name}", default, words))
    return rows


def takes(model: type[BaseModel], *path: str) -> str:
    """What the field at this path takes, in words; empty where its annotation says too little."""
    info = model.model_fields.get(path[0])
    if info is None:
        return ""
    if path[0] == "test" and len(path) > 2:
        return takes(ExternalConfig, *path[2:])
    annotation = info.annotation
    if len(path) > 1 and isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return takes(annotation, *path[1:])
    if get_origin(annotation) is Literal:
        words = "one of " + ", ".join(map(str, get_args(annotation)))
    else:
        words = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    limits = [str(limit).partition("(")[2].rstrip(")") for limit in info.metadata if "(" in str(limit)]
    return f"{words} ({', '.join(limits)})" if limits else words
