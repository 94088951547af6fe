"""A trained network on sets that it was not trained on: what is scored, and that nothing is trained or lost for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from bench.external_scores import joined
from sklearn.metrics import recall_score, roc_auc_score

from bench import records, training
from bench.config import compose
from bench.leaderboard import build
from bench.records import External, Record, outputs
from bench.run import Run, plan, run
from bench.scoring.diagnosis import choose_thresholds
from tests.conftest import TINY
from tests.networks import fresh

ELSEWHERE = "test.bias.acquisition=0.5"


def config(folder: Path, *more: str):  # type: ignore[no-untyped-def]
    return compose([*TINY, "method=erm", f"runs_dir={folder}", *more])


@pytest.fixture(scope="module")
def runs(tiny_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the trained run, scored on other sets in the tests that follow."""
    return Path(shutil.copytree(tiny_runs, tmp_path_factory.mktemp("external") / "runs"))


@pytest.fixture(scope="module")
def scored(runs: Path) -> tuple[Run, Record]:
    asked = config(runs, ELSEWHERE)
    return plan(asked), run(asked).record


def one(other: External, metric: str, **dimensions: object) -> records.Score:
    names = ("target", "attribute", "group", "view", "probe", "reference")
    wanted = dict.fromkeys(names) | dimensions
    (score,) = [s for s in other.scores if s.metric == metric and all(getattr(s, n) == v for n, v in wanted.items())]
    return score


def test_the_scores_are_those_of_the_trained_network_with_its_own_thresholds(scored: tuple[Run, Record]) -> None:
    planned, record = scored
    (other,) = record.external
    assert (other.name, list(other.data.patients)) == ("phantom, bias.acquisition=0.5", ["test"])
    method = fresh(planned)
    training.load(method, planned.folder / training.WEIGHTS)
    external = planned.externals[0]
    assert external.test.table["site"].tolist() != planned.cohort.part("test").table["site"].tolist()
    pixels = external.chosen.open_images(external.test, planned.config.cache_dir).pixels
    found = training.predict(method, external.test, pixels)
    at_home = planned.open_images(planned.cohort).pixels
    val = planned.cohort.part("val")
    thresholds = choose_thresholds(val.targets, training.predict(method, val, at_home).probabilities)
    for t, target in enumerate(external.test.spec.targets):
        truth, p = external.test.truth[:, t], found.probabilities[:, t]
        assert one(other, "auroc", target=target).value == pytest.approx(roc_auc_score(truth, p))
        sensitivity = one(other, "sensitivity", target=target).value
        assert sensitivity == pytest.approx(recall_score(truth, p >= thresholds[t]))
    read = {(s.view, s.reference) for s in other.scores if s.metric == "decodability"}
    assert {("penultimate", None), ("outputs", None), ("penultimate", "untrained")} <= read


def test_what_was_scored_at_home_stays_as_it_was(scored: tuple[Run, Record], tiny_record: Record) -> None:
    _, record = scored
    fields = {"external", "seconds"}
    assert record.model_dump(exclude=fields) == tiny_record.model_dump(exclude=fields)


def test_the_same_command_again_does_nothing(
    scored: tuple[Run, Record], runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("fit", "predict", "load"):
        monkeypatch.setattr(training, name, None)
    for more in ([ELSEWHERE], []):
        outcome = run(config(runs, *more))
        assert outcome.existed
        assert outcome.record == scored[1]


def test_another_set_is_added_without_training(
    scored: tuple[Run, Record], runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "fit", None)
    outcome = run(config(runs, "test.bias.acquisition=[0.5,0]", "test.seed=[0,1]"))
    names = [other.name for other in outcome.record.external]
    assert names == ["phantom, bias.acquisition=0.5", "phantom, seed=1, bias.acquisition=0"]
    assert outcome.record.external[0] == scored[1].external[0]
    assert records.read(outcome.folder / "record.json") == outcome.record


def test_newer_scores_replace_those_of_their_name(scored: tuple[Run, Record]) -> None:
    (old,) = scored[1].external
    new = old.model_copy(update={"suite_version": old.suite_version + 1})
    other = old.model_copy(update={"name": "another"})
    assert joined([old, other], [new]) == [other, new]


def test_a_site_left_out_makes_another_network_and_a_race_free_method_is_tested_on_twins(tmp_path: Path) -> None:
    asked = compose([*TINY, "method=oracle", "trainer.max_epochs=1", "test.site=south", f"runs_dir={tmp_path}"])
    assert plan(asked).id != plan(asked.model_copy(update={"test": ()})).id
    record = run(asked).record
    (other,) = record.external
    assert other.name == "phantom, site south"
    assert record.data.attrition is not None
    assert "patients of site south, which is tested on" in record.data.attrition.excluded
    kept = outputs.PREDICTIONS
    assert (tmp_path / "cxr" / "phantom" / "oracle" / record.id / kept).exists()
    assert np.isfinite(one(other, "auroc", target="macro").value or np.nan)


def test_the_leaderboard_has_columns_of_the_set(scored: tuple[Run, Record], runs: Path, tmp_path: Path) -> None:
    build(records.read_all(runs), tmp_path, say=lambda _: None)
    page = (tmp_path / "cxr" / "phantom" / "leaderboard.md").read_text()
    auroc = one(scored[1].external[0], "auroc", target="macro").value
    assert "AUROC on phantom, bias.acquisition=0.5" in page
    assert f"{auroc:.3f}" in page
    assert "external validation" in page
