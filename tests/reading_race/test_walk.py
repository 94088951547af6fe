from __future__ import annotations

from pathlib import Path

import pytest

from bench import records, training
from bench.errors import BenchError
from bench.files import write_text
from bench.reading_race import results, settings
from bench.reading_race.experiment import chosen, every
from bench.reading_race.walk import StudyResults, walk
from bench.training import prediction
from tests.conftest import TINY
from tests.reading_race.conftest import EXPERIMENTS, study_options


def by_name(study: StudyResults) -> dict[str, list[results.Result]]:
    return {found.experiment.name: found.results for found in study.found}


def test_every_experiment_of_the_paper_is_there_by_listing() -> None:
    names = list(every())
    assert names[:13] == ["A1", "A2", "A3", "B1", "B2", "B3", "B4", "B5", "C1", "C2", "C3", "C4", "C5"]
    assert {"histogram", "strata", "occlusion", "organ"} == set(names[13:])
    assert [experiment.name for experiment in chosen(["c1", "Strata"])] == ["C1", "strata"]


def test_results_are_whole_scored_and_no_records(walked: tuple[StudyResults, list[Path]], tiny_runs: Path) -> None:
    study, _ = walked
    found = by_name(study)
    assert set(found) == set(EXPERIMENTS.split(","))
    for name in ("A1", "A3", "B4", "C1", "C2", "C3", "C4", "C5", "histogram", "occlusion", "strata"):
        assert found[name], name
        for result in found[name]:
            assert results.macro(result.scores) is not None
    assert len(list((tiny_runs / "cxr" / "phantom" / "reading-race").rglob(records.RUN))) == 0
    assert len(records.read_all(tiny_runs)) == 1


def test_a_filter_that_keeps_nothing_is_exactly_chance(walked: tuple[StudyResults, list[Path]]) -> None:
    result = next(r for r in by_name(walked[0])["C1"] if r.cell == {"filter": "high-pass", "from": 200})
    assert result.details["bins kept"] == 0
    assert {score.value for score in result.scores} == {0.5}


def test_an_experiment_that_the_cohort_does_not_allow_is_skipped_with_the_reason(
    walked: tuple[StudyResults, list[Path]],
) -> None:
    skipped = {found.experiment.name: found.skipped for found in walked[0].found if found.skipped}
    assert skipped["B2"] == ["the cohort has no density"]


def test_the_same_command_again_does_no_work(
    walked: tuple[StudyResults, list[Path]], tiny_runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "fit", None)
    monkeypatch.setattr(training, "build", None)
    again = walk(settings.parse(study_options(tiny_runs, tmp_path)))
    assert by_name(again) == by_name(walked[0])


def test_what_was_killed_is_taken_up_again_to_the_same_numbers(
    walked: tuple[StudyResults, list[Path]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in the second epoch of the second network: the first is kept, the second goes on, all numbers agree."""
    options = [*TINY, "experiments=A1,B4", f"runs_dir={tmp_path}", f"out={tmp_path}"]
    validate, calls = prediction.read_once, []

    def killed(*arguments: object, **more: object) -> object:
        calls.append(None)
        if len(calls) == 5:  # per network two epochs, and the first is also scored once
            raise SystemExit
        return validate(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(prediction, "read_once", killed)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        walk(settings.parse(options))
    assert len(list(tmp_path.rglob(results.RESULT))) == 1
    monkeypatch.setattr(prediction, "read_once", validate)
    again = walk(settings.parse(options))
    for name, found in by_name(again).items():
        assert [result.scores for result in found] == [result.scores for result in by_name(walked[0])[name]]


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("experiments=A1,C11", "'C11'"),
        ("preset=quik", "'quick'"),
        ("experiment=A1", "'experiments'"),
        ("seed=one", "seed=0,1,2"),
        ("masks=/nowhere/at/all", "/nowhere/at/all"),
        ("method=erm", "no method"),
        ("trainer.max_epoch=3", "trainer.max_epochs"),
    ],
)
def test_bad_input_names_what_is_allowed(option: str, words: str) -> None:
    with pytest.raises(BenchError) as error:
        walk(settings.parse([*TINY, option]))
    assert words in str(error.value)


def test_settings_take_lists() -> None:
    parsed = settings.parse([*TINY, "experiments=A1,C1", "seed=0,2", "backbone=resnet18"])
    assert (parsed.experiments, parsed.seeds, parsed.config.backbone.name) == (("A1", "C1"), (0, 2), "resnet18")
    assert parsed.preset == "quick"
    assert parsed.out == Path("reports/reading-race/cxr/phantom")


def test_a_result_reads_back_and_another_file_is_refused(
    walked: tuple[StudyResults, list[Path]], tmp_path: Path
) -> None:
    result = by_name(walked[0])["A1"][0]
    results.write(result, tmp_path / "a")
    assert results.read(tmp_path / "a") == result
    assert results.read(tmp_path / "none") is None
    write_text(tmp_path / "a" / results.RESULT, '{"schema_version": 1}')
    with pytest.raises(BenchError, match=r"result\.json"):
        results.read(tmp_path / "a")
