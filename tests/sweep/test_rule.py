from __future__ import annotations

import optuna
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import FrozenTrial

from bench.sweep import choose


def trial(number: int, auroc: float, decodability: float) -> FrozenTrial:
    return optuna.trial.create_trial(values=[auroc, decodability]).__class__(
        number=number,
        state=optuna.trial.TrialState.COMPLETE,
        value=None,
        values=[auroc, decodability],
        datetime_start=None,
        datetime_complete=None,
        params={},
        distributions={},
        user_attrs={},
        system_attrs={},
        intermediate_values={},
        trial_id=number,
    )


def test_the_rule_takes_the_lowest_decodability_within_the_tolerance() -> None:
    trials = [trial(0, 0.80, 0.90), trial(1, 0.79, 0.70), trial(2, 0.70, 0.51), trial(3, 0.79, 0.70)]
    chosen, within = choose(trials, limit=0.78)
    assert (chosen.number, within) == (1, True)


def test_where_no_trial_is_within_the_best_diagnosis_is_taken_and_said_so() -> None:
    chosen, within = choose([trial(0, 0.60, 0.6), trial(1, 0.65, 0.7)], limit=0.78)
    assert (chosen.number, within) == (1, False)


@given(st.lists(st.tuples(st.floats(0.5, 1), st.floats(0.5, 1)), min_size=1, max_size=20), st.floats(0.5, 1))
def test_the_choice_is_never_dominated_among_the_admitted(values: list[tuple[float, float]], limit: float) -> None:
    trials = [trial(i, *value) for i, value in enumerate(values)]
    chosen, within = choose(trials, limit)
    admitted = [t for t in trials if t.values[0] >= limit]
    assert within == bool(admitted)
    if within:
        assert chosen in admitted
        assert all(chosen.values[1] <= t.values[1] for t in admitted)
