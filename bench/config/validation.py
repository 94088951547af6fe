"""Values against a model, and a model's values as plain ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from bench.config.description import takes
from bench.errors import BenchError

Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], values: Mapping[str, Any], prefix: str = "") -> Model:
    """The model with these values; ``prefix`` begins the names of its options.

    Raises:
        BenchError: for the first value of the wrong type or outside its range, with what the option takes.
    """
    try:
        # As JSON: strict on types, and still a list may be a tuple and a string a path.
        return model.model_validate_json(json.dumps(values))
    except ValidationError as error:
        first = error.errors()[0]
        where = [str(part) for part in first["loc"] if part != "options" and not isinstance(part, int)]
        option = prefix + ".".join(where)
        words = takes(model, *map(str, first["loc"]))
        raise BenchError(
            f"{option}={first.get('input')} cannot be used: {first['msg'].lower()}.{words and f' It takes {words}.'}"
        ) from error


def plain(model: BaseModel) -> dict[str, Any]:
    """A model's values as JSON has them, since a configuration holds no tuples, paths or enumerations."""
    return model.model_dump(mode="json")
