"""``option=value`` in Hydra's override grammar: read, multiplied out for several runs, and laid over the defaults.

Of Hydra the grammar is used and nothing else: no global state of it is read or set, so that a configuration can be
composed inside anybody's own Hydra program.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from bench.errors import BenchError

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override


def multirun(overrides: Sequence[str]) -> list[list[str]]:
    """The product of comma lists, in the order written: ``seed=0,1 method=a,b`` → four lists of overrides.

    Raises:
        BenchError: for text that :func:`parse` does not admit.
    """
    choices = []
    for text in overrides:
        override = parse(text)
        if override.is_discrete_sweep():
            choices.append([f"{override.get_key_element()}={value}" for value in override.sweep_string_iterator()])
        else:
            choices.append([text])
    return [list(job) for job in itertools.product(*choices)]


def given(overrides: Sequence[str]) -> dict[str, Any]:
    """Each override's key and value, later ones winning.

    Raises:
        BenchError: for text that :func:`parse` does not admit, for additions and deletions, and for comma lists.
    """
    values: dict[str, Any] = {}
    for text in overrides:
        override = parse(text)
        if override.is_sweep_override():
            raise BenchError(f"{text!r} lists several values. One run takes one; -m runs each of them.")
        if override.is_add() or override.is_force_add() or override.is_delete():
            raise BenchError(f"{text!r} adds or deletes an option; write option=value.")
        values[override.key_or_group] = override.value()
    return values


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
        raise BenchError(
            f"{text!r} is no override: write option=value, for instance method.strength=0.5 (quote values that hold "
            f"commas, brackets or equals signs: 'task.root=\"/a=b\"')."
        ) from error
    if override.package is not None:
        raise BenchError(f"{text!r} names a package of Hydra's (@), and there are none here; write option=value.")
    if override.value_type is ValueType.GLOB_CHOICE_SWEEP:
        raise BenchError(f"{text!r} is a pattern, and there is no list to choose from; name the values: a,b,c.")
    return override


def laid_over(defaults: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The nested defaults with these values, by dotted key, in the place of theirs; every key is known to be there.

    Raises:
        BenchError: for a value that no configuration can hold (``${`` that opens a reference and does not end).
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    config = OmegaConf.create(dict(defaults))
    OmegaConf.set_struct(config, True)
    for key, value in values.items():
        try:
            OmegaConf.update(config, key, value, merge=True)
        except OmegaConfBaseException as error:
            raise BenchError(f"{key}={value} cannot be used: {str(error).splitlines()[0].rstrip('.')}.") from error
    composed = OmegaConf.to_container(config, resolve=False)
    assert isinstance(composed, dict)
    return {str(key): value for key, value in composed.items()}


def leaves(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The values of nested mappings by their dotted keys."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        found |= leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found
