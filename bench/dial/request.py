"""What ``bench dial`` is asked for: which networks, which dial of the phantom, and at which strengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.config import RunConfig, compose, given, multirun
from bench.errors import BenchError

#: ``bias.prevalence`` may be written for ``task.bias.prevalence``.
_SHORT, _TASK, _TEST = "bias.", "task.", "test."
#: Options of ``bench dial`` itself.
_TRAINED, _OUT = "trained", "out"
#: What may be given as a list without being the dial: several networks.
_NETWORKS = ("method", "seed")
#: Options of the task that choose data, and are no dial of it.
_DATA = ("task.dataset", "task.root", "task.protected", "task.groups", "task.targets", "task.split", "task.image_size")
EXAMPLE = "bench dial task=cxr method=erm,group_dro bias.prevalence=0,.05,.1"


@dataclass(frozen=True)
class Asked:
    """One network of the curves: its configuration at one strength, and what it is called."""

    label: str
    strength: float
    config: RunConfig


@dataclass(frozen=True)
class Request:
    """Everything that is asked for.

    ``dial`` is the option of the data set, ``strengths`` its values in ascending order, and ``usual`` the one that
    networks are trained with unless they are ``trained`` at each. ``networks`` are the runs that it takes, each with a
    label a method and setting; of networks that are trained as usual the strength is that.
    """

    dial: str
    strengths: tuple[float, ...]
    usual: float
    trained: bool
    networks: tuple[Asked, ...]
    out: Path


def read(overrides: Sequence[str]) -> Request:
    """Read the overrides of ``bench dial``.

    Raises:
        BenchError: when no option of the task, or more than one, is given as a list; for a data set that is not
            rendered, and whatever else keeps a run from being planned.
    """
    own = [text for text in overrides if text.partition("=")[0] in (_TRAINED, _OUT)]
    rest = [_TASK + text if text.startswith(_SHORT) else text for text in overrides if text not in own]
    dial, strengths, rest = _dial(rest)
    options = {_TRAINED: False, _OUT: "dials", **given(own)}
    if not isinstance(options[_TRAINED], bool):
        raise BenchError(f"trained={options[_TRAINED]} is neither true nor false.")
    first = compose([*multirun(rest)[0], f"{_TASK}{dial}={strengths[0]:g}"])
    _check_rendered(first)
    networks = [
        Asked(_label(job, rest), strength, _config(job, dial, strengths, strength if options[_TRAINED] else None))
        for job in multirun(rest)
        for strength in (strengths if options[_TRAINED] else [_usual(job, dial)])
    ]
    usual = _usual(multirun(rest)[0], dial)
    return Request(dial, strengths, usual, options[_TRAINED], tuple(networks), Path(str(options[_OUT])).expanduser())


def value_of(config: RunConfig, dial: str) -> float:
    """The strength of a dial in a configuration's own data."""
    found: Any = config.task.options
    for name in dial.split("."):
        found = found[name]
    return float(found)


def _dial(overrides: Sequence[str]) -> tuple[str, tuple[float, ...], list[str]]:
    """The dial's name without ``task.``, its strengths, and the other overrides."""
    dials = [
        text
        for text in overrides
        if text.startswith(_TASK) and not text.startswith(_DATA) and len(multirun([text])) > 1
    ]
    if len(dials) != 1:
        named = f"it was given {' and '.join(dials)}" if dials else "none was given"
        raise BenchError(
            f"bench dial takes one dial of a phantom with the strengths to score at, and {named}. For instance:"
            f" {EXAMPLE}"
        )
    key = dials[0].partition("=")[0]
    strengths = [given([*job])[key] for job in multirun(dials)]
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in strengths):
        raise BenchError(f"{dials[0]}: strengths of a dial are numbers. For instance: {EXAMPLE}")
    return key.removeprefix(_TASK), tuple(sorted(set(map(float, strengths)))), [x for x in overrides if x != dials[0]]


def _usual(job: Sequence[str], dial: str) -> float:
    return value_of(compose(job), dial)


def _config(job: Sequence[str], dial: str, strengths: Sequence[float], trained: float | None) -> RunConfig:
    """A network trained at a strength and tested there; or (None) trained as usual and tested at every other one."""
    if trained is not None:
        return compose([*job, f"{_TASK}{dial}={trained:g}"])
    others = [strength for strength in strengths if strength != _usual(job, dial)]
    # As options of the task, so that an error names what was written.
    for strength in others:
        compose([*job, f"{_TASK}{dial}={strength:g}"])
    return compose([*job, *([f"{_TEST}{dial}=[{','.join(f'{one:g}' for one in others)}]"] if others else [])])


def _label(job: Sequence[str], overrides: Sequence[str]) -> str:
    """The method, and the value of whatever else was given as a list, but for seeds."""
    listed = {text.partition("=")[0] for text in overrides if len(multirun([text])) > 1}
    values = dict(text.partition("=")[::2] for text in job if "=" in text)
    setting = [f"{key}={values[key]}" for key in values if key in listed and key not in _NETWORKS]
    return ", ".join([Path(values.get("method", "erm")).stem, *setting])


def _check_rendered(config: RunConfig) -> None:
    from bench.data.cohorts.chosen import choose

    if not choose(config.task).dataset.rendered:
        raise BenchError(
            f"Data set {config.task.dataset!r} lies in files, so it has no dial to turn: test patients cannot be"
            " rendered anew. scoring.conditions=1 weights them instead."
        )
