"""The YAML file that says what the columns of someone's own table mean, checked before the table is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model, model_validator

from bench.errors import BenchError, suggest
from bench.task import SPLITS, Task

_MOST_BYTES = 100_000


def _word(value: Any) -> Any:
    """A value of the table as it stands there: text. Whole numbers lose nothing; blank is the empty word."""
    if isinstance(value, bool):
        raise ValueError("YAML reads a bare yes, no, on, off, true or false as a truth value: put it in quotes")
    if value is None:
        raise ValueError("YAML reads a bare null or ~, or nothing, as no value: write '' for blank cells")
    return str(value) if isinstance(value, int | float) else value


Word = Annotated[str, BeforeValidator(_word)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        """``age: AGE`` is short for ``age: {column: AGE}``."""
        return {"column": given} if isinstance(given, str) else given


class Image(_Part):
    """The column that names the image files, and how a name becomes a path below the root."""

    column: str
    path: str = Field("{}", pattern=r"\{\}")


class Column(_Part):
    """A column, what its values stand for, and which of them say nothing."""

    column: str
    values: dict[Word, str] | None = None
    unknown: list[Word] = [""]


class Target(_Part):
    """A column with a finding: 1, 0 and blank for unknown, unless the words are given."""

    column: str
    positive: list[Word] = ["1", "1.0"]
    negative: list[Word] = ["0", "0.0"]
    unknown: list[Word] = [""]

    def meaning(self) -> dict[str, float]:
        """What each word stands for."""
        return dict.fromkeys(self.negative, 0.0) | dict.fromkeys(self.positive, 1.0)


class Mapping(BaseModel):
    """What every mapping holds; that of a task has its attributes besides."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    table: str
    image: Image
    patient: str
    study: str | None = None
    targets: dict[str, Target] = Field(min_length=1)
    age: Column | None = None
    covariates: dict[str, Column] = {}
    split: Column | None = None

    @property
    def attributes(self) -> dict[str, Column]:
        """The attributes of patients that are given, by name."""
        own = set(type(self).model_fields) - set(Mapping.model_fields)
        return {name: getattr(self, name) for name in sorted(own) if getattr(self, name)}

    def columns(self) -> Iterator[str]:
        """Every column of the table that is named."""
        yield from (self.image.column, self.patient)
        if self.study:
            yield self.study
        parts = [*self.targets.values(), *self.attributes.values(), self.age, *self.covariates.values(), self.split]
        yield from (part.column for part in parts if part)


def load(file: Path, task: type[Task]) -> Mapping:
    """The mapping in a YAML file, for this task.

    Raises:
        BenchError: for a file that is no YAML, a key of another name, a value of another kind, a target, attribute,
            group, covariate or split that is none (with the nearest), or a word that is given two meanings.
    """
    given = _yaml(file)
    fields: dict[str, Any] = dict.fromkeys(task.attributes, (Column | None, None))
    model = create_model("OwnMapping", __base__=Mapping, **fields)
    try:
        mapping = model.model_validate(given)
    except ValidationError as error:
        raise BenchError(f"{file}: {_first(error, model)}") from error
    for name in mapping.targets:
        _check(name, task.targets, f"{file} names the target {name!r}, which task {task.name!r} does not have.")
    for name in mapping.covariates:
        _check(name, task.covariates, f"{file} names the covariate {name!r}, which task {task.name!r} does not have.")
    for name, attribute in mapping.attributes.items():
        _check_values(attribute, task.attributes[name], f"{file}, {name}")
    if mapping.split:
        _check_values(mapping.split, SPLITS, f"{file}, split")
    for name, target in mapping.targets.items():
        _check_twice([target.positive, target.negative, target.unknown], f"{file}, targets, {name}")
    return mapping


def _yaml(file: Path) -> Any:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise BenchError(f"{file} has more than {_MOST_BYTES:,} bytes, and is no mapping.")
        text = file.read_text(encoding="utf-8-sig")
        _refuse_twice(yaml.compose(text, yaml.SafeLoader), file, set())
        given = yaml.safe_load(text)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise BenchError(f"{file} cannot be read as YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(given, dict):
        raise BenchError(f"{file} is no mapping of names (table:, image:, patient:, targets: …).")
    return given


def _refuse_twice(node: yaml.Node | None, file: Path, seen: set[int]) -> None:
    """Refuse keys that stand twice, of which YAML lets the last win in silence, and references.

    A few lines of references to references unfold to more than any memory holds.
    """
    if id(node) in seen:
        raise BenchError(f"{file} uses a YAML reference (*name), which a mapping does not need. Write it out.")
    seen.add(id(node))
    children = list(node.value) if isinstance(node, yaml.CollectionNode) else []
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in keys:
                raise BenchError(f"{file} names {key.value!r} twice, in line {key.start_mark.line + 1}. Leave one.")
            keys.add(str(key.value))
        children = [part for pair in node.value for part in pair]
    for child in children:
        _refuse_twice(child, file, seen)


def _first(error: ValidationError, model: type[BaseModel]) -> str:
    """The first thing that is wrong, in words."""
    first = error.errors()[0]
    path = [str(part) for part in first["loc"] if part != "[key]"]
    where = ".".join(path)
    if first["type"] == "extra_forbidden":
        allowed: Any = {"image": Image, "targets": Target}.get(path[0], Column) if len(path) > 1 else model
        return f"there is no {where!r}.{suggest(path[-1], allowed.model_fields)}"
    if first["type"] == "missing":
        return f"{where!r} is missing."
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message[0].lower()}{message[1:]} (given: {first['input']!r})."


def _check(name: str, allowed: Any, message: str) -> None:
    if name not in allowed:
        raise BenchError(f"{message}{suggest(name, allowed)}")


def _check_values(column: Column, allowed: Any, where: str) -> None:
    for word, meant in (column.values or {}).items():
        hint = " What is none of them belongs under unknown."
        _check(meant, allowed, f"{where}, maps {word!r} to {meant!r}, which is none of its values.{hint}")
    _check_twice([list(column.values or {}), column.unknown], where)


def _check_twice(lists: list[list[str]], where: str) -> None:
    words = [word for words in lists for word in dict.fromkeys(words)]
    twice = sorted({word for word in words if words.count(word) > 1})
    if twice:
        raise BenchError(f"{where}, gives {twice[0]!r} two meanings. Leave one of them.")
