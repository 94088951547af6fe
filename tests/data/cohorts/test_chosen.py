"""What a configuration names, and what is said of a public set that is not there."""

from __future__ import annotations

import pytest

from bench.config import compose
from bench.data.cohorts.chosen import choose
from bench.errors import BenchError
from bench.plugins.registry import TASKS, datasets


@pytest.mark.parametrize("task", ["skin", "eye"])
def test_a_task_without_a_phantom_says_which_set_to_get_from_whom_and_where_to_put_it(task: str) -> None:
    chosen = choose(compose([f"task={task}"]).task)
    with pytest.raises(BenchError) as caught:
        chosen.cohort()
    message, dataset = str(caught.value), chosen.dataset
    assert dataset.name == TASKS.get(task).load().dataset
    for text in (repr(dataset.name), dataset.source, dataset.licence, f"task.root=/path/to/{dataset.name}", "task=cxr"):
        assert text in message
    assert "\n" not in message
    with pytest.raises(BenchError, match="does not come with this program"):
        chosen.source()


def test_where_there_is_a_phantom_it_is_named() -> None:
    chosen = choose(compose(["task=mammo", "task.dataset=embed"]).task)
    with pytest.raises(BenchError, match=r"EMBED data use agreement.*task\.dataset=phantom runs at once"):
        chosen.cohort()


def test_a_table_of_ones_own_has_no_source_to_be_named() -> None:
    with pytest.raises(BenchError, match=r"task\.mapping|task\.root"):
        choose(compose(["task=cxr", "task.dataset=csv"]).task).cohort()


def test_every_task_runs_at_once_or_says_what_to_get() -> None:
    for entry in TASKS.entries():
        task = entry.load()
        dataset = datasets(entry).get(task.dataset).load()
        assert dataset.synthetic or (dataset.source.startswith("http") and dataset.licence), entry.name
