"""The YAML file of a mapping, read and checked against the task before any table is read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
import yaml
from pydantic import BaseModel, ValidationError

from bench.data.readers.faults import Faults
from bench.data.readers.mapping import (
    Column,
    Covariate,
    Features,
    Grouping,
    Image,
    Mapping,
    Patients,
    Target,
    model_for,
)
from bench.errors import BenchError, suggest
from bench.records import MACRO
from bench.task import SPLITS, TRUE, Task

_MOST_BYTES = 100_000
#: How alike a finding of one's own may be to one of the task's without a word that it is meant.
_ALIKE = 0.8
#: Columns and groupings of every cohort.
_TAKEN = {"image", "patient", "study", "age", "split", "age_group", MACRO}


def load(file: Path, task: type[Task]) -> Mapping:
    """The mapping in a YAML file, for this task.

    Raises:
        BenchError: for a file that is no YAML; else with all that is wrong: a key of another name, a value of another
            kind, a covariate, group or split that is none, a target that is almost one (each with the nearest), a word
            of two meanings, a table outside the root.
    """
    faults = Faults()
    mapping = checked(file, task, faults)
    faults.refuse()
    return mapping


def checked(file: Path, task: type[Task], faults: Faults) -> Mapping:
    """The mapping in a YAML file, with what does not fit the task added to the faults.

    Raises:
        BenchError: for a file that is no YAML, or whose keys or kinds of values are wrong.
    """
    given, model = _yaml(file), model_for(task)
    try:
        mapping = model.model_validate(given)
    except ValidationError as error:
        for wrong in error.errors():
            faults.add(f"{file}: {_words(wrong, model)}")
        faults.refuse()
        raise
    for fault in (*_tables(mapping), *_targets(mapping, task), *_attributes(mapping, task), *_others(mapping, task)):
        faults.add(f"{file}{fault}")
    return mapping


def is_outside(path: str) -> bool:
    """Whether a path, with slashes or backslashes, is not one from a folder to what lies below it."""
    parts = path.replace("\\", "/").split("/")
    return not parts[0] or ".." in parts or parts[0].endswith(":")


def _tables(mapping: Mapping) -> Iterable[str]:
    for table in (mapping.table, mapping.patients.table if mapping.patients else None):
        if table is not None and is_outside(table):
            yield f" names the table {table!r}. Tables lie below task.root, and their paths are written from there."
    if mapping.patients is None:
        for name, part in mapping.parts():
            if part.table == "patients":
                yield f", {name}, asks for the table of patients, and the mapping names none (patients: people.csv)."
    if mapping.features and is_outside(mapping.features.file):
        name = mapping.features.file
        yield f" names the file of features {name!r}. It lies below task.root, and is written from there."
    if mapping.features and mapping.features.file.endswith(".parquet") and mapping.features.column is None:
        yield ", features, needs the column that names the images in the table and in the parquet file alike."
    if mapping.image and any("**" in part and part != "**" for part in PurePosixPath(mapping.image.path).parts):
        yield f", image.path, holds {mapping.image.path!r}: ** stands for folders, and alone between slashes."


def _targets(mapping: Mapping, task: type[Task]) -> Iterable[str]:
    for name, target in mapping.targets.items():
        if name in task.targets:
            if target.own:
                yield f", targets, {name}, is a target of task {task.name!r}: leave own out."
        elif not target.own and (near := alike(name, task.targets)):
            yield (
                f" names the target {name!r}, which task {task.name!r} does not have. Did you mean {near!r}? Available:"
                f" {', '.join(sorted(task.targets))}. If it is a finding of your own, say own: true."
            )
        else:
            yield from _name(f"target {name!r}", name, {*_TAKEN, *task.attributes, *task.covariates})
        yield from _twice([target.positive, target.negative, target.unknown], f", targets, {name}")


def _attributes(mapping: Mapping, task: type[Task]) -> Iterable[str]:
    for name in mapping.own_attributes:
        if name in mapping.task_attributes:
            yield f" gives the attribute {name!r} twice, alone and under attributes. Leave one."
        if name not in task.attributes:
            yield from _name(f"attribute {name!r}", name, {*_TAKEN, *mapping.targets, *task.targets, *task.covariates})
    for name, attribute in mapping.attributes.items():
        groups = mapping.groups(name, task)
        if len(groups) < 2 or len(set(groups)) < len(groups) or not all(map(_is_group, groups)):
            yield (
                f", {name}, has the groups {', '.join(map(repr, groups)) or 'none'}: groups: [A, B] names two or more,"
                " none twice, each a word or words without commas, brackets, quotes, = and spaces at its ends."
            )
        own = "" if attribute.groups else " Groups of your own are named by groups: [A, B]."
        yield from _values(attribute, groups, f", {name}", own)


def _others(mapping: Mapping, task: type[Task]) -> Iterable[str]:
    for name, covariate in mapping.covariates.items():
        where = f", covariates, {name}"
        if name in task.covariates:
            if covariate.own:
                yield f"{where}, is a covariate of task {task.name!r}: leave own out."
        elif not covariate.own and (near := alike(name, task.covariates)):
            yield (
                f" names the covariate {name!r}, which task {task.name!r} does not have. Did you mean {near!r}?"
                f" Available: {', '.join(sorted(task.covariates))}. If it is one of your own, say own: true."
            )
        else:
            taken = {*_TAKEN, *mapping.targets, *mapping.attributes, *task.targets, *task.attributes}
            yield from _name(f"covariate {name!r}", name, taken)
        if covariate.number and covariate.values:
            yield f"{where}, is to be of numbers and gives values for words: leave one of the two out."
        yield from _twice([list(covariate.values or {}), covariate.unknown], f", covariates, {name}")
    if mapping.split:
        yield from _values(mapping.split, SPLITS, ", split")
    if mapping.age:
        for word, years in (mapping.age.values or {}).items():
            if not np.isfinite(number(years)):
                yield f", age, maps {word!r} to {years!r}, which is no number of years."
        yield from _twice([list(mapping.age.values or {}), mapping.age.unknown], ", age")


def number(word: str) -> float:
    """A word as a number, NaN where it is none."""
    return float(pd.to_numeric(word, errors="coerce"))


def alike(name: str, names: Collection[str]) -> str | None:
    """The one of the task's names that this one may be meant for."""
    plain = {"".join(filter(str.isalnum, known.lower())): known for known in names}
    near = get_close_matches("".join(filter(str.isalnum, name.lower())), plain, n=1, cutoff=_ALIKE)
    return plain[near[0]] if near else None


def _name(what: str, name: str, taken: Collection[str]) -> Iterable[str]:
    if not name.isidentifier() or name.startswith(TRUE):
        yield f" names the {what}: a name of your own is made of letters, digits and _, and begins with a letter."
    elif name in taken:
        yield f" names the {what}, which stands for something else here. Take another name."


def _is_group(group: str) -> bool:
    return bool(group) and group == group.strip() and group.isprintable() and not set(group) & set(",[]{}=\"'")


def _values(column: Column, allowed: Collection[str], where: str, own: str = "") -> Iterable[str]:
    for word, meant in (column.values or {}).items():
        if meant not in allowed:
            hint = f" What is none of them belongs under unknown.{own}{suggest(meant, allowed)}"
            yield f"{where}, maps {word!r} to {meant!r}, which is none of its values.{hint}"
    yield from _twice([list(column.values or {}), column.unknown], where)


def _twice(lists: list[list[str]], where: str) -> Iterable[str]:
    # Spaces in a row count as one, as they do in the table.
    words = [word for words in lists for word in dict.fromkeys(" ".join(word.split()) for word in words)]
    words += [word for words in lists for word in _spelt_twice(words)]
    for word in sorted({word for word in words if words.count(word) > 1}):
        yield f"{where}, gives {word!r} two meanings. Leave one of them."


def _spelt_twice(words: list[str]) -> list[str]:
    plain = [" ".join(word.split()) for word in dict.fromkeys(words)]
    return [word for word in dict.fromkeys(plain) if plain.count(word) > 1]


def _yaml(file: Path) -> Any:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise BenchError(f"{file} has more than {_MOST_BYTES:,} bytes, and is no mapping.")
        text = file.read_text(encoding="utf-8-sig")
        _refuse_tricks(yaml.compose(text, yaml.SafeLoader), file, set())
        given = yaml.safe_load(text)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise BenchError(f"{file} cannot be read as YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(given, dict):
        raise BenchError(f"{file} is no mapping of names (table:, image:, patient:, targets: …).")
    return given


def _refuse_tricks(node: yaml.Node | None, file: Path, seen: set[int]) -> None:
    """Refuse keys that stand twice, of which YAML lets the last win in silence, numbers it rewrites, and references.

    A few lines of references to references unfold to more than any memory holds.
    """
    if id(node) in seen:
        raise BenchError(f"{file} uses a YAML reference (*name), which a mapping does not need. Write it out.")
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode) and node.tag.endswith((":int", ":float")):
        read = yaml.safe_load(node.value)
        if str(read) != node.value:
            raise BenchError(
                f"{file} holds {node.value} in line {node.start_mark.line + 1}, which YAML reads as {read}. Put it in"
                " quotes, as it stands in the table."
            )
    children = list(node.value) if isinstance(node, yaml.CollectionNode) else []
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in keys:
                raise BenchError(f"{file} names {key.value!r} twice, in line {key.start_mark.line + 1}. Leave one.")
            keys.add(str(key.value))
        children = [part for pair in node.value for part in pair]
    for child in children:
        _refuse_tricks(child, file, seen)


def _words(fault: Any, model: type[BaseModel]) -> str:
    """What is wrong, in words."""
    path = [str(part) for part in fault["loc"] if part != "[key]"]
    where = ".".join(path)
    if fault["type"] == "extra_forbidden":
        return f"there is no {where!r}.{suggest(path[-1], _keys(path, model))}"
    if fault["type"] == "missing":
        return f"{where!r} is missing."
    message = fault["msg"].removeprefix("Value error, ")
    return f"{where}: {message[0].lower()}{message[1:]} (given: {fault['input']!r})."


def _keys(path: list[str], model: type[BaseModel]) -> list[str]:
    """The keys that there are beside the last of this path."""
    kinds: dict[str, type[BaseModel]] = {"image": Image, "features": Features, "targets": Target, "patients": Patients}
    kinds |= {"age": Column, "covariates": Covariate, "split": Column}
    part = model if len(path) == 1 else kinds.get(path[0], Grouping)
    return [field.alias or name for name, field in part.model_fields.items()]
