from __future__ import annotations

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import BenchError
from bench.method.hyperparameters import file, files, hyperparameters, resolve, tunable


class Base:
    lr: float = tunable(1e-3, low=1e-4, high=1e-2, log=True)


class Plugin(Base):
    strength: float = tunable(1.0, low=0.01, high=100.0, log=True)
    steps: int = tunable(3, low=1, high=8)
    by: str = tunable("race", choices=("race", "label"))
    conditional: bool = tunable(False)


def test_own_and_inherited_are_found_own_first() -> None:
    assert list(hyperparameters(Plugin)) == ["strength", "steps", "by", "conditional", "lr"]


def test_a_subclass_may_narrow_what_it_inherits() -> None:
    class Narrow(Plugin):
        strength: float = tunable(2.0, low=1.0, high=3.0)

    assert hyperparameters(Narrow)["strength"].high == 3.0


def test_defaults_are_filled_in_and_whole_numbers_become_floats() -> None:
    values = resolve(Plugin, {"strength": 2})
    assert values == {"strength": 2.0, "steps": 3, "by": "race", "conditional": False, "lr": 1e-3}
    assert type(values["strength"]) is float


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("strength", 0.001),
        ("strength", float("nan")),
        ("strength", "big"),
        ("strength", True),
        ("steps", 2.5),
        ("steps", True),
        ("by", "sex"),
        ("conditional", 1),
    ],
)
def test_a_wrong_value_names_option_value_and_range(name: str, value: object) -> None:
    with pytest.raises(BenchError, match=rf"method\.{name}={value}.*takes.*default"):
        resolve(Plugin, {name: value})


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(BenchError, match=r"'strenght'.*mean 'strength'"):
        resolve(Plugin, {"strenght": 1.0})


@pytest.mark.parametrize("arguments", [{}, {"low": 1.0}, {"low": 2.0, "high": 3.0}, {"choices": (2.0, 3.0)}])
def test_a_declaration_needs_a_range_that_holds_its_default(arguments: dict[str, object]) -> None:
    with pytest.raises(BenchError):
        tunable(1.0, **arguments)  # type: ignore[arg-type]


@given(st.integers(0, 1000))
def test_what_a_trial_suggests_is_always_allowed(seed: int) -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    trial = study.ask()
    drawn = {name: declared.suggest(name, trial) for name, declared in hyperparameters(Plugin).items()}
    assert resolve(Plugin, drawn) == drawn


class Wide(Base):
    widths: tuple[int, ...] = tunable((64,), choices=((64,), (64, 32)))
    prompt: str = tunable("chest radiograph")
    weights: str | None = file(help="encoder")


def test_tuples_come_as_lists_and_as_a_sweep_writes_them() -> None:
    for given_as in ([64, 32], (64, 32), "[64, 32]"):
        assert resolve(Wide, {"widths": given_as})["widths"] == (64, 32)
    for wrong in ([64, 16], 64, "64", "[64"):
        with pytest.raises(BenchError, match=r"method.widths=.* one of \[64\], \[64,32\]"):
            resolve(Wide, {"widths": wrong})


def test_any_text_is_text_and_nothing_else_is() -> None:
    assert resolve(Wide, {"prompt": "mammogram"})["prompt"] == "mammogram"
    with pytest.raises(BenchError, match="takes text"):
        resolve(Wide, {"prompt": 3})


def test_a_file_is_its_path_or_nothing() -> None:
    assert files(Wide) == ("weights",)
    assert resolve(Wide, {})["weights"] is None
    assert resolve(Wide, {"weights": "a/b.pt"})["weights"] == "a/b.pt"
    for wrong in (3, "", True):
        with pytest.raises(BenchError, match="the path of a file, or null for none"):
            resolve(Wide, {"weights": wrong})


def test_a_sweep_searches_tuples_and_neither_text_nor_files() -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    searched = {name: one for name, one in hyperparameters(Wide).items() if one.is_searched}
    assert set(searched) == {"widths", "lr"}
    study.enqueue_trial({name: one.kept(one.default) for name, one in searched.items()})
    trial = study.ask()
    assert {name: one.suggest(name, trial) for name, one in searched.items()} == {"widths": (64,), "lr": 1e-3}
    assert resolve(Wide, trial.params)["widths"] == (64,)
