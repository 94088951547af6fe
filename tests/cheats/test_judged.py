"""Cheats judged end to end, as anybody's method is: what they gain is ended, or a flag names it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import pytest

from bench import training
from bench.config import compose
from bench.records import MACRO, NETWORK, PROTECTED, ScoreFile
from bench.run import run
from bench.run.execution import Outcome
from tests.conftest import TINY, read_with_few_probes
from tests.places import CHEATS

#: A phantom on which a network learns to diagnose within seconds.
SMALL = (*TINY, "task.patients=1200", "trainer.batch_size=64")
#: What names a network that hides something, whatever the layer.
NAMES = {"BOTTLENECK", "CHANNEL_LOSS", "OPAQUE_HEAD", "BRITTLE", "BELOW_CHANCE", "INSUFFICIENT", "RANDOMISED"}

Judge = Callable[..., Outcome]


@pytest.fixture(scope="module", autouse=True)
def _few_probes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        read_with_few_probes(patch)
        yield


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """A cheat, by name, on a network that was trained plainly once for all of them."""
    folder = tmp_path_factory.mktemp("judged")
    plain = run(compose([*SMALL, "method=erm", "trainer.max_epochs=6", f"runs_dir={folder}"]), ["val"])

    @functools.cache
    def judge(name: str, *more: str) -> Outcome:
        about = [f"method={CHEATS / name}.py", f"method.network={plain.folder / training.WEIGHTS}"]
        return run(compose([*SMALL, *about, "trainer.max_epochs=1", f"runs_dir={folder / name}", *more]))

    return judge


def on_test(outcome: Outcome) -> ScoreFile:
    found = outcome.record.of("test")
    assert found is not None
    return found


def names(outcome: Outcome) -> set[str]:
    return {flag.rpartition(": ")[2] for flag in on_test(outcome).flags} & NAMES


def auroc(outcome: Outcome) -> float:
    return on_test(outcome).find.value("auroc", target=MACRO)


def read(outcome: Outcome, layer: str) -> float:
    return on_test(outcome).find.value("decodability", attribute=PROTECTED, layer=layer, reference=None)


def test_a_network_that_was_loaded_is_no_cheat_but_its_budget_says_what_it_began_with(judged: Judge) -> None:
    outcome = judged("one_epoch")
    assert names(outcome) == set()
    assert auroc(outcome) > 0.65
    cost = outcome.record.run.training.cost
    assert cost is not None
    assert cost.files == ["network"]


@pytest.mark.parametrize(
    ("name", "flag"),
    [
        ("bottleneck", "BOTTLENECK"),
        ("stash", "CHANNEL_LOSS"),
        ("digits", "BOTTLENECK"),
        ("cipher", "CHANNEL_LOSS"),
        ("robust_cipher", "OPAQUE_HEAD"),
        ("padding", "BRITTLE"),
        ("carried", "BRITTLE"),
        ("overfitted_eraser", "BELOW_CHANCE"),
    ],
)
def test_it_is_caught_by_name(name: str, flag: str, judged: Judge) -> None:
    assert flag in names(judged(name))


@pytest.mark.parametrize("name", ["stash", "cipher"])
def test_what_is_not_in_the_features_is_not_diagnosed(name: str, judged: Judge) -> None:
    assert auroc(judged(name)) < auroc(judged("one_epoch")) - 0.05


def test_behind_a_bottleneck_the_deepest_richer_block_counts(judged: Judge) -> None:
    plain, narrow = judged("one_epoch"), judged("bottleneck")
    assert read(narrow, NETWORK) == pytest.approx(read(plain, NETWORK), abs=0.05)


def test_answers_are_found_where_they_are_and_nowhere_else(judged: Judge) -> None:
    """In the process that holds the patients; the process that predicts has none."""
    assert auroc(judged("answers")) > 0.95
    isolated = judged("answers", "scoring.isolated=true", "scoring.replicates=101")
    assert auroc(isolated) == pytest.approx(auroc(judged("one_epoch")), abs=0.01)
