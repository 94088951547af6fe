"""From overrides to a configuration: the plugins that are named, their options, and all defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from bench.config.external import OPTIONS, external
from bench.config.overrides import laid_over, leaves
from bench.config.paths import TEST, path_options
from bench.config.schema import SCORING, BackboneConfig, RunConfig
from bench.config.stored import told_by_file
from bench.config.validation import plain, validated
from bench.errors import BenchError, refuse_in_imported_script, suggest
from bench.task import MAX_UNREADABLE

if TYPE_CHECKING:
    from bench.task import Dataset, Task

#: Overrides that choose a plugin instead of setting a value.
_SELECTORS = ("method", "task", "task.dataset", "scoring", "backbone")
#: Options that belong to no plugin and have a default.
_COMMON = ("seed", "trainer", "scoring", "sweep", "logger", "runs_dir", "cache_dir")


def compose(overrides: Sequence[str]) -> RunConfig:
    """The validated configuration of one run.

    The named method and task are imported here, since they declare the options below ``method.`` and ``task.``. An
    override may be the file of a configuration, ``config.yaml`` of another run: what it says holds where no override
    says otherwise.

    Raises:
        BenchError: for an unknown method, task, data set or option (with the nearest), or a value of the wrong type
            or outside its range (with what the option takes); in a process that is only to import the user's script.
    """
    # Only now: these import torch, and naming a model of the configuration should not.
    from bench.method import backbones
    from bench.method.hyperparameters import files, hyperparameters, resolve
    from bench.plugins import METHODS, TASKS, datasets

    refuse_in_imported_script()
    values = told_by_file(overrides)
    method_plugin, task_plugin = _name(values, "method", "erm"), _name(values, "task", "cxr")
    method_entry, task_entry = METHODS.get(method_plugin), TASKS.get(task_plugin)
    task, found = task_entry.load(), datasets(task_entry)
    dataset = found.get(_name(values, "task.dataset", task.dataset)).load()
    method = method_entry.load()
    values = values.with_paths(path_options(dataset.options, "task.") | {f"method.{name}" for name in files(method)})

    options = plain(dataset.options())
    default = task.backbone if "backbone" in values else _default_backbone(task, dataset, values)
    backbone = backbones.check(_name(values, "backbone", default))
    tunables = {name: tunable.default for name, tunable in hyperparameters(method).items()}
    defaults = {
        "method": {"name": method_entry.name, **tunables},
        "task": {"name": task_entry.name, **_task_defaults(task, dataset, backbones.input_size(backbone)), **options},
        "backbone": {**plain(BackboneConfig(name=backbone)), "name": backbone},
        **{name: _default(name) for name in _COMMON},
    }
    defaults["scoring"] |= scoring(values)
    composed = laid_over(defaults, _settings(values, defaults))
    chosen = {**composed["task"], "name": task_entry.name, "plugin": task_plugin, "dataset": dataset.name}
    own = {name: chosen.pop(name) for name in options}
    validated(dataset.options, own, "task.")
    hyper = resolve(method, {name: composed["method"][name] for name in tunables})
    chosen["options"] = own
    return validated(
        RunConfig,
        {
            **composed,
            "method": {"name": method_entry.name, "plugin": method_plugin, "hyperparameters": hyper},
            "task": chosen,
            "test": external(values, chosen, lambda name: found.get(name).load()),
            # Hydra's grammar reads trainer.precision=32 as a number; it is a name.
            "trainer": {**composed["trainer"], "precision": str(composed["trainer"]["precision"])},
        },
    )


def scoring(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The options of scoring that ``scoring=<name>`` stands for; none where it is not given.

    Raises:
        BenchError: for a name that stands for nothing.
    """
    name = _name(values, "scoring", "default")
    if name not in SCORING:
        raise BenchError(f"scoring={name} names no way of scoring.{suggest(name, SCORING)}")
    return SCORING[name]


def _name(values: Mapping[str, Any], key: str, default: str) -> str:
    value = values.get(key, default)
    if not isinstance(value, str):
        raise BenchError(f"{key}={value} is not a name.")
    return value


def _default_backbone(task: type[Task], dataset: Dataset, values: Mapping[str, Any]) -> str:
    """The task's, or an encoder of vectors where that is what the data set holds as it is asked for."""
    told = {name: values[f"task.{name}"] for name in dataset.options.model_fields if f"task.{name}" in values}
    root = values.get("task.root")
    if dataset.vectors is None or not isinstance(root, str):
        return task.backbone
    try:
        return "mlp" if dataset.vectors(Path(root), validated(dataset.options, told, "task.")) else task.backbone
    except BenchError:  # said where the data set is read
        return task.backbone


def _task_defaults(task: type[Task], dataset: Dataset, input_size: int | None) -> dict[str, Any]:
    """What holds of the task where nothing is said; the images are of the encoder's own size where it has one."""
    return {
        "dataset": dataset.name,
        "root": None,
        "protected": task.protected,
        "groups": None,
        "targets": None,
        "split": "hash",
        "image_size": input_size or task.image_size,
        "max_unreadable": MAX_UNREADABLE,
    }


def _settings(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """What is given beside plugins and ``test.…``, all of it options that there are."""
    own = [key for key in values if key not in _SELECTORS and not key.startswith(TEST)]
    known = set(leaves(defaults))
    for key in own:
        if key not in known:
            named = {"method", "task", "scoring", "backbone"} | {TEST + name for name in OPTIONS}
            there = known - {"method.name", "task.name", "backbone.name"} | named
            raise BenchError(f"There is no option {key!r}.{suggest(key, there)}")
    return {key: values[key] for key in own}


def _default(name: str) -> Any:
    default = RunConfig.model_fields[name].default
    if isinstance(default, BaseModel):
        return plain(default)
    return str(default) if isinstance(default, Path) else default
