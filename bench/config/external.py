"""``test.…``: the options of the sets that a trained network is scored on beside its own test patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bench.config.overrides import Given, leaves
from bench.config.paths import TEST, path_options
from bench.config.validation import plain, validated
from bench.errors import BenchError, suggest

if TYPE_CHECKING:
    from bench.task import Dataset

#: Those that every such set has.
OPTIONS = ("dataset", "root", "split", "site")


def external(
    values: Mapping[str, Any], task: Mapping[str, Any], load: Callable[[str], Dataset]
) -> list[dict[str, Any]]:
    """The values of each :class:`bench.config.ExternalConfig` that ``test.…`` asks for.

    Lists are of one length and go together by position; what is no list holds for all. Without ``test.dataset`` it is
    the data set trained on, whose root and options hold as they are for training unless ``test.…`` gives others.

    Args:
        values: all that is given, by dotted key.
        task: the values of the task, with its data set's ``options``.
        load: the task's data set of a name.

    Raises:
        BenchError: for lists of several lengths, an unknown data set or option (with the nearest), or a value that an
            option does not take.
    """
    if not any(key.startswith(TEST) for key in values):
        return []
    if isinstance(values, Given):
        values = values.with_paths(_paths(values.get(TEST + "dataset", task["dataset"]), load))
    asked = {key.removeprefix(TEST): values[key] for key in values if key.startswith(TEST)}
    made, unknown, known = [], set(asked), {"dataset"}
    for here in _by_position(asked):
        name = here.get("dataset", task["dataset"])
        if not isinstance(name, str):
            raise BenchError(f"{TEST}dataset={name} is not a name.")
        dataset = load(name)
        schema = _defaults(dataset, task)
        paths = {name.removeprefix("options."): name.split(".") for name in leaves(schema)}
        known |= set(paths)
        unknown -= {*paths, "dataset"}
        for key, path in paths.items():
            if key in here:
                schema = _with(schema, path, here[key])
        validated(dataset.options, schema["options"], TEST)
        made.append({"dataset": dataset.name, **schema})
    for key in sorted(unknown):
        raise BenchError(f"There is no option {TEST + key!r}.{suggest(TEST + key, [TEST + name for name in known])}")
    return made


def _paths(named: Any, load: Callable[[str], Dataset]) -> set[str]:
    """The options of the data sets of these names that are paths."""
    names = named if isinstance(named, list) else [named]
    return {path for name in names if isinstance(name, str) for path in path_options(load(name).options, TEST)}


def _by_position(asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is asked of each set."""
    lists = {key: value for key, value in asked.items() if isinstance(value, list)}
    if len({len(value) for value in lists.values()} | {0}) > 2 or [] in lists.values():
        lengths = ", ".join(f"{TEST}{key} of {len(value)}" for key, value in lists.items())
        raise BenchError(f"Lists of test data sets go together by position and have one length; here are {lengths}.")
    sets = max([1, *map(len, lists.values())])
    return [{key: value[i] if key in lists else value for key, value in asked.items()} for i in range(sets)]


def _defaults(dataset: Dataset, task: Mapping[str, Any]) -> dict[str, Any]:
    same = dataset.name == task["dataset"]
    options = task["options"] if same else plain(dataset.options())
    return {"root": task["root"] if same else None, "split": "hash", "site": None, "options": options}


def _with(tree: Mapping[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    """The nested mapping with another value at this path."""
    return {**tree, path[0]: _with(tree[path[0]], path[1:], value) if len(path) > 1 else value}
