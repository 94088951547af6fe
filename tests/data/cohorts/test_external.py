"""Sets to be tested on: which images they give, how they are aligned, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.config import ExternalConfig, TaskConfig, compose
from bench.data.cohorts import attrition, external
from bench.data.cohorts.chosen import choose
from bench.errors import BenchError
from bench.task import Cohort, Dataset, Reading
from tests.tasks_for_tests import replaced_dataset

PHANTOM = ("task=cxr", "task.patients=300", "task.image_size=32")


def asked(*more: str) -> tuple[TaskConfig, tuple[ExternalConfig, ...]]:
    config = compose([*PHANTOM, *more])
    return config.task, config.test


def trained_on(task: TaskConfig) -> Cohort:
    return choose(task).cohort()


def changed(monkeypatch: pytest.MonkeyPatch, change) -> None:  # type: ignore[no-untyped-def]
    """Let the phantom's table pass through ``change`` where its dial of acquisition is 0."""

    def other(dataset: Dataset) -> Dataset:
        def read(root, options):  # type: ignore[no-untyped-def]
            reading = dataset.read(root, options)
            return Reading(change(reading.table)) if options.bias.acquisition == 0 else reading

        return replace(dataset, read=read)

    replaced_dataset(monkeypatch, other)


def read_other(monkeypatch: pytest.MonkeyPatch, change) -> external.External:  # type: ignore[no-untyped-def]
    changed(monkeypatch, change)
    task, (test,) = asked("test.bias.acquisition=0")
    return external.read(test, task, trained_on(task))


def test_a_site_that_is_tested_on_is_left_out_of_training_with_its_patients() -> None:
    task, tests = asked("test.site=south")
    everyone = trained_on(task)
    rest = external.without_sites(everyone, tests, task)
    south = everyone.table[everyone.table["site"] == "south"]
    assert set(rest.table["site"]) == {"north"}
    assert not set(rest.table["patient"]) & set(south["patient"])
    assert rest.excluded["patients of site south, which is tested on"] == len(everyone) - len(rest)
    assert attrition.of(rest).kept == len(rest)
    assert rest.rows.tolist() == list(range(len(rest)))
    other = external.read(tests[0], task, rest)
    assert other.name == "phantom, site south"
    expected = south[south["split"] == "test"]["image"]
    assert other.test.table["image"].tolist() == expected.tolist()
    assert other.test.rows.tolist() == list(range(len(expected)))
    assert attrition.of(other.whole).excluded["site other than south"] == len(everyone) - len(south)


def test_a_patient_who_was_imaged_at_both_sites_is_not_trained_on() -> None:
    task, tests = asked("test.site=south")
    everyone = trained_on(task)
    moved = everyone.table["site"].mask(everyone.table.index == 0, "south").mask(everyone.table.index == 1, "north")
    patient = everyone.table["patient"].iloc[0]
    table = everyone.table.assign(site=moved)
    table.loc[1, "patient"] = patient
    rest = external.without_sites(replace(everyone, table=table), tests, task)
    assert patient not in set(rest.table["patient"])


def test_the_same_data_set_takes_what_training_takes_unless_told_otherwise() -> None:
    task, (test,) = asked("task.seed=3", "test.bias.race_signal=0")
    assert test.options == {**task.options, "bias": {**task.options["bias"], "race_signal": 0.0}}
    other = external.read(test, task, trained_on(task))
    assert other.name == "phantom, bias.race_signal=0"
    assert other.test.table["patient"].tolist() == trained_on(task).part("test").table["patient"].tolist()


def test_targets_that_the_set_lacks_are_not_scored_there(monkeypatch: pytest.MonkeyPatch) -> None:
    other = read_other(monkeypatch, lambda table: table.drop(columns=["opacity", "true_opacity"]))
    trained = trained_on(compose(PHANTOM).task)
    assert other.test.spec.targets == tuple(name for name in trained.spec.targets if name != "opacity")
    shown = other.as_trained(other.test, trained.spec)
    assert shown.spec == trained.spec
    assert np.isnan(shown.targets[:, trained.spec.targets.index("opacity")]).all()
    assert shown.table["image"].tolist() == other.test.table["image"].tolist()


def test_groups_have_the_codes_they_were_trained_with(monkeypatch: pytest.MonkeyPatch) -> None:
    other = read_other(monkeypatch, lambda table: table[table["race"] != "Asian"])
    trained = trained_on(compose(PHANTOM).task)
    assert other.test.spec.groups == ("Black", "White")
    shown = other.as_trained(other.test, trained.spec)
    named = [trained.spec.groups[code] for code in shown.groups]
    assert named == other.test.table["race"].tolist()


def test_groups_that_nobody_was_trained_on_are_left_out_and_counted() -> None:
    task, (test,) = asked("test.bias.acquisition=0")
    trained = trained_on(task)
    without = trained.table[trained.table["race"] != "Asian"].reset_index(drop=True)
    groups = ("Black", "White")
    trained = replace(
        trained,
        table=without,
        spec=replace(trained.spec, groups=groups),
        attribute_groups={**trained.attribute_groups, "race": groups},
    )
    other = external.read(test, task, trained)
    assert set(other.test.table["race"]) == set(groups)
    (reason,) = [name for name in other.whole.excluded if "Asian" in name]
    assert other.whole.excluded[reason] == int((trained_on(task).table["race"] == "Asian").sum())
    assert attrition.of(other.whole).kept == len(other.whole)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["test.split=hash"], "is the data set that is trained on"),
        (["test.site=sout"], r"test.site=sout: .* Did you mean 'south'"),
        (["test.dataset=nih_cxr14"], "test.root=/path/to/nih_cxr14"),
        (["test.dataset=nih_cxr14", "test.root=/nowhere"], "test.root=/nowhere is not a folder"),
    ],
)
def test_what_cannot_be_tested_on_is_said_in_a_paragraph(more: list[str], words: str) -> None:
    task, tests = asked(*more)
    with pytest.raises(BenchError, match=words) as caught:
        external.read(tests[0], task, external.without_sites(trained_on(task), tests, task))
    assert "\n" not in str(caught.value)


def _none_of_the_targets(table):  # type: ignore[no-untyped-def]
    return table[["image", "patient", "race", "sex", "age", "site", "scanner", "view", "bmi"]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_none_of_the_targets, "none of the targets that are trained on"),
        (lambda table: table[table["race"] == "White"], "is White"),
        (lambda table: table[table["race"].isin(["Asian", "Black"])].assign(race="Black"), "is Black"),
        (lambda table: table[table["patient"] == table["patient"].iloc[0]], "Everyone|no test patients"),
    ],
)
def test_a_set_that_has_nothing_in_common_is_refused(change, words: str, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(BenchError, match=words) as caught:
        read_other(monkeypatch, change)
    assert "test.dataset=phantom" in str(caught.value)


def test_patients_that_were_trained_on_are_never_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sets of one name and official splits that disagree."""

    def official(dataset: Dataset) -> Dataset:
        def read(root, options):  # type: ignore[no-untyped-def]
            table = dataset.read(root, options).table
            number = table["patient"].str[1:].astype(int) + (options.bias.acquisition == 0)
            return Reading(table.assign(split=np.array(["train", "val", "test"])[number % 3]))

        return replace(dataset, read=read, synthetic=False)

    replaced_dataset(monkeypatch, official)
    task, (test,) = asked("task.split=official", "test.split=official", "test.bias.acquisition=0")
    with pytest.raises(BenchError, match=r"are train or val patients .*test.split=hash"):
        external.read(test, task, trained_on(task))


def test_names_tell_sets_apart_and_no_folders() -> None:
    config = compose(["task=cxr", "task.dataset=csv", "task.root=/data/ours", "test.root=[/data/theirs,/data/ours]",
                      "test.mapping=[/secret/place/other.yaml,mapping.yaml]", 'test.site=[null,"ward 3"]'])  # fmt: skip
    assert [external.name(test, config.task) for test in config.test] == [
        "csv, mapping=other.yaml, in theirs",
        "csv, site ward 3",
    ]
    assert config.test[0].root == Path("/data/theirs")
