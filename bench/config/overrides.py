"""``option=value``: read in Hydra's override grammar, and multiplied out for several runs.

Of Hydra the grammar is used and nothing else: no global state of it is read or set, so that a configuration can be
composed inside anybody's own Hydra program. Paths and the names of plugins, which may be paths, are text.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bench.config.paths import PATHS, read_path, split, unquoted
from bench.errors import BenchError

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override

#: Overrides that name a plugin, or are the path of its code.
NAMES = ("method", "task", "task.dataset", "sweep.baseline", "backbone")

#: Files that hold the configuration of a run.
CONFIGURATIONS = (".yaml", ".yml")


class Given(Mapping[str, Any]):
    """What is given, by dotted key; a value is read when it is asked for, since only then it is known what it is of.

    Reading raises a BenchError for text that Hydra's grammar does not admit and for comma lists.

    Args:
        texts: what stands behind the ``=``.
        values: what is given as values already, where no text is.
        paths: the keys whose values are paths.
    """

    def __init__(self, texts: Mapping[str, str], values: Mapping[str, Any], paths: Collection[str] = PATHS) -> None:
        self._texts, self._values, self._paths = texts, values, frozenset(paths)

    def __getitem__(self, key: str) -> Any:
        text = self._texts.get(key)
        if text is None:
            return self._values[key]
        if key in self._paths:
            return read_path(key, text)
        if key in NAMES and "," not in text:
            return unquoted(text)
        override = parse(f"{key}={text}")
        if override.is_sweep_override():
            raise BenchError(f"'{key}={text}' lists several values. One run takes one; -m runs each of them.")
        return override.value()

    def __iter__(self) -> Iterator[str]:
        return iter({**self._values, **self._texts})

    def __len__(self) -> int:
        return len({**self._values, **self._texts})

    def with_paths(self, paths: Collection[str]) -> Given:
        """The same, where these are known to be paths as well."""
        return Given(self._texts, self._values, self._paths | set(paths))


def multirun(overrides: Sequence[str]) -> list[list[str]]:
    """The product of comma lists, in the order written: ``seed=0,1 method=a,b`` → four lists of overrides.

    A path is one path, whatever it holds. What is no override (the file of a configuration) is the same for all.

    Raises:
        BenchError: for text that :func:`parse` does not admit.
    """
    choices = []
    for text in overrides:
        key, given_as, value = text.partition("=")
        if not given_as and not text.endswith(CONFIGURATIONS):
            raise _no_override(text)
        if not given_as or key in PATHS:
            choices.append([text])
        elif key in NAMES:
            choices.append([f"{key}={part.strip()}" for part in split(value)] or [text])
        else:
            choices.append([f"{key}={one}" for one in _values(text)])
    return [list(job) for job in itertools.product(*choices)]


def given(overrides: Sequence[str], values: Mapping[str, Any] | None = None) -> Given:
    """What is given by overrides, later ones winning, and where there is none by ``values``.

    Raises:
        BenchError: for what is no ``option=value``, and for additions and deletions.
    """
    texts: dict[str, str] = {}
    for text in overrides:
        key, given_as, value = text.partition("=")
        if key.startswith(("+", "~")):
            raise BenchError(f"{text!r} adds or deletes an option; write option=value.")
        if not given_as or not key:
            raise _no_override(text)
        if key not in PATHS and not key.startswith(("task.", "test.", "method.")) and key not in NAMES:
            parse(text)
        texts[key] = value
    return Given(texts, values or {})


def parse(text: str) -> Override:
    """One override.

    Raises:
        BenchError: for text that Hydra's grammar does not admit, and for its packages (``a@b=c``) and patterns
            (``a=glob(*)``), which choose from groups of configurations: there are none here.
    """
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.core.override_parser.types import ValueType
    from hydra.errors import HydraException

    try:
        override = OverridesParser.create().parse_override(text)
    except HydraException as error:
        raise _no_override(text) from error
    if override.package is not None:
        raise BenchError(f"{text!r} names a package of Hydra's (@), and there are none here; write option=value.")
    if override.value_type is ValueType.GLOB_CHOICE_SWEEP:
        raise BenchError(f"{text!r} is a pattern, and there is no list to choose from; name the values: a,b,c.")
    return override


def laid_over(defaults: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The nested defaults with these values, by dotted key, in the place of theirs; every key is known to be there."""
    made = dict(defaults)
    for key, value in values.items():
        name, _, below = key.partition(".")
        made[name] = laid_over(made[name], {below: value}) if below else value
    return made


def leaves(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The values of nested mappings by their dotted keys."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        found |= leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


def _values(text: str) -> list[str]:
    """The values of a comma list, each as text again; of anything else the one that it is."""
    key, _, value = text.partition("=")
    # Whether an option of a data set is a path is known with the data set; what the grammar does not admit may be one.
    if key.startswith(("task.", "test.", "method.")):
        try:
            override = parse(text)
        except BenchError:
            return [value]
    else:
        override = parse(text)
    return list(override.sweep_string_iterator()) if override.is_discrete_sweep() else [value]


def _no_override(text: str) -> BenchError:
    return BenchError(
        f"{text!r} is no override: write option=value, for instance method.strength=0.5 (quote values that hold "
        "commas, brackets or equals signs: 'test.site=\"A=B\"')."
    )
