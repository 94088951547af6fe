"""``method=adversarial task=cxr method.strength=.5`` → a typed, validated RunConfig, in Hydra's override grammar."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bench.errors import BenchError, suggest
from bench.task import MAX_UNREADABLE

if TYPE_CHECKING:
    from bench.task import Dataset

#: Overrides that choose a plugin instead of setting a value.
_SELECTORS = ("method", "task", "task.dataset")
#: Begins the options of the data sets that a trained network is tested on beside its own.
_TEST = "test."


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class TrainerConfig(_Strict):
    """The training budget, the same for every method that is to be compared."""

    max_epochs: int = Field(8, ge=1)
    batch_size: int = Field(128, ge=2)
    patience: int = Field(5, ge=1, description="epochs without a better validation AUROC before training stops")
    precision: Literal["auto", "32", "bf16"] = "auto"
    accelerator: Literal["auto", "cpu", "gpu"] = "auto"
    workers: int = Field(0, ge=0, description="loader processes; 0 reads the cache in the training process")


class ScoringConfig(_Strict):
    """How scores are made: they can be made anew from a trained network."""

    replicates: int = Field(1000, ge=100, description="patient bootstrap replicates")
    unit: Literal["image", "study"] = Field(
        "image", description="what is scored: each image, or each study by the mean over its images"
    )
    suites: tuple[int, ...] = Field((1,), min_length=1, description="versions of the suites that read race")


class SweepConfig(_Strict):
    """The search for a method's hyperparameters."""

    trials: int = Field(8, ge=1)
    seed: int = Field(0, ge=0)
    baseline: str = Field("erm", description="the method that trials are held against")
    tolerance: float = Field(0.02, ge=0, le=0.5, description="validation AUROC a trial may lose against the baseline")


class TaskConfig(_Strict):
    """The task, its data set, and how the cohort is made of it. ``options`` are the data set's own."""

    name: str
    #: What was asked for: the name, or the path of a plugin's folder.
    plugin: str
    dataset: str
    root: Path | None = None
    protected: str
    groups: tuple[str, ...] | None = Field(None, description="only patients of these groups of the protected attribute")
    targets: tuple[str, ...] | None = None
    split: Literal["hash", "official"] = "hash"
    image_size: int = Field(ge=16, le=1024)
    max_unreadable: float = Field(MAX_UNREADABLE, ge=0, lt=1, description="share of the images that may be unreadable")
    options: dict[str, Any] = {}


class ExternalConfig(_Strict):
    """Where a trained network is scored beside its own test patients. ``options`` are the data set's own.

    A ``site`` of the data set that is trained on is left out of training.
    """

    dataset: str
    root: Path | None = None
    split: Literal["hash", "official"] = "hash"
    site: str | None = Field(None, description="only this site; of the training data set, it is left out of training")
    options: dict[str, Any] = {}


class MethodConfig(_Strict):
    """The method and all its hyperparameters, defaults filled in."""

    name: str
    #: What was asked for: the name, or the path of a plugin's file.
    plugin: str
    hyperparameters: dict[str, bool | int | float | str] = {}


class RunConfig(_Strict):
    """Everything that a run is told. ``runs_dir`` and below do not change its result."""

    method: MethodConfig
    task: TaskConfig
    test: tuple[ExternalConfig, ...] = ()
    backbone: str
    seed: int = Field(0, ge=0, le=2**32 - 1)
    trainer: TrainerConfig = TrainerConfig()
    scoring: ScoringConfig = ScoringConfig()
    sweep: SweepConfig = SweepConfig()
    logger: Literal["none", "csv", "tensorboard", "wandb"] = "csv"
    runs_dir: Path = Path("runs")
    cache_dir: Path | None = None


def multirun(overrides: Sequence[str]) -> list[list[str]]:
    """The product of comma lists, in the order written: ``seed=0,1 method=a,b`` → four lists of overrides."""
    choices = []
    for text in overrides:
        override = _parse(text)
        if override.is_discrete_sweep():
            choices.append([f"{override.get_key_element()}={value}" for value in override.sweep_string_iterator()])
        else:
            choices.append([text])
    return [list(job) for job in itertools.product(*choices)]


def given(overrides: Sequence[str]) -> dict[str, Any]:
    """Each override's key and value, later ones winning.

    Raises:
        BenchError: for text that Hydra's grammar does not admit, for additions and deletions, and for comma lists.
    """
    values: dict[str, Any] = {}
    for text in overrides:
        override = _parse(text)
        if override.is_sweep_override():
            raise BenchError(f"{text!r} lists several values. One run takes one; -m runs each of them.")
        if override.is_add() or override.is_force_add() or override.is_delete():
            raise BenchError(f"{text!r} adds or deletes an option; write option=value.")
        values[override.key_or_group] = override.value()
    return values


def compose(overrides: Sequence[str]) -> RunConfig:
    """The validated configuration of one run.

    The named method and task are imported here, since they declare the options below ``method.`` and ``task.``.

    Raises:
        BenchError: for an unknown method, task, data set or option (with the nearest), or a value of the wrong type
            or outside its range (with what the option takes).
    """
    from bench.method import backbones
    from bench.method.hyperparameters import hyperparameters
    from bench.method.hyperparameters import resolve as resolve_hyperparameters
    from bench.plugins.registry import METHODS, TASKS, datasets

    values = given(overrides)
    method_plugin, task_plugin = _name(values, "method", "erm"), _name(values, "task", "cxr")
    method, task_entry = METHODS.get(method_plugin), TASKS.get(task_plugin)
    task, found = task_entry.load(), datasets(task_entry)
    dataset = found.get(_name(values, "task.dataset", task.dataset)).load()

    task_defaults = {
        "name": task_entry.name,
        "dataset": dataset.name,
        "root": None,
        "protected": task.protected,
        "groups": None,
        "targets": None,
        "split": "hash",
        "image_size": task.image_size,
        "max_unreadable": MAX_UNREADABLE,
    }
    method_class = method.load()
    method_defaults = {name: tunable.default for name, tunable in hyperparameters(method_class).items()}
    options = _dump(dataset.options())
    schema = {
        "method": {"name": method.name, **method_defaults},
        "task": {**task_defaults, **options},
        "backbone": task.backbone,
        **{name: _default(name) for name in ("seed", "trainer", "scoring", "sweep", "logger", "runs_dir", "cache_dir")},
    }
    rest = [
        text for text in overrides if (key := _parse(text).key_or_group) not in _SELECTORS and not key.startswith(_TEST)
    ]
    composed = _hydra(schema, rest)
    task_values, method_values = dict(composed.pop("task")), dict(composed.pop("method"))
    task_values |= {"name": task_entry.name, "plugin": task_plugin, "dataset": dataset.name}
    own = {name: task_values.pop(name) for name in options}
    _validate(dataset.options, own, "task.")
    hyper = resolve_hyperparameters(method_class, {name: method_values[name] for name in method_defaults})
    backbones.check(composed["backbone"])
    for holder, name in ((task_values, "root"), (composed, "runs_dir"), (composed, "cache_dir")):
        if isinstance(holder[name], str):
            holder[name] = os.path.expanduser(holder[name])
    # Hydra reads trainer.precision=32 as a number; it is a name.
    composed["trainer"]["precision"] = str(composed["trainer"]["precision"])
    chosen = {
        "method": {"name": method.name, "plugin": method_plugin, "hyperparameters": hyper},
        "task": {**task_values, "options": own},
        "test": _tests(values, {**task_values, "options": own}, lambda name: found.get(name).load()),
    }
    return _validate(RunConfig, {**composed, **chosen})


def _tests(values: Mapping[str, Any], task: Mapping[str, Any], load: Callable[[str], Dataset]) -> list[dict[str, Any]]:
    """The values of each :class:`ExternalConfig` that ``test.…`` asks for.

    Lists are of one length and go together by position; what is no list holds for all. Without ``test.dataset`` it is
    the data set trained on, whose root and options hold as they are for training unless ``test.…`` gives others.
    """
    asked = {key.removeprefix(_TEST): value for key, value in values.items() if key.startswith(_TEST)}
    if not asked:
        return []
    lists = {key: value for key, value in asked.items() if isinstance(value, list)}
    if len({len(value) for value in lists.values()} | {0}) > 2 or [] in lists.values():
        lengths = ", ".join(f"{_TEST}{key} of {len(value)}" for key, value in lists.items())
        raise BenchError(f"Lists of test data sets go together by position and have one length; here are {lengths}.")
    made, unknown, known = [], set(asked), {"dataset"}
    for i in range(max([1, *map(len, lists.values())])):
        here = {key: value[i] if key in lists else value for key, value in asked.items()}
        dataset = load(_name({"test.dataset": here.get("dataset", task["dataset"])}, "test.dataset", ""))
        same = dataset.name == task["dataset"]
        options = task["options"] if same else _dump(dataset.options())
        schema: dict[str, Any] = {
            "root": task["root"] if same else None,
            "split": "hash",
            "site": None,
            "options": options,
        }
        leaves = {name.removeprefix("options."): name for name in _leaves(schema)}
        known |= set(leaves)
        unknown -= {*leaves, "dataset"}
        for key, name in leaves.items():
            if key in here:
                schema = _with(schema, name.split("."), here[key])
        _validate(dataset.options, schema["options"], _TEST)
        if isinstance(schema["root"], str):
            schema["root"] = os.path.expanduser(schema["root"])
        made.append({"dataset": dataset.name, **schema})
    for key in sorted(unknown):
        raise BenchError(f"There is no option {_TEST + key!r}.{suggest(_TEST + key, [_TEST + name for name in known])}")
    return made


def _with(tree: Mapping[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    """The nested mapping with another value at this path."""
    return {**tree, path[0]: _with(tree[path[0]], path[1:], value) if len(path) > 1 else value}


def describe(model: type[BaseModel], prefix: str = "") -> list[tuple[str, str, str]]:
    """Every option of a model as (dotted name, default, what it takes), for ``bench show``."""
    rows = []
    for name, info in model.model_fields.items():
        if info.annotation == tuple[ExternalConfig, ...]:
            rows += describe(ExternalConfig, f"{prefix}{name}.")
        elif isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            rows += describe(info.annotation, f"{prefix}{name}.")
        else:
            takes = " ".join(filter(None, [_takes(model, name), info.description]))
            rows.append((f"{prefix}{name}", str(info.get_default(call_default_factory=True)), takes))
    return rows


def _name(values: Mapping[str, Any], key: str, default: str) -> str:
    value = values.get(key, default)
    if not isinstance(value, str):
        raise BenchError(f"{key}={value} is not a name.")
    return value


def _parse(text: str) -> Any:
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    try:
        return OverridesParser.create().parse_override(text)
    except HydraException as error:
        raise BenchError(
            f"{text!r} is no override: write option=value, for instance method.strength=0.5 (quote values that hold "
            f"commas, brackets or equals signs: 'task.root=\"/a=b\"')."
        ) from error


def _hydra(schema: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Lay the overrides over the defaults with Hydra's compose API, unknown options refused with the nearest."""
    from hydra import compose as hydra_compose
    from hydra import initialize
    from hydra.core.config_store import ConfigStore
    from omegaconf import OmegaConf

    known = set(_leaves(schema))
    for text in overrides:
        if (key := _parse(text).key_or_group) not in known:
            tests = {f"{_TEST}{name}" for name in ("dataset", "root", "split", "site")}
            raise BenchError(f"There is no option {key!r}.{suggest(key, known | tests)}")
    ConfigStore.instance().store(name="run", node=schema)
    with initialize(version_base="1.3", config_path=None):
        config = hydra_compose("run", overrides=list(overrides))
    composed = OmegaConf.to_container(config, resolve=False)
    assert isinstance(composed, dict)
    return {str(key): value for key, value in composed.items()}


def _leaves(schema: Mapping[str, Any], prefix: str = "") -> list[str]:
    names = []
    for key, value in schema.items():
        names += _leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else [f"{prefix}{key}"]
    return names


def _default(name: str) -> Any:
    default = RunConfig.model_fields[name].default
    if isinstance(default, BaseModel):
        return _dump(default)
    return str(default) if isinstance(default, Path) else default


def _dump(model: BaseModel) -> dict[str, Any]:
    # Through JSON, because OmegaConf holds no tuples, paths or enumerations.
    return model.model_dump(mode="json")


def _validate(model: type[Any], values: Mapping[str, Any], prefix: str = "") -> Any:
    try:
        # As JSON: strict on types, and still a list may be a tuple and a string a path.
        return model.model_validate_json(json.dumps(values))
    except ValidationError as error:
        first = error.errors()[0]
        where = [str(part) for part in first["loc"] if part != "options" and not isinstance(part, int)]
        option = prefix + ".".join(where)
        got = first.get("input")
        takes = _takes(model, *map(str, first["loc"]))
        raise BenchError(
            f"{option}={got} cannot be used: {first['msg'].lower()}.{takes and f' It takes {takes}.'}"
        ) from error


def _takes(model: type[BaseModel], *path: str) -> str:
    """What a field takes, in words; empty where its annotation says too little."""
    info = model.model_fields.get(path[0])
    if info is None:
        return ""
    if path[0] == "test" and len(path) > 2:
        return _takes(ExternalConfig, *path[2:])
    if len(path) > 1 and isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
        return _takes(info.annotation, *path[1:])
    annotation = info.annotation
    if getattr(annotation, "__origin__", None) is Literal:
        words = "one of " + ", ".join(map(str, annotation.__args__))  # type: ignore[union-attr]
    else:
        words = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    limits = [str(limit).partition("(")[2].rstrip(")") for limit in info.metadata if "(" in str(limit)]
    return f"{words} ({', '.join(limits)})" if limits else words
