"""The configuration of another run, ``config.yaml`` in its folder, given back as what a run is told."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bench.config.overrides import CONFIGURATIONS, Given, given, leaves
from bench.config.paths import TEST
from bench.errors import BenchError

#: What of a configuration goes with a plugin, or a named way of scoring, and is lost where another is named.
_LOST = {
    "method": re.compile(r"method\."),
    "task": re.compile(r"task\."),
    "task.dataset": re.compile(r"task\.(?!protected$|groups$|image_size$|max_unreadable$)"),
    "backbone": re.compile(r"backbone\."),
    "test.dataset": re.compile(r"test\."),
    "scoring": re.compile(r"scoring\.(?!replicates$|unit$|suites$|isolated$)"),
}


def told_by_file(overrides: Sequence[str]) -> Given:
    """What overrides say and, where they are silent, the file of a configuration that may stand among them.

    Another method, task or data set than the file's has none of the options that the file gives the one it names;
    other sets to test on take the place of all that it names.

    Raises:
        BenchError: for two files, or one that holds no configuration; else as :func:`given`.
    """
    files = [text for text in overrides if text.endswith(CONFIGURATIONS) and "=" not in text]
    rest = [text for text in overrides if text not in files]
    if not files:
        return given(rest)
    if len(files) > 1:
        raise BenchError(f"{' and '.join(files)} are two configurations; a run is told by one.")
    asked, stored = given(rest), _options(_read(Path(os.path.expanduser(files[0]))))
    for key, lost in _LOST.items():
        if key in asked and asked[key] != stored.get(key):
            stored = {name: value for name, value in stored.items() if not lost.match(name)}
    return given(rest, stored)


def _read(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BenchError(f"There is no configuration {path}. A run keeps its own as config.yaml.") from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())
        raise BenchError(f"{path} cannot be read as a configuration: {said}.") from error
    if not isinstance(values, dict) or not {"method", "task"} <= set(values):
        raise BenchError(f"{path} is no configuration of a run: it names no method and no task.")
    return {str(key): value for key, value in values.items()}


def _options(config: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a configuration by the options that give them."""
    try:
        method, task = dict(config["method"]), dict(config["task"])
        tests = [dict(test) for test in config.get("test") or []]
        options = {"method": method["plugin"], "task": task.pop("plugin")}
        options |= {f"method.{name}": value for name, value in method["hyperparameters"].items()}
        options |= leaves(task.pop("options") | {k: v for k, v in task.items() if k != "name"}, "task.")
        flat = [leaves(test.pop("options") | test) for test in tests]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BenchError(
            f"This is no configuration of a run: {error!r} in what it says of method, task or test."
        ) from error
    for name in dict.fromkeys(name for test in flat for name in test):
        options[TEST + name] = [test.get(name) for test in flat]
    rest = {key: value for key, value in config.items() if key not in ("method", "task", "test")}
    flat_rest = leaves(rest)
    if "backbone.name" in flat_rest:
        flat_rest["backbone"] = flat_rest.pop("backbone.name")
    return options | flat_rest
