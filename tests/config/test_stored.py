"""A run's configuration is given back as it was written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from bench.config import RunConfig, compose, multirun
from bench.errors import BenchError
from bench.run import write_config

TOLD = (
    *("method=adversarial", "method.strength=.5", "task=cxr", "task.patients=300", "task.targets=[effusion,opacity]"),
    *("task.bias.prevalence=0", "test.dataset=[phantom,csv]", "test.root=[null,/e (1)]", "test.mapping=Karte (1).yaml"),
    *("trainer.max_epochs=3", "trainer.precision=32", "seed=7", "runs_dir=Läufe [1]", "scoring.replicates=100"),
)


@pytest.fixture
def stored(tmp_path: Path) -> tuple[RunConfig, str]:
    told = compose(TOLD)
    write_config(told, tmp_path)
    return told, str(tmp_path / "config.yaml")


def test_it_comes_back_as_it_was_and_overrides_hold_before_it(stored: tuple[RunConfig, str]) -> None:
    told, file = stored
    assert compose([file]) == told
    assert compose([file, "seed=1", "method.strength=1"]) == told.model_copy(
        update={
            "seed": 1,
            "method": told.method.model_copy(
                update={"hyperparameters": told.method.hyperparameters | {"strength": 1.0}}
            ),
        }
    )
    jobs = multirun([file, "seed=0,1"])
    assert [compose(job).seed for job in jobs] == [0, 1]


def test_another_plugin_has_options_of_its_own(stored: tuple[RunConfig, str]) -> None:
    told, file = stored
    assert "strength" not in compose([file, "method=erm"]).method.hyperparameters
    assert compose([file, "method=adversarial"]) == told
    other = compose([file, "task.dataset=csv", "task.root=/d"]).task
    assert (other.dataset, other.options, other.targets) == ("csv", {"mapping": "mapping.yaml"}, None)
    assert compose([file, "test.dataset=phantom", "test.site=A"]).test[0].site == "A"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no configuration"),
        ("- a", "names no method and no task"),
        ("method: 1\ntask: 2\n", "no configuration of a run"),
        ("a: [", "cannot be read"),
    ],
)
def test_what_is_no_configuration_is_one_clear_paragraph(tmp_path: Path, content: str | None, words: str) -> None:
    path = tmp_path / "c.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(BenchError, match=words) as caught:
        compose([str(path)])
    assert "\n" not in str(caught.value)


def test_an_option_that_is_no_more_is_named(stored: tuple[RunConfig, str], tmp_path: Path) -> None:
    told, file = stored
    values = json.loads(told.model_dump_json())
    values["trainer"]["warmup"] = 3
    Path(file).write_text(yaml.safe_dump(values))
    with pytest.raises(BenchError, match=r"no option 'trainer\.warmup'"):
        compose([file])


def test_two_files_are_one_too_many(stored: tuple[RunConfig, str]) -> None:
    with pytest.raises(BenchError, match="two configurations"):
        compose([stored[1], stored[1]])


def test_a_named_way_of_scoring_takes_the_place_of_the_files(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    told = compose(["task=cxr", "scoring.trial=300", "scoring.replicates=200"])
    path.write_text(yaml.safe_dump(json.loads(told.model_dump_json())))
    assert compose([str(path)]).scoring == told.scoring
    board = compose([str(path), "scoring=board"]).scoring
    assert (board.trial, board.layers, board.replicates) == (9000, "all", 200)
    assert compose([str(path), "scoring=board", "scoring.trial=450"]).scoring.trial == 450
