"""Influence values as rows are compared by them: matched by patient, widened where probes were fitted, or refused."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from bench.errors import BenchError
from bench.records import Record
from bench.statistics.pairing import SeedValues, paired
from tests.leaderboard.boards import MadeUp, method, notices, with_influence
from tests.leaderboard.conftest import table as board
from tests.statistics.crossed import SMALL

_ALL = (0, 1, 2, 3, 4)


def _why(records: list[Record], name: str) -> tuple[str, str]:
    (row,) = [row for row in board(records).rows if row.method == name]
    return row.standing.section, row.standing.reason


@pytest.fixture(scope="module")
def world() -> Mapping[str, Mapping[str, SeedValues]]:
    rng = np.random.default_rng(0)
    scores = {key: SMALL.draw([0.78, 0.66], rng) for key in ("auroc", "decodability", "brier")}
    return {name: {key: rows[i] for key, rows in scores.items()} for i, name in enumerate(("erm", "a"))}


def _records(world: Mapping[str, Mapping[str, SeedValues]]) -> list[MadeUp]:
    return [record for name, found in world.items() for record in with_influence(name, found)]


def test_what_fits_of_probes_add_widens_a_difference(
    world: Mapping[str, Mapping[str, SeedValues]],
) -> None:
    """Of suite 1 the printed interval counts who fitted the probes, the influence values do not."""
    records = _records(world)
    wide = []
    for record in records:
        files = []
        for file in record.files:
            scores = [
                s.model_copy(update={"low": s.value - 2 * (s.value - s.low), "high": s.value + 2 * (s.high - s.value)})
                if s.metric in ("decodability", "auroc") and s.layer in (None, "network") and s.reference is None
                else s
                for s in file.scores
                if s.value is not None and s.low is not None and s.high is not None
            ]
            files.append(type(file)(**{**dict(file), "scores": scores if file.head.place == "test" else file.scores}))
        wide.append(replace(record, files=tuple(files)))
    (before,), (after,) = ([row for row in board(found, _ALL).rows if row.method == "a"] for found in (records, wide))
    doubled = paired(
        *(
            SeedValues(world[name]["decodability"].values, 2 * world[name]["decodability"].influence)
            for name in ("a", "erm")
        )
    )
    found = after.standing.differences["decodability"].difference
    assert (found.low, found.high) == (pytest.approx(doubled.low), pytest.approx(doubled.high))
    assert after.standing.differences["auroc"] == before.standing.differences["auroc"]
    (complete,) = [row for row in board([_of_suite(2, record) for record in wide], _ALL).rows if row.method == "a"]
    found = complete.standing.differences["decodability"].difference
    kept = before.standing.differences["decodability"].difference
    assert (found.low, found.high) == (pytest.approx(kept.low), pytest.approx(kept.high))


def _of_suite(version: int, made: MadeUp) -> MadeUp:
    files = [file.model_copy(update={"head": file.head.model_copy(update={"suite": version})}) for file in made.files]
    return replace(made, files=tuple(files))


def test_influence_values_that_do_not_sum_to_nothing_are_refused_by_name() -> None:
    records = method("erm", 0.84, 0.9)
    table = records[1].values
    assert table is not None
    records[1] = replace(records[1], values=table + 0.001)
    with pytest.raises(BenchError, match=rf"Run {records[1].run.id} \(erm, seed 1\), auroc/target=macro: .*sum to 0"):
        board(records)


def test_patients_of_another_key_are_no_others() -> None:
    """They would be taken for other patients, and the difference for one of independent sets."""
    records = [*method("erm", 0.84, 0.9), *method("a", 0.84, 0.6, key="q")]
    assert _why(records, "a") == ("not compared", "patients hashed with another key")
    assert "hashed with another key than those of erm" in notices(records)


def test_a_patient_whom_a_score_does_not_use_has_no_influence() -> None:
    """Rows in any order; a patient without a row adds nothing."""
    erm, other = method("erm", 0.84, 0.9), method("a", 0.84, 0.6)
    fewer = []
    for record in other:
        table = record.values
        assert table is not None
        silent = table.copy()
        silent.iloc[:2] = 0.0
        silent = silent - silent.mean() * (silent != 0) * len(silent) / (len(silent) - 2)
        fewer.append((replace(record, values=silent), replace(record, values=silent.iloc[2:][::-1])))
    (with_zeros,), (without,) = (board([*erm, *(pair[i] for pair in fewer)]).of("methods")[:1] for i in (0, 1))
    a, b = (row.standing.differences["auroc"].difference for row in (with_zeros, without))
    assert (a.low, a.high) == (pytest.approx(b.low), pytest.approx(b.high))
