from __future__ import annotations

from pathlib import Path

import pytest

from bench.config import compose
from bench.errors import BenchError


def test_defaults_are_filled_in() -> None:
    config = compose(["method=adversarial", "task=cxr"])
    assert config.method.name == "adversarial"
    assert config.method.hyperparameters["strength"] == 0.1
    assert (config.task.dataset, config.task.protected, config.backbone.name) == ("phantom", "race", "resnet_small")
    assert config.task.options["patients"] > 1000


def test_overrides_reach_every_level() -> None:
    config = compose(
        [
            "method=adversarial",
            "method.strength=.5",
            "method.conditional=true",
            "task=cxr",
            "task.patients=500",
            "task.bias.prevalence=0",
            "task.targets=[effusion,opacity]",
            "trainer.max_epochs=3",
            "trainer.precision=32",
            "seed=7",
            "runs_dir=elsewhere",
        ]
    )
    assert config.method.hyperparameters["strength"] == 0.5
    assert config.method.hyperparameters["conditional"] is True
    assert config.task.options["patients"] == 500
    assert config.task.options["bias"]["prevalence"] == 0
    assert config.task.targets == ("effusion", "opacity")
    assert (config.trainer.max_epochs, config.trainer.precision, config.seed) == (3, "32", 7)
    assert config.runs_dir == Path("elsewhere")


def test_the_last_of_two_values_wins() -> None:
    assert compose(["seed=1", "seed=2"]).seed == 2


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("method=adverserial", "mean 'adversarial'"),
        ("task=cxrr", "mean 'cxr'"),
        ("task.dataset=fantom", "mean 'phantom'"),
        ("method.strenght=1", "mean 'method.strength'"),
        ("trainer.epochs=3", "mean 'trainer"),
        ("backbone=resnet_smal", "mean 'resnet_small'"),
        ("method.strength=much", "method.strength=much.*from 0.01 to 100"),
        ("method.strength=1000", "method.strength=1000.*from 0.01 to 100"),
        ("trainer.max_epochs=0", "trainer.max_epochs=0.*greater than or equal to 1"),
        ("trainer.max_epochs=2.5", "trainer.max_epochs=2.5.*int"),
        ("trainer.precision=16", "trainer.precision=16.*one of auto, 32, bf16"),
        ("seed=one", "seed=one"),
        ("seed=-1", "seed=-1"),
        ("logger=mlflow", "logger=mlflow.*wandb"),
        ("task.patients=many", "task.patients=many"),
        ("seed=0,1", "-m"),
        ("+seed=1", "option=value"),
        ("~seed", "option=value"),
        ("seed", "option=value"),
        ("task.bias={prevalence: 1}", "task.bias"),
    ],
)
def test_a_bad_override_is_one_clear_paragraph(override: str, words: str) -> None:
    with pytest.raises(BenchError, match=words) as caught:
        compose(["method=adversarial", override])
    assert "\n" not in str(caught.value)


def test_a_method_by_path(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from bench.method import Method, tunable\n\n\n"
        'class Mine(Method):\n    """Mine."""\n\n    power: float = tunable(2.0, low=1.0, high=3.0)\n'
    )
    config = compose([f"method={tmp_path / 'mine.py'}", "method.power=3"])
    assert config.method.name == "mine"
    assert config.method.hyperparameters["power"] == 3.0


def test_a_way_of_scoring_stands_for_options_that_can_be_overridden_one_by_one() -> None:
    plain, board = compose(["task=cxr"]).scoring, compose(["task=cxr", "scoring=board"]).scoring
    assert (plain.trial, plain.conditions, plain.layers) == (1500, 0, "features")
    assert (board.trial, board.conditions, board.layers) == (9000, 9000, "all")
    some = compose(["task=cxr", "scoring=board", "scoring.trial=600", "scoring.replicates=200"]).scoring
    assert (some.trial, some.conditions, some.replicates) == (600, 9000, 200)
    assert compose(["task=cxr", "scoring=default"]).scoring == plain
    with pytest.raises(BenchError, match=r"scoring=bord names no way of scoring\. Did you mean 'board'"):
        compose(["task=cxr", "scoring=bord"])
    with pytest.raises(BenchError, match=r"scoring\.trial=-1 cannot be used"):
        compose(["task=cxr", "scoring.trial=-1"])
