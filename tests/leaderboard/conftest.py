"""Hand-made records: every number in them is given by the test."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from bench.leaderboard.comparable import Key
from bench.leaderboard.rows import Entry, entries
from bench.leaderboard.table import Table
from bench.leaderboard.table import make as make_table
from bench.records import (
    DataInfo,
    Head,
    MethodInfo,
    Place,
    Record,
    RunRecord,
    Score,
    ScoreFile,
    TaskInfo,
    TrainingInfo,
    Unit,
)

Triple = tuple[float | None, float | None, float | None]


def score(metric: str, value: Triple, **dimensions: Any) -> Score:
    fields: dict[str, Any] = {"n": 400, "patients": 300, **dimensions}
    return Score(metric=metric, value=value[0], low=value[1], high=value[2], **fields)


def around(value: float, half: float) -> Triple:
    return (value, value - half, value + half)


def of_test(
    auroc: Triple,
    decodability: Triple,
    untrained: Triple = (0.6, 0.57, 0.63),
    protected: str = "race",
    brier: Triple = (0.2, 0.19, 0.21),
) -> list[Score]:
    """What a run scores, as far as leaderboards show it, and rows that they must not take for it."""
    of = {"attribute": protected, "read_by": "ridge"}
    return [
        score("auroc", auroc, target="macro"),
        score("auroc", (0.12, 0.1, 0.14), target="effusion"),
        score("brier", brier, target="macro"),
        score("auroc", (0.13, 0.1, 0.16), target="macro", attribute=protected, group="Black"),
        score("worst_auroc", (0.7, 0.66, 0.74), target="macro", attribute=protected),
        score("worst_auroc", (0.2, 0.1, 0.3), target="macro", attribute="age_group"),
        score("equalized_odds_difference", (0.1, 0.05, 0.15), target="macro", attribute=protected),
        score("underdiagnosis_rate_gap", (0.04, 0.01, 0.09), target="no_finding", attribute=protected),
        score("counterfactual_effect", (0.03, 0.02, 0.04), target="macro", attribute=protected),
        score("counterfactual_effect", (0.05, 0.04, 0.06), target="effusion", attribute=protected),
        score("counterfactual_effect", (0.07, 0.05, 0.09), target="macro", attribute=protected, group="Asian → Black"),
        score("counterfactual_shift", (0.01, -0.01, 0.02), target="macro", attribute=protected, group="Asian → Black"),
        score("decodability", decodability, layer="network", **of),
        score("decodability", (0.745, 0.7, 0.79), layer="features", **of),
        score("decodability", (0.7, 0.67, 0.73), layer="outputs", **of),
        score("decodability", (0.66, 0.63, 0.69), layer="block 1", **of),
        score("decodability_given_known", (0.63, 0.6, 0.66), layer="network", **of),
        score("decodability", untrained, layer="network", reference="untrained", **of),
        score("decodability_null", (0.5, 0.46, 0.54), layer="features", reference="permuted", **of),
    ]


def of_val(protected: str = "race") -> list[Score]:
    """What is scored of val patients, and of no leaderboard."""
    return [
        score("auroc", (0.11, 0.1, 0.12), target="macro"),
        score("decodability", (0.14, 0.1, 0.16), layer="network", attribute=protected, read_by="ridge"),
    ]


def removal(answers: Mapping[float, float | str], protected: str = "race", layer: str = "network") -> list[Score]:
    """The claims of a run by margin: 1 granted, 0 refused, else the note of why nothing can be said."""
    return [
        score("removal", (answer, None, None), level=margin, attribute=protected, layer=layer)
        if isinstance(answer, float)
        else score("removal", (None, None, None), level=margin, attribute=protected, layer=layer, note=answer)
        for margin, answer in answers.items()
    ]


def suite(protected: str = "race") -> list[Score]:
    """What else the suite scores of the features: probes, depth, controls, LEACE."""
    of = {"attribute": protected, "layer": "features"}
    probes = ("ridge", "logistic", "trees")
    return [
        score("decodability_worst_pair", (0.93, 0.91, 0.95), group="Asian vs Black", read_by="ridge", **of),
        *(score("decodability_probe", around(0.9 - i / 100, 0.02), probe=p, **of) for i, p in enumerate(probes)),
        *(score("decodability_depth", around(0.9 - s / 4, 0.02), level=s, **of) for s in (0.0, 0.01, 0.1, 1.0)),
        score("decodability", (0.55, 0.53, 0.57), reference="leace", read_by="trees", **of),
        score("decodability_random_label", (0.502, 0.48, 0.52), reference="random label", **of),
        score("detection_limit", (0.6, 0.58, 0.62), reference="linear, percentile 1", **of),
        score("detection_limit", (0.57, 0.55, 0.59), reference="linear, percentile 99", **of),
        score("detection_limit", (0.66, 0.64, 0.68), reference="quadratic, percentile 1", **of),
        score("removal_bound", (0.917, None, None), read_by="ridge", **of),
        *removal({0.02: 0.0, 0.03: 0.0, 0.05: 0.0}, protected),
    ]


def _method(name: str, code: str, uses_race: str, reference: bool, hyperparameters: dict[str, Any]) -> MethodInfo:
    return MethodInfo(
        name=name,
        summary="A method.",
        origin=f"methods/{name}.py",
        code=code,
        uses_race=uses_race,  # type: ignore[arg-type]
        reference=reference,
        hyperparameters=hyperparameters,
    )


def _task(name: str, protected: str, image_size: int) -> TaskInfo:
    return TaskInfo(
        name=name,
        targets=["effusion", "no_finding"],
        protected=protected,
        groups=["Asian", "Black", "White"],
        image_size=image_size,
    )


def _data(name: str, synthetic: bool, fingerprint: str, split: str, true_labels: Sequence[str]) -> DataInfo:
    counts = {"train": 700, "val": 100, "test": 300}
    return DataInfo(
        dataset=name,
        synthetic=synthetic,
        fingerprint=fingerprint,
        split_fingerprint=split,
        images={part: count + 100 for part, count in counts.items()},
        patients=counts,
        excluded={"view not frontal": 3},
        true_labels=list(true_labels),
    )


def record(
    name: str = "erm",
    seed: int = 0,
    auroc: Triple = (0.8, 0.76, 0.84),
    decodability: Triple = (0.9, 0.88, 0.92),
    *,
    id: str | None = None,
    created: str = "2026-01-01T00:00:00Z",
    code: str = "c0de" * 16,
    uses_race: str = "never",
    reference: bool = False,
    hyperparameters: dict[str, Any] | None = None,
    task: str = "cxr",
    protected: str = "race",
    image_size: int = 64,
    dataset: str = "phantom",
    synthetic: bool = True,
    fingerprint: str = "da7a" * 16,
    split_fingerprint: str = "5911" * 16,
    backbone: str = "resnet_small",
    suite_version: int = 1,
    scoring_version: int = 1,
    unit: Unit = "image",
    trainer: dict[str, Any] | None = None,
    true_labels: Sequence[str] = (),
    scored: tuple[Place, ...] = ("val", "test"),
    flags: tuple[str, ...] = (),
    also: Sequence[Score] = (),
    scores: Sequence[Score] | None = None,
) -> Record:
    """A run with its files of scores; ``flags``, ``also`` and ``scores`` are of the one on test patients."""
    hyperparameters = hyperparameters or {}
    determinants = repr((name, seed, code, hyperparameters, task, dataset, fingerprint, split_fingerprint, backbone))
    run = RunRecord(
        id=id or hashlib.sha256(determinants.encode()).hexdigest()[:16],
        created=created,
        method=_method(name, code, uses_race, reference, hyperparameters),
        task=_task(task, protected, image_size),
        data=_data(dataset, synthetic, fingerprint, split_fingerprint, true_labels),
        backbone=backbone,
        seed=seed,
        trainer=trainer or {"max_epochs": 8, "batch_size": 128, "precision": "32"},
        training=TrainingInfo(epochs=8, best_epoch=5, best_auroc=0.81, curve=[], seconds=10.0),
    )
    whole = of_test(auroc, decodability, protected=protected) if scores is None else scores
    made = {
        place: file(
            run, place, place, found, raised, unit=unit, suite=suite_version, scoring=scoring_version, created=created
        )
        for place, found, raised in (("val", of_val(protected), ()), ("test", [*whole, *also], flags))
    }
    return Record(run, tuple(made[place] for place in scored))


def file(
    run: RunRecord,
    arena: str,
    place: Place,
    scores: Sequence[Score],
    flags: Sequence[str] = (),
    *,
    unit: Unit = "image",
    suite: int = 1,
    scoring: int = 1,
    created: str = "2026-01-01T00:00:00Z",
    **head: Any,
) -> ScoreFile:
    """Scores of a run in an arena; ``head`` are fields of the head that are not as on the run's own test patients."""
    split = "val" if place == "val" else "test"
    fields = {
        "dataset": run.data.dataset,
        "synthetic": run.data.synthetic,
        "data": run.data.fingerprint,
        "split": run.data.split_fingerprint,
        "protected": run.task.protected,
        "groups": run.task.groups,
        "targets": run.task.targets,
        "n": run.data.images[split],
        "patients": run.data.patients[split],
    }
    return ScoreFile(
        run=run.id,
        head=Head(
            arena=arena if unit == "image" else f"{arena} by {unit}",
            place=place,
            unit=unit,
            suite=suite,
            scoring=scoring,
            **{**fields, **head},
        ),
        created=created,
        replicates=1000,
        flags=list(flags),
        scores=list(scores),
    )


def given(value: float, protected: str = "race") -> Score:
    """What is read given the diagnosis."""
    of = {"attribute": protected, "layer": "network", "read_by": "ridge"}
    return score("decodability_given_diagnosis", around(value, 0.03), **of)


def in_trial(found: Record, decodability: Triple, flags: Sequence[str] = (), patients: int = 9000) -> Record:
    """The record with a trial of so many patients, in which this is read."""
    of = {"attribute": found.run.task.protected, "layer": "network"}
    scores = [
        score("decodability", decodability, **of),
        score("decodability", (0.58, 0.57, 0.59), reference="untrained", **of),
        *removal({0.05: 0.0}, found.run.task.protected),
    ]
    return _beside(found, f"trial of {patients}", "trial", scores, flags, n=patients, patients=patients, data="7e1a1")


def in_conditions(found: Record, balanced: float, inverted: float) -> Record:
    """The record with test conditions in which so much AUROC is lost."""
    lost = {"balanced": balanced, "inverted": inverted}
    of = {"target": "macro", "attribute": "condition"}
    scores = [score("condition_loss", around(value, 0.005), group=name, **of) for name, value in lost.items()]
    scores += [
        score("auroc", around(0.8 - value, 0.01), group=name, **of)
        for name, value in {"as trained": 0.0, **lost}.items()
    ]
    return _beside(found, "conditions of 9000", "conditions", scores, n=27_000, patients=9000)


def _beside(
    found: Record, arena: str, place: Place, scores: list[Score], flags: Sequence[str] = (), **head: Any
) -> Record:
    (test,) = [one for one in found.files if one.head.place == "test"]
    made = {"unit": test.head.unit, "suite": test.head.suite, "scoring": test.head.scoring, "created": test.created}
    more = file(found.run, arena, place, scores, flags, **made, **head)  # type: ignore[arg-type]
    return replace(found, files=(*found.files, more))


def rescored(found: Record, scores: Sequence[Score]) -> Record:
    """The record with these scores on its test patients and no others."""
    files = [
        ScoreFile(**{**dict(one), "scores": list(scores)}) if one.head.place == "test" else one for one in found.files
    ]
    return Record(found.run, tuple(files))


def of_record(found: Record) -> list[Score]:
    """The scores on a record's test patients."""
    (test,) = [one for one in found.files if one.head.place == "test"]
    return test.scores


def entry(found: Record) -> Entry:
    """The one entry of a record."""
    (only,) = entries([found])
    return only


def table(records: Iterable[Record], seeds: Sequence[int] = (0, 1)) -> Table:
    """The table of records that are comparable, for an edition of these seeds."""
    found = entries(records)
    return make_table(Key.of(found[0]), found, seeds)[0]


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    return SimpleNamespace(
        record=record,
        scores=of_test,
        score=score,
        around=around,
        removal=removal,
        suite=suite,
        file=file,
        given=given,
        in_trial=in_trial,
        in_conditions=in_conditions,
        rescored=rescored,
        of_record=of_record,
        entry=entry,
        table=table,
    )
