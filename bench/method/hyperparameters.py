"""Hyperparameters declared once: default and range give the option, the search space and the documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.errors import BenchError, suggest

if TYPE_CHECKING:
    import optuna

Value = bool | int | float | str


@dataclass(frozen=True)
class Tunable:
    """A hyperparameter's default, and either a range (``low``, ``high``, ``log``) or the ``choices`` it takes."""

    default: Value
    low: float | None = None
    high: float | None = None
    log: bool = False
    choices: tuple[Value, ...] | None = None
    help: str = ""

    @property
    def type(self) -> type:
        """The Python type of its values."""
        return type(self.default)

    @property
    def range(self) -> str:
        """What it takes, in words."""
        if self.choices is not None:
            return "one of " + ", ".join(map(str, self.choices))
        return f"{self.type.__name__} from {self.low:g} to {self.high:g}" + (", log scale" if self.log else "")

    def check(self, option: str, value: Any) -> Value:
        """The value in its own type.

        Raises:
            BenchError: naming the option, what it got and what it takes.
        """
        if self.type is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        known = type(value) is self.type
        if self.choices is not None:
            known = known and value in self.choices
        elif known:
            # False for NaN too.
            known = self.low <= value <= self.high
        if not known:
            raise BenchError(f"{option}={value} cannot be used: it takes {self.range} (default {self.default}).")
        checked: Value = value
        return checked

    def suggest(self, name: str, trial: optuna.trial.Trial) -> Value:
        """A value drawn by an Optuna trial from the declared range."""
        if self.choices is not None:
            return trial.suggest_categorical(name, list(self.choices))  # type: ignore[return-value]
        assert self.low is not None
        assert self.high is not None
        if self.type is int:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)


def tunable(
    default: Value,
    *,
    low: float | None = None,
    high: float | None = None,
    log: bool = False,
    choices: tuple[Value, ...] | None = None,
    help: str = "",
) -> Any:
    """Declare a hyperparameter of a Method: ``strength: float = tunable(1.0, low=.01, high=100, log=True)``.

    The default's type is the hyperparameter's; booleans need no range. On an instance the attribute is the value.

    Raises:
        BenchError: when the declaration has no range or its default lies outside.
    """
    if isinstance(default, bool) and choices is None:
        choices = (False, True)
    if (choices is None) == (low is None or high is None):
        raise BenchError(f"tunable({default!r}) needs either choices=(…) or both low= and high=.")
    declared = Tunable(default, low, high, log, choices, help)
    declared.check("the default of a tunable", default)
    return declared


def hyperparameters(cls: type) -> dict[str, Tunable]:
    """Every hyperparameter a class declares or inherits, the class's own first."""
    found: dict[str, Tunable] = {}
    for parent in cls.__mro__:
        for name, value in vars(parent).items():
            if isinstance(value, Tunable):
                found.setdefault(name, value)
    return found


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
