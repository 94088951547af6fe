from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.pages import terminal
from bench.sweep import Sweep
from bench.sweep.document import document
from tests.leaderboard.conftest import file, record, score


@pytest.mark.parametrize(("within", "rule"), [(True, "→ lowest decodability among"), (False, "→ highest AUROC: no")])
def test_the_trials_and_the_rule_that_chose(within: bool, rule: str, capsys: pytest.CaptureFixture[str]) -> None:
    scores = [
        score("auroc", (0.8, 0.7, 0.9), target="macro"),
        score("decodability", (0.7, 0.6, 0.8), layer="network", attribute="race"),
    ]
    trials = [
        SimpleNamespace(number=0, values=(0.81, 0.65), params={"strength": 1.0}),
        SimpleNamespace(number=3, values=(0.79, 0.6), params={"strength": 0.1234567}),
    ]
    storage = Path("folder/" * 20) / "study.db"
    run = record().run
    done = Sweep(None, "erm", file(run, "val", "val", scores), trials, trials[1], within, 0.78, storage)  # type: ignore[arg-type]
    terminal.show(document(done))
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "Validation patients"
    assert lines[2:5] == ["erm 0.800 0.700", "1 0.810 0.650 strength=1", "→ 2 0.790 0.600 strength=0.123"]
    assert lines[5].startswith(rule)
    assert lines[6] == f"Trials: {storage}"
