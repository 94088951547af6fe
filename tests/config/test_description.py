from __future__ import annotations

from bench.config import RunConfig, describe
from bench.config.description import takes


def test_every_option_is_described_by_its_dotted_name() -> None:
    rows = {name: (default, words) for name, default, words in describe(RunConfig)}
    assert rows["trainer.max_epochs"] == ("8", "int (ge=1)")
    assert rows["trainer.precision"] == ("auto", "one of auto, 32, bf16")
    assert rows["test.split"][1] == "one of hash, official"
    assert rows["scoring.replicates"] == ("1000", "int (ge=100) patient bootstrap replicates")


def test_what_a_field_takes_is_found_by_its_path() -> None:
    assert takes(RunConfig, "test", "0", "split") == takes(RunConfig, "task", "split") == "one of hash, official"
    assert takes(RunConfig, "no_such_field") == ""
