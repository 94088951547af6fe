"""Networks that are trained already, scored where scores are missing: by another suite, by study, on other sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bench import config as configuration
from bench import records, training
from bench.config import ExternalConfig, RunConfig
from bench.config.external import external
from bench.config.validation import validated
from bench.errors import BenchError, suggest
from bench.plugins.registry import TASKS, datasets
from bench.records import Place, Record, RunRecord
from bench.run.execution import CONFIG, complete, suites_of
from bench.run.planning import Run, plan

_SCORING, _TEST = "scoring.", "test."
#: Options that say which runs are meant, and what each is in a run.
_CHOICES: Mapping[str, Callable[[RunRecord], str | int]] = {
    "task": lambda run: run.task.name,
    "method": lambda run: run.method.name,
    "seed": lambda run: run.seed,
}


def score_stored(overrides: Sequence[str]) -> Iterator[str]:
    """Score networks that are trained where scores are missing; nothing is trained.

    Each run below ``runs_dir`` that ``task``, ``method`` and ``seed`` choose is scored as its own ``config.yaml`` says,
    with ``scoring=…`` and ``scoring.…`` in the place of what stands there and the sets that ``test.…`` names beside its
    own: on val or test patients only where it has been scored on them, so that a sweep's trials never see test
    patients.

    Yields:
        a line a run: the files of scores that were added, or why it was passed over.

    Raises:
        BenchError: for an option that it does not take or a choice that no run is of; and in the end, when some run
            could not be scored.
    """
    asked = configuration.given(overrides)
    scoring = _scoring(asked)
    chosen, failed = _chosen(asked), []
    for folder, run in chosen:
        try:
            said = _score(folder, run, scoring, asked)
        except BenchError as error:
            failed.append(folder)
            said = f"not scored: {error}"
        yield f"{folder}: {said}"
    if failed:
        raise BenchError(f"{len(failed)} of {len(chosen)} runs could not be scored ({', '.join(map(str, failed))}).")


def read_config(folder: Path) -> RunConfig:
    """What a run was told, from the ``config.yaml`` in its folder.

    Raises:
        BenchError: when there is no such file, or something else in it.
    """
    path = folder / CONFIG
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(values, dict):
            raise BenchError("it holds no options.")
        found: RunConfig = validated(RunConfig, values)
    except FileNotFoundError as error:
        raise BenchError(f"There is no {path}, which says how the network is made.") from error
    except (BenchError, ValueError, yaml.YAMLError) as error:
        raise BenchError(f"{path} does not say how a run is made: {' '.join(str(error).split())}") from error
    return found


def _scoring(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The options of scoring that are asked for, each of which is known to be one."""
    made = dict(configuration.scoring(asked))
    made |= {key.removeprefix(_SCORING): asked[key] for key in asked if key.startswith(_SCORING)}
    defaults = RunConfig.model_fields["scoring"].default
    own = [_SCORING + name for name in type(defaults).model_fields]
    for key in asked:
        taken = ("runs_dir", "scoring", *_CHOICES, *own)
        if key not in taken and not key.startswith(_TEST):
            raise BenchError(f"bench score takes no option {key!r}.{suggest(key, taken)}")
    checked = validated(type(defaults), {**defaults.model_dump(mode="json"), **made}, _SCORING)
    suites_of(checked.suites)
    return {name: getattr(checked, name) for name in made}


def _chosen(asked: Mapping[str, Any]) -> list[tuple[Path, RunRecord]]:
    """The runs that are meant, with their folders."""
    runs_dir = Path(str(asked.get("runs_dir", "runs"))).expanduser()
    found = [(folder, records.parse(folder / records.RUN, RunRecord, "run")) for folder in records.folders(runs_dir)]
    if not found:
        raise BenchError(f"There are no runs below {runs_dir}: say where they lie with runs_dir=…")
    for option, of in _CHOICES.items():
        if option in asked:
            there = {str(of(run)) for _, run in found}
            found = [(folder, run) for folder, run in found if of(run) == asked[option]]
            if not found:
                more = suggest(str(asked[option]), there)
                raise BenchError(f"No run below {runs_dir} that is meant has {option}={asked[option]}.{more}")
    return found


def _score(folder: Path, run: RunRecord, scoring: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """Score one run; what came of it."""
    place, before = folder.absolute(), records.read(folder)
    stored = read_config(folder)
    own = (stored.task.name, stored.task.dataset, stored.method.name, run.id)
    if place.parts[-len(own) :] != own:
        raise BenchError(f"It has to lie in a folder {Path(*own)} to be scored.")
    planned = plan(_laid_over(stored, place, run, scoring, asked))
    if planned.id != run.id:
        return f"passed over, since {_why_another(run, planned)}"
    if not (folder / training.WEIGHTS).exists():
        raise BenchError(f"Its weights ({training.WEIGHTS}) are not there.")
    record = complete(planned, _places(before), train=False).record
    added = [records.path_of(file, folder).name for file in record.files if file not in before.files]
    return f"{', '.join(added)} added" if added else "nothing missing"


def _laid_over(
    stored: RunConfig, place: Path, run: RunRecord, scoring: Mapping[str, Any], asked: Mapping[str, Any]
) -> RunConfig:
    """What the run was told, with what is asked for now, where it lies now.

    The precision is the one it was trained with: what ``auto`` stands for may be another on this machine.
    """
    found = datasets(TASKS.get(stored.task.plugin))
    made = external(asked, stored.task.model_dump(mode="json"), lambda name: found.get(name).load())
    tests = [*stored.test, *(validated(ExternalConfig, values, _TEST) for values in made)]
    precision = run.trainer.get("precision", stored.trainer.precision)
    changes = {
        "runs_dir": place.parents[3],
        "scoring": stored.scoring.model_copy(update=dict(scoring)),
        "test": tuple(test for i, test in enumerate(tests) if test not in tests[:i]),
        "trainer": stored.trainer.model_copy(update={"precision": precision}),
    }
    return stored.model_copy(update=changes)


def _places(record: Record) -> list[Place]:
    """The patients of the set trained on that the network was scored on; all where it was not scored yet."""
    places: tuple[Place, ...] = ("val", "test")
    there = {file.head.place for file in record.files}
    return [place for place in places if place in there] or list(places)


def _why_another(run: RunRecord, planned: Run) -> str:
    """Why a plan is of another network than the run's."""
    if run.method.code != planned.method_info().code:
        return f"the code of method {run.method.name!r} is not what the network was trained with"
    if run.data.fingerprint != planned.data_fingerprint:
        return "its data are not what the network was trained on (a site that test.site= names was, or they changed)"
    return f"this version of the program would train another network (this one is of {run.environment.get('bench')})"
