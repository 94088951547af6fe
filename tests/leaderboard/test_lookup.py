"""Which decodability a board judges by, and of whose patients it knows what."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from bench.leaderboard.comparable import Key
from bench.leaderboard.lookup import GIVEN_THE_DIAGNOSIS, OBSERVED, TRIAL, compared, headline_of
from bench.leaderboard.rows import Row, entries
from bench.leaderboard.seedwise import Patients
from bench.records import Record, ScoreFile
from tests.leaderboard.conftest import table


def test_the_trial_counts_then_what_is_read_given_the_diagnosis_then_what_is_observed(make: SimpleNamespace) -> None:
    plain, given = make.record("erm"), make.record("a", also=[make.given(0.6)])
    trial = make.in_trial(given, make.around(0.7, 0.01))
    assert headline_of([make.entry(plain)]) == OBSERVED
    assert headline_of([make.entry(given)]) == GIVEN_THE_DIAGNOSIS
    assert headline_of([make.entry(trial)]) == TRIAL
    for record, value in ((plain, 0.9), (given, 0.6), (trial, 0.7)):
        found = table([record])
        (row,) = found.rows
        assert found.headline(row).mean == value


def test_of_several_trials_the_largest_counts_and_another_size_is_another_table(make: SimpleNamespace) -> None:
    small = make.in_trial(make.record("erm"), make.around(0.6, 0.02), patients=1500)
    both = make.in_trial(small, make.around(0.7, 0.01))
    assert TRIAL.score(make.entry(both)).value == 0.7
    keys = {Key.of(make.entry(record)) for record in (make.record("erm"), small, both)}
    assert len(keys) == 3
    lines = dict(Key.of(make.entry(both)).lines())
    assert lines["Trial"].startswith("9,000 patients")
    assert dict(Key.of(make.entry(make.record("erm"))).lines())["Trial"] == "none"
    assert "and a trial of 9,000" in table([both]).scored


def test_patients_of_two_arenas_are_no_two_times_the_same(make: SimpleNamespace) -> None:
    """Phantoms number their patients in each arena alike, so that their hashes are the same."""
    record = make.in_trial(make.record("erm"), make.around(0.7, 0.01))
    names = pd.Index(["p0", "p1", "p2"], name="patient")
    auroc, read = np.array([0.01, -0.02, 0.01]), np.array([0.03, 0.0, -0.03])

    class Known(Record):
        def influence(self, file: ScoreFile) -> pd.DataFrame | None:
            if file.head.place == "test":
                return pd.DataFrame({"auroc/target=macro": auroc}, index=names)
            return pd.DataFrame({"decodability/attribute=race/layer=network": read}, index=names)

    (entry,) = entries([Known(record.run, record.files)])
    row = Row("erm", "", (entry,))
    patients = Patients(row, [row], compared(TRIAL))
    one, other = (patients.by_seed(row, key)[0].influence[0] for key in ("auroc", "decodability"))
    assert len(one) == len(other) == 6
    assert one @ other == 0
    np.testing.assert_allclose(np.sort(one[one != 0]), np.sort(auroc))
