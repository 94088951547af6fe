"""Hyperparameters declared once: default and range give the option, the search space and the documentation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import BenchError, suggest

if TYPE_CHECKING:
    import optuna

#: What a hyperparameter may be; a file is its path as text, None for none.
Scalar = bool | int | float | str
Value = Scalar | tuple[Scalar, ...] | None


@dataclass(frozen=True)
class Tunable:
    """A hyperparameter's default, and what it takes: a range, some ``choices``, any text, or the path of a file."""

    default: Value
    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[Value, ...] | None = None
    help: str = ""
    is_file: bool = False

    @property
    def type(self) -> type:
        """The Python type of its values."""
        return str if self.is_file else type(self.default)

    @property
    def is_searched(self) -> bool:
        """Whether a sweep may draw its value: what has neither a range nor choices is set by hand."""
        return self.choices is not None or self.low is not None

    @property
    def range(self) -> str:
        """What it takes, in words."""
        if self.is_file:
            return "the path of a file, or null for none"
        if self.choices is not None:
            return "one of " + ", ".join(map(_shown, self.choices))
        if self.low is None:
            return "text"
        return f"{self.type.__name__} from {self.low:g} to {self.high:g}" + (", log scale" if self.log else "")

    def check(self, option: str, value: Any) -> Value:
        """The value in its own type.

        Raises:
            BenchError: naming the option, what it got and what it takes.
        """
        if self.type is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if self.type is tuple:
            value = _tuple(value)
        known = type(value) is self.type
        if self.is_file:
            known = value is None or (isinstance(value, str | Path) and bool(str(value)))
            value = str(value) if isinstance(value, Path) else value
        elif self.choices is not None:
            known = known and value in self.choices
        elif known and self.low is not None:
            # False for NaN too.
            known = self.low <= value <= self.high
        if not known:
            raise BenchError(
                f"{option}={_shown(value)} cannot be used: it takes {self.range} (default {_shown(self.default)})."
            )
        checked: Value = value
        return checked

    def kept(self, value: Value) -> Scalar | None:
        """A value as a sweep writes it down, which keeps no tuples; :meth:`check` reads it."""
        return json.dumps(value) if isinstance(value, tuple) else value

    def suggest(self, name: str, trial: optuna.trial.Trial) -> Value:
        """A value drawn by an Optuna trial from the declared range."""
        if self.choices is not None:
            if self.type is tuple:
                drawn = trial.suggest_categorical(name, [self.kept(choice) for choice in self.choices])
                return self.check(name, drawn)
            return trial.suggest_categorical(name, list(self.choices))  # type: ignore[arg-type]
        assert self.low is not None
        assert self.high is not None
        if self.type is int:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)


def tunable(
    default: Scalar | tuple[Scalar, ...],
    *,
    low: float | None = None,
    high: float | None = None,
    log: bool = False,
    choices: tuple[Scalar | tuple[Scalar, ...], ...] | None = None,
    help: str = "",
) -> Any:
    """Declare a hyperparameter of a Method: ``strength: float = tunable(1.0, low=.01, high=100, log=True)``.

    The default's type is the hyperparameter's. Numbers need a range or choices, tuples need choices; booleans need
    neither, and text without choices is any text, which no sweep searches. On an instance the attribute is the value.

    Raises:
        BenchError: when the declaration has no range or its default lies outside.
    """
    if isinstance(default, bool) and choices is None:
        choices = (False, True)
    is_text = isinstance(default, str) and choices is None and low is None and high is None
    if (choices is None) == (low is None or high is None) and not is_text:
        raise BenchError(f"tunable({default!r}) needs either choices=(…) or both low= and high=.")
    declared = Tunable(default, low, high, log, choices, help)
    declared.check("the default of a tunable", default)
    return declared


def file(default: str | Path | None = None, *, help: str = "") -> Any:
    """Declare a file that a Method reads: ``weights: Path | None = file(help="encoder to start from")``.

    On an instance the attribute is a ``Path``, or None. What the file contains, not what it is called, determines the
    run; no sweep searches it. The network is built without it where nothing is trained: as the untrained reference, and
    from its trained weights. So it may change what tensors hold, and not which there are.
    """
    return Tunable(None if default is None else str(default), help=help, is_file=True)


def hyperparameters(cls: type) -> dict[str, Tunable]:
    """Every hyperparameter a class declares or inherits, the class's own first."""
    found: dict[str, Tunable] = {}
    for parent in cls.__mro__:
        for name, value in vars(parent).items():
            if isinstance(value, Tunable):
                found.setdefault(name, value)
    return found


def files(cls: type) -> tuple[str, ...]:
    """The names of the hyperparameters that are files."""
    return tuple(name for name, declared in hyperparameters(cls).items() if declared.is_file)


def resolve(cls: type, values: Mapping[str, Any]) -> dict[str, Value]:
    """All hyperparameters of a class, the given values checked and the others at their defaults.

    Raises:
        BenchError: for a name that the class does not declare, or a value outside its range.
    """
    declared = hyperparameters(cls)
    for name in values:
        if name not in declared:
            raise BenchError(f"{cls.__name__} has no hyperparameter {name!r}.{suggest(name, declared)}")
    return {
        name: tunable.check(f"method.{name}", values.get(name, tunable.default)) for name, tunable in declared.items()
    }


def _tuple(value: Any) -> Any:
    """A list, or a tuple as a sweep writes it down, as a tuple; anything else as it is."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return tuple(value) if isinstance(value, list) else value


def _shown(value: Any) -> str:
    return "[" + ",".join(map(str, value)) + "]" if isinstance(value, tuple) else str(value)
