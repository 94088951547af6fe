"""Paths as they are typed: text, of which nothing is taken for a number, a list, a quotation or a reference."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from pydantic import BaseModel

from bench.errors import BenchError

#: Options of every command that are paths, or lists of them (``test.root``).
PATHS = frozenset({"task.root", "test.root", "backbone.weights", "runs_dir", "cache_dir", "out", "masks"})
#: Those whose lists go together by position.
TEST = "test."


def path_options(model: type[BaseModel], prefix: str) -> set[str]:
    """The dotted names of a model's fields that are paths, below ``prefix``."""
    return {prefix + name for name in _path_fields(model)}


def read_path(option: str, text: str) -> str | list[str | None] | None:
    """The path that an option is given, ``~`` written out; None for ``null``.

    A path in quotes, as whoever knows Hydra's grammar writes it, is the path without them. Of test sets, whose options
    are lists by position, ``[a,b]`` is a list of paths; there a path that holds a comma stands in quotes.

    Raises:
        BenchError: for what can be no path.
    """
    if option.startswith(TEST) and text.startswith("[") and text.endswith("]"):
        return [_one(option, part.strip()) for part in split(text[1:-1])]
    return _one(option, text)


def split(text: str) -> list[str]:
    """The parts between commas that stand in no quotes; none of an empty text."""
    parts, quote = [""], ""
    for letter in text:
        if letter == "," and not quote:
            parts.append("")
            continue
        if letter in "'\"" and quote in ("", letter) and (quote or not parts[-1].strip()):
            quote = "" if quote else letter
        parts[-1] += letter
    return parts if text.strip() else []


def unquoted(text: str) -> str:
    """The text without the quotes around all of it."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def _one(option: str, text: str) -> str | None:
    if text == "null":
        return None
    path = os.path.expanduser(unquoted(text))
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise BenchError(f"{option}={path!a} cannot be used: the path is not UTF-8.") from error
    if not path or "\0" in path:
        raise BenchError(f"{option}={path!a} cannot be used: it takes a path, and this is none.")
    if path.startswith("~"):
        raise BenchError(
            f"{option}={path} cannot be used: there is no user {path.partition('/')[0][1:]!r} whose home it would be"
            f" in. A folder that is called so is written ./{path}."
        )
    return path


def _path_fields(model: type[BaseModel]) -> Iterator[str]:
    for name, info in model.model_fields.items():
        kinds = [info.annotation, *get_args(info.annotation)]
        if any(isinstance(kind, type) and issubclass(kind, Path) for kind in kinds):
            yield name
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from (f"{name}.{below}" for below in _path_fields(kind))
