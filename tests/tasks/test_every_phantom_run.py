"""``bench run task=…`` on every phantom: small, but from the command to scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.config import compose
from bench.run import run
from tests.conftest import TINY
from tests.phantoms import TASKS_WITH, Subject

#: Patients enough that every split holds every class and every race.
PATIENTS = {"mammo": 160, "ct": 160, "hand": 420}


#: The chest is run by nearly all other tests.
@pytest.mark.parametrize("task", [name for name in TASKS_WITH if name != "cxr"])
@pytest.mark.usefixtures("few_probes")
def test_a_run_trains_and_scores(task: str, tmp_path: Path) -> None:
    changed = ("task=", "task.patients=", "trainer.max_epochs=", "scoring.trial=")
    tiny = [text for text in TINY if not text.startswith(changed)]
    own = (f"task={task}", f"task.patients={PATIENTS[task]}", "trainer.max_epochs=1", "scoring.trial=60")
    config = compose([*tiny, *own, "method=erm", f"runs_dir={tmp_path / 'runs'}"])
    outcome = run(config)
    scores = outcome.scores(config)
    assert (outcome.record.run.data.dataset, outcome.record.run.data.synthetic) == ("phantom", True)
    for target in Subject(task).task.targets:
        assert np.isfinite(scores.find.value("auroc", target=target))
    places = {file.head.place for file in outcome.record.files}
    assert {"test", "trial"} <= places
    # Twins of this phantom are exact, so that there is an effect to be measured.
    assert scores.find.every("counterfactual_effect")
