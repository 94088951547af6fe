"""Records of schema version 1, one ``record.json`` a run, written anew as ``run.json`` and files of scores.

Nothing is computed: every number is carried over as it stands. What version 1 did not keep (influence values) is not
there afterwards either; ``bench score`` makes it from the weights.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from bench.records.run_record import RunRecord
from bench.records.score import FEATURES, Score
from bench.records.score_file import Head, Place, ScoreFile
from bench.records.store import OLD, RUN, path_of, write_record

#: What is left of the old file.
KEPT = "record.schema-1.json"
#: The one metric that was broken down by its probe; of all others the probe was the one chosen.
_BY_PROBE = "decodability_probe"


@dataclass(frozen=True)
class Converted:
    """What became of one record: the folder it lies in and the names of its new files of scores."""

    folder: Path
    files: tuple[str, ...]


def convert(runs_dir: Path, say: Callable[[str], None]) -> list[Converted]:
    """Convert every record of schema version 1 below a folder; one that is converted already is passed over.

    The old file stays as ``record.schema-1.json``. Interrupted, the same call goes on.

    Raises:
        BenchError: for a folder that is not there, or a record that is none of schema version 1; those before it are
            converted.
    """
    if not runs_dir.is_dir():
        raise BenchError(f"There is no folder {runs_dir}: say where the runs lie with runs_dir=…")
    made = []
    for path in sorted(path for path in runs_dir.rglob(OLD) if path.is_file()):
        run, files = _parts(path)
        # It appears last: where it stands, all was written, and scores may have been made anew since.
        if not path.with_name(RUN).exists():
            write_record(run, files, path.parent)
        path.rename(path.with_name(KEPT))
        names = tuple(path_of(file, path.parent).name for file in files)
        say(f"{path.parent}: run.json and scores/{{{', '.join(names)}}}; {OLD} is now {KEPT}")
        made.append(Converted(path.parent, names))
    return made


def _parts(path: Path) -> tuple[RunRecord, list[ScoreFile]]:
    try:
        old = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(old, dict) or old.get("schema_version") != 1:
            raise BenchError(f"{path} is no record of schema version 1, so it was left as it is.")
        return _run(old), _files(old)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else " ".join(str(error).split())[:200]
        raise BenchError(f"{path} is no whole record of schema version 1 ({what}), so it was left as it is.") from error


def _run(old: Mapping[str, Any]) -> RunRecord:
    names = ("id", "created", "method", "task", "data", "backbone", "seed", "trainer", "training", "environment")
    seconds = {name: value for name, value in old.get("seconds", {}).items() if name in ("images", "training")}
    return RunRecord.model_validate_json(json.dumps({**{name: old[name] for name in names}, "seconds": seconds}))


def _files(old: Mapping[str, Any]) -> list[ScoreFile]:
    data, task = old["data"], old["task"]
    files = [
        _file(old, old, place, place, data, task, [score for score in old["scores"] if score["split"] == place])
        for place in old["scored"]
    ]
    for other in old.get("external", []):
        about = {**task, "targets": other["targets"], "groups": other["groups"]}
        files.append(_file(old, other, other["name"], "elsewhere", other["data"], about, other["scores"]))
    return files


def _file(
    old: Mapping[str, Any],
    made: Mapping[str, Any],
    name: str,
    place: Place,
    data: Mapping[str, Any],
    task: Mapping[str, Any],
    scores: list[Mapping[str, Any]],
) -> ScoreFile:
    """A file of scores; ``made`` holds how they were made and the flags."""
    unit = str(made["scoring"].get("unit", "image"))
    split = "test" if place == "elsewhere" else place
    rows = [_score(score) for score in scores]
    # Of studies no count was kept, but scores have one: the widest is of all whose label or group is known.
    counted = max((score.n for score in rows), default=0)
    head = Head(
        arena=name if unit == "image" else f"{name} by {unit}",
        place=place,
        dataset=data["dataset"],
        synthetic=data["synthetic"],
        data=data["fingerprint"],
        split=data["split_fingerprint"],
        protected=task["protected"],
        groups=task["groups"],
        targets=task["targets"],
        unit=unit,
        n=data["images"][split] if unit == "image" else counted,
        patients=data["patients"][split],
        scoring=int(made["scoring"].get("version", 1)),
        suite=made["suite_version"],
    )
    flags = [_flag(flag) for flag in made["flags"]]
    return ScoreFile(
        run=old["id"],
        head=head,
        created=old["created"],
        replicates=int(made["scoring"]["replicates"]),
        data=data if place == "elsewhere" else None,
        flags=flags if place != "val" else [flag for flag in flags if flag == "RANDOMISED"],
        scores=rows,
        environment=dict(old.get("environment", {})),
    )


def _score(old: Mapping[str, Any]) -> Score:
    fields = {name: value for name, value in old.items() if name not in ("split", "view")}
    fields["layer"] = old.get("view") and _layer(old["view"])
    if old["metric"] != _BY_PROBE:
        fields |= {"probe": None, "read_by": old.get("probe")}
    return Score.model_validate(fields)


def _flag(old: str) -> str:
    view, colon, name = old.partition(": ")
    return f"{_layer(view)}: {name}" if colon else old


def _layer(view: str) -> str:
    return FEATURES if view == "penultimate" else view.replace("stage", "block")
