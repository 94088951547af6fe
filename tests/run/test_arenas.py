"""A trained network on sets that it was not trained on: what is scored, and that nothing is trained or lost for it."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import recall_score, roc_auc_score

from bench import records, training
from bench.config import compose
from bench.errors import BenchError
from bench.leaderboard import build
from bench.records import Record, ScoreFile, outputs
from bench.run import Run, arenas, plan, run
from bench.run.network import Network
from bench.scoring.diagnosis import choose_thresholds
from tests.conftest import TINY, read_with_few_probes
from tests.run.conftest import config

ELSEWHERE = "test.bias.acquisition=0.5"
NAME = "phantom, bias.acquisition=0.5"


@pytest.fixture(scope="module", autouse=True)
def _few_probes(tiny_runs: Path) -> Iterator[None]:
    # Behind the run that others are held against, which is read with all of them.
    with pytest.MonkeyPatch.context() as patch:
        read_with_few_probes(patch)
        yield


@pytest.fixture(scope="module")
def runs(tiny_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the trained run, scored on other sets in the tests that follow."""
    return Path(shutil.copytree(tiny_runs, tmp_path_factory.mktemp("external") / "runs"))


@pytest.fixture(scope="module")
def scored(runs: Path) -> tuple[Run, Record]:
    asked = config(runs, ELSEWHERE)
    return plan(asked), run(asked).record


def elsewhere(record: Record) -> list[ScoreFile]:
    return [file for file in record.files if file.head.place == "elsewhere"]


def at_home(record: Record) -> list[ScoreFile]:
    return [file for file in record.files if file.head.place != "elsewhere"]


def test_the_scores_are_those_of_the_trained_network_with_its_own_thresholds(scored: tuple[Run, Record]) -> None:
    planned, record = scored
    (other,) = elsewhere(record)
    assert other.data is not None
    assert (other.head.arena, list(other.data.patients)) == (NAME, ["test"])
    method = planned.build()
    training.load(method, planned.folder / training.WEIGHTS)
    reader, channel = training.copies(method), Network(planned, method).channel
    external = planned.externals[0]
    assert external.test.table["site"].tolist() != planned.cohort.part("test").table["site"].tolist()
    pixels = external.chosen.open_images(external.test, planned.config.cache_dir).pixels
    found = training.predict(reader, external.test, pixels, channel)
    home = planned.open_images(planned.cohort).pixels
    val = planned.cohort.part("val")
    thresholds = choose_thresholds(val.targets, training.predict(reader, val, home, channel).probabilities)
    for t, target in enumerate(external.test.spec.targets):
        truth, p = external.test.truth[:, t], found.probabilities[:, t]
        assert other.find.value("auroc", target=target) == pytest.approx(roc_auc_score(truth, p))
        sensitivity = other.find.value("sensitivity", target=target)
        assert sensitivity == pytest.approx(recall_score(truth, p >= thresholds[t]))
    read = {(s.layer, s.reference) for s in other.find.every("decodability")}
    assert {("features", None), ("outputs", None), ("features", "untrained")} <= read


def test_what_it_was_made_of_and_by_stands_in_the_file(scored: tuple[Run, Record], tiny_scores: ScoreFile) -> None:
    planned, record = scored
    (other,) = elsewhere(record)
    test, head = planned.externals[0].test, other.head
    assert (head.n, head.patients) == (len(test), test.table["patient"].nunique())
    assert head.data != tiny_scores.head.data
    assert other.data is not None
    assert (other.data.fingerprint, other.data.split_fingerprint) == (head.data, head.split)
    assert (head.suite, head.scoring, head.unit) == (2, tiny_scores.head.scoring, "image")
    influence = records.influence_path(records.path_of(other, planned.folder))
    assert influence.exists()


def test_what_was_scored_at_home_stays_as_it_was(
    scored: tuple[Run, Record], tiny_record: Record, tiny_runs: Path, runs: Path
) -> None:
    _, record = scored
    assert record.run == tiny_record.run
    assert at_home(record) == list(tiny_record.files)
    for path in tiny_runs.rglob("*"):
        if path.is_file() and path.name != ".lock":
            assert (runs / path.relative_to(tiny_runs)).read_bytes() == path.read_bytes(), path


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
    scored: tuple[Run, Record], runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = Path(shutil.copytree(runs, tmp_path / "runs"))
    monkeypatch.setattr(training, "fit", None)
    outcome = run(config(copied, "test.bias.acquisition=[0.5,0]", "test.seed=[0,1]"))
    names = [other.head.arena for other in elsewhere(outcome.record)]
    assert names == [NAME, "phantom, seed=1, bias.acquisition=0"]
    assert elsewhere(outcome.record)[0] == elsewhere(scored[1])[0]
    assert at_home(outcome.record) == at_home(scored[1])
    assert records.read(outcome.folder) == outcome.record


def test_newer_scores_replace_those_of_their_name(
    scored: tuple[Run, Record], runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A set that has changed since is scored anew; its file bears the same name, and the old one is gone."""
    copied = Path(shutil.copytree(runs, tmp_path / "runs"))
    (old,) = elsewhere(scored[1])
    folder = next(records.folders(copied))
    stale = old.model_copy(update={"head": old.head.model_copy(update={"data": "an earlier state"})})
    records.path_of(old, folder).write_text(stale.model_dump_json())
    outcome = run(config(copied, ELSEWHERE))
    assert not outcome.existed
    (new,) = elsewhere(outcome.record)
    assert (new.head, new.scores) == (old.head, old.scores)


def test_two_sets_of_one_name_are_refused(scored: tuple[Run, Record], tmp_path: Path) -> None:
    """Their scores would take each other's place."""
    planned, _ = scored
    for name in (NAME, "test", "val"):
        called = dataclasses.replace(planned.externals[0], name=name)
        twice = dataclasses.replace(planned, externals=(planned.externals[0], called))
        with pytest.raises(BenchError, match=f"called '{name}'"):
            arenas.of(twice, ["test"])


def test_a_site_left_out_makes_another_network_and_a_race_free_method_is_tested_on_twins(tmp_path: Path) -> None:
    asked = compose([*TINY, "method=oracle", "trainer.max_epochs=1", "test.site=south", f"runs_dir={tmp_path}"])
    assert plan(asked).id != plan(asked.model_copy(update={"test": ()})).id
    record = run(asked).record
    (other,) = elsewhere(record)
    assert other.head.arena == "phantom, site south"
    assert record.run.data.attrition is not None
    assert "patients of site south, which is tested on" in record.run.data.attrition.excluded
    kept = outputs.PREDICTIONS
    assert (tmp_path / "cxr" / "phantom" / "oracle" / record.run.id / kept).exists()
    assert np.isfinite(other.find.value("auroc", target="macro"))


def test_the_leaderboard_has_columns_of_the_set(scored: tuple[Run, Record], runs: Path, tmp_path: Path) -> None:
    build(records.read_all(runs), tmp_path, say=lambda _: None)
    page = (tmp_path / "cxr" / "phantom" / "leaderboard.md").read_text()
    auroc = elsewhere(scored[1])[0].find.value("auroc", target="macro")
    assert f"AUROC on {NAME}" in page
    assert f"{auroc:.3f}" in page
    assert "external validation" in page


def test_by_study_the_set_has_scores_of_its_own_which_stand_in_no_table_by_image(
    scored: tuple[Run, Record], runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = Path(shutil.copytree(runs, tmp_path / "runs"))
    monkeypatch.setattr(training, "fit", None)
    asked = config(copied, ELSEWHERE, "scoring.unit=study")
    record = run(asked).record
    by_image, by_study = elsewhere(record)
    assert by_image == elsewhere(scored[1])[0]
    assert (by_study.head.arena, by_study.head.unit) == (f"{NAME} by study", "study")
    assert by_study.head.n < by_image.head.n
    for unit, other in (("image", by_image), ("study", by_study)):
        test = record.of("test", unit)  # type: ignore[arg-type]
        assert test is not None
        assert record.elsewhere(test) == (other,)
    build([record], tmp_path / "out", say=lambda _: None)
    pages = {"| Scored | studies |" in text: text for text in map(Path.read_text, (tmp_path / "out").rglob("*.md"))}
    assert f"AUROC on {NAME} by study" in pages[True]
    assert f"AUROC on {NAME} ↑" in pages[False]
    assert "by study" not in pages[False]
