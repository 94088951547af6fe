"""Three test conditions of a run: rendered from the dials of its phantom, or its test patients weighted."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from bench import records, training
from bench.data.cohorts import fresh
from bench.records import Record
from bench.run import arenas, execution, plan, run
from bench.run.execution import complete
from tests.run.conftest import config, predicted

CONDITIONS = ("scoring.conditions=150", "task.bias.prevalence=0.2")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("conditions")


@pytest.fixture(scope="module")
def scored(runs: Path) -> Record:
    with pytest.MonkeyPatch.context() as patch:
        # Val and test patients are the business of others.
        of = arenas.of
        patch.setattr(execution.arenas, "of", lambda *given: [one for one in of(*given) if one.place == "conditions"])
        return run(config(runs, *CONDITIONS, "trainer.max_epochs=1")).record


def opened(folder: Path, *more: str) -> arenas.Opened:
    (arena,) = [one for one in arenas.of(plan(config(folder, *more)), ["test"]) if one.place == "conditions"]
    return arena.open()


def test_the_same_patients_are_there_three_times_and_only_their_findings_differ(tmp_path: Path) -> None:
    found = opened(tmp_path, *CONDITIONS)
    table = found.cohort.table
    assert len(table) == len(found.pixels) == 450
    assert table["image"].is_unique
    trained, balanced, inverted = (
        table[table["condition"] == name].set_index("patient") for name in ("as trained", "balanced", "inverted")
    )
    for other in (balanced, inverted):
        for column in ("race", "sex", "age", "bmi", "site", "view", "bone_density"):
            assert other[column].equals(trained[column])
    assert not trained["true_effusion"].equals(inverted["true_effusion"])
    white = {name: one["true_effusion"][one["race"] == "White"].mean() for name, one in table.groupby("condition")}
    assert white["as trained"] > white["balanced"] > white["inverted"]
    same = (trained.filter(like="severity") == inverted.filter(like="severity")).all(axis=1).to_numpy()
    assert 0 < same.mean() < 1
    identical = (found.pixels[:150] == found.pixels[300:]).all(axis=(1, 2))
    assert identical[same].all()
    assert not identical.all()


def test_the_scores_are_those_of_the_network_on_each_condition(scored: Record, runs: Path) -> None:
    (file,) = scored.files
    assert (file.head.arena, file.head.place, file.head.n, file.head.patients) == (
        "conditions of 150",
        "conditions",
        450,
        150,
    )
    planned = plan(config(runs, *CONDITIONS, "trainer.max_epochs=1"))
    images = opened(runs, *CONDITIONS, "trainer.max_epochs=1")
    p = predicted(planned, images).probabilities
    names, read = images.cohort.spec.targets, []
    for condition in ("as trained", "balanced", "inverted"):
        own = (images.cohort.table["condition"] == condition).to_numpy()
        values = [roc_auc_score(images.cohort.truth[own, t], p[own, t]) for t in range(len(names))]
        read.append(np.mean(values))
        found = [file.find.value("auroc", target=n, attribute="condition", group=condition) for n in names]
        assert found == pytest.approx(values)
    lost = file.find.value("condition_loss", target="macro", attribute="condition", group="inverted")
    assert lost == pytest.approx(read[0] - read[2])
    influence = scored.influence(file)
    assert influence is not None
    assert (len(influence), len(influence.columns)) == (150, 2 * (len(names) + 1))
    assert not file.find.every("decodability")


def test_the_same_command_again_does_nothing(
    scored: Record, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = arenas.of
    monkeypatch.setattr(execution.arenas, "of", lambda *given: [one for one in of(*given) if one.place == "conditions"])
    copied = Path(shutil.copytree(runs, tmp_path / "runs"))
    outcome = run(config(copied, *CONDITIONS, "trainer.max_epochs=1"))
    assert outcome.existed
    assert outcome.record == scored


def test_where_nothing_can_be_rendered_test_patients_are_weighted(
    copied: Path, few_probes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A set without the dial, like every real one."""
    monkeypatch.setattr(fresh, "has_association", lambda dataset: False)
    monkeypatch.setattr(training, "fit", None)
    planned = plan(config(copied, "scoring.conditions=1"))
    record = complete(planned, ["test"])
    file = record.record.of("conditions")
    test = record.record.of("test")
    assert file is not None
    assert test is not None
    assert (file.head.arena, file.head.n, file.head.data) == ("conditions", test.head.n, test.head.data)
    assert all(
        0 < (score.value or 0.5) <= 1 and (score.value or score.note) for score in file.find.every("effective_share")
    )
    assert records.influence_path(records.path_of(file, planned.folder)).exists()


def test_a_phantom_without_the_dial_has_no_conditions_of_its_own() -> None:
    from bench.builtin.tasks.cxr.phantom import DATASET

    from bench.task import Options

    class Plain(Options):
        patients: int = 10
        seed: int = 0

    assert fresh.has_association(DATASET)
    plain = dataclasses.replace(DATASET, options=Plain)
    assert fresh.draws_more(plain)
    assert not fresh.has_association(plain)
