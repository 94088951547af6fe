"""The trial: patients rendered with a group drawn at random, on whom race is read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from bench import records, training
from bench.config import compose
from bench.errors import BenchError
from bench.records import Record
from bench.run import arenas, plan, run
from bench.scoring.decodability import decode
from bench.scoring.suites import SUITES
from tests.conftest import TINY, read_with_few_probes
from tests.run.conftest import config, predicted

TRIAL = "scoring.trial=120"
#: What may be in a file: nothing is diagnosed in the trial.
READINGS = {"decodability", "decodability_ovr"}


@pytest.fixture(scope="module", autouse=True)
def _few_probes(tiny_runs: Path) -> Iterator[None]:
    # Behind the run that others are held against, which is read with all of them.
    with pytest.MonkeyPatch.context() as patch:
        read_with_few_probes(patch)
        yield


@pytest.fixture(scope="module")
def runs(tiny_runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(tiny_runs, tmp_path_factory.mktemp("trial") / "runs"))


@pytest.fixture(scope="module")
def scored(runs: Path) -> Record:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "fit", None)  # a network that is trained gets it without training
        return run(config(runs, TRIAL)).record


def test_it_is_read_as_the_suite_reads_these_images(scored: Record, runs: Path) -> None:
    planned = plan(config(runs, TRIAL))
    (arena,) = [one for one in arenas.of(planned, ["test"]) if one.place == "trial"]
    opened = arena.open()
    found = predicted(planned, opened)
    cohort, suite = opened.cohort, SUITES[max(SUITES)]
    own = decode({"features": found.features}, cohort.groups, cohort.patients, suite=suite, fast=True)["features"]
    file = scored.of("trial")
    assert file is not None
    read = file.find.one("decodability", layer="features", attribute="race")
    assert read is not None
    assert (read.value, read.low, read.high) == (own.one_vs_one.value, own.one_vs_one.low, own.one_vs_one.high)
    assert (read.n, read.patients) == (120, 120)


def test_the_pixels_are_those_of_the_drawn_group(runs: Path) -> None:
    planned = plan(config(runs, TRIAL))
    (arena,) = [one for one in arenas.of(planned, ["test"]) if one.place == "trial"]
    opened = arena.open()
    assert np.bincount(opened.cohort.groups).tolist() == [40, 40, 40]
    drawn = opened.cohort.table.head(4)
    options = planned.chosen.options.model_copy(
        update={"patients": 120, "seed": arenas.fresh.seed_for("trial", planned.chosen.options.seed)}
    )
    assert (planned.dataset.render(drawn, 32, options) == opened.pixels[:4]).all()


def test_its_head_says_of_how_many_and_what_it_is(scored: Record) -> None:
    file = scored.of("trial")
    assert file is not None
    head = file.head
    assert (head.arena, head.place, head.n, head.patients) == ("trial of 120", "trial", 120, 120)
    assert file.data is not None
    assert file.data.images == {"test": 120}
    assert file.data.fingerprint == head.data
    assert {score.target for score in file.scores} == {None}
    assert {(score.layer, score.reference) for score in file.find.every("decodability")} >= {
        ("features", None),
        ("outputs", None),
        ("features", "untrained"),
    }
    assert scored.elsewhere(file) == ()


def test_every_score_at_home_stays(scored: Record, tiny_record: Record) -> None:
    assert [file for file in scored.files if file.head.place != "trial"] == list(tiny_record.files)


def test_the_same_again_does_nothing_and_another_number_stands_beside(
    scored: Record, runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = Path(shutil.copytree(runs, tmp_path / "runs"))
    monkeypatch.setattr(training, "fit", None)
    assert run(config(copied, TRIAL)).existed
    assert run(config(copied)).existed  # TINY asks for none
    record = run(config(copied, "scoring.trial=60")).record
    trials = [file.head.arena for file in record.files if file.head.place == "trial"]
    assert trials == ["trial of 120", "trial of 60"]
    assert record.of("trial") == scored.of("trial")  # of most patients
    heads = {file.head.digest for file in record.files}
    assert len(heads) == len(record.files)


def test_the_fingerprint_follows_the_dials_and_the_seed(tmp_path: Path) -> None:
    def data(*more: str) -> str:
        (arena,) = [one for one in arenas.of(plan(config(tmp_path, TRIAL, *more)), ["test"]) if one.place == "trial"]
        return arena.data

    found = {data(), data("task.bias.race_signal=0"), data("task.seed=1"), data("scoring.trial=60"), data()}
    assert len(found) == 4


def test_methods_that_read_race_or_do_without_are_given_the_drawn_one(tmp_path: Path) -> None:
    for method in ("race_reader", "oracle"):
        planned = plan(compose([*TINY, f"method={method}", TRIAL, f"runs_dir={tmp_path}"]))
        (arena,) = [one for one in arenas.of(planned, ["test"]) if one.place == "trial"]
        opened = arena.open()
        assert (opened.shown.groups == opened.cohort.groups).all()
        other = next(one for one in arenas.of(plan(config(tmp_path, TRIAL)), ["test"]) if one.place == "trial").open()
        assert (opened.cohort.groups == other.cohort.groups).all()
        assert (opened.pixels == other.pixels).all() == (method == "race_reader")


def test_there_is_none_of_another_attribute_or_where_it_is_not_asked_for(tmp_path: Path) -> None:
    def places(*more: str) -> list[str]:
        return [arena.place for arena in arenas.of(plan(config(tmp_path, *more)), ["val", "test"])]

    assert places() == ["val", "test"]
    assert places(TRIAL) == ["val", "test", "trial"]
    assert places(TRIAL, "task.protected=sex") == ["val", "test"]
    assert [arena.place for arena in arenas.of(plan(config(tmp_path, TRIAL)), ["val"])] == ["val"]


def test_too_few_are_refused_in_a_paragraph(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"scoring\.trial=9 gives each of 3 groups of race fewer than the 5"):
        run(config(tmp_path, "scoring.trial=9"))
    assert not list(records.folders(tmp_path))
