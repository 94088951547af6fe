"""Further patients of a phantom, and the trial in which they are given a group at random."""

from __future__ import annotations

import numpy as np
import pytest
from bench.builtin.tasks.cxr.phantom import DATASET
from scipy.stats import chi2_contingency

from bench.config import compose
from bench.data.cohorts import fresh
from bench.data.cohorts.chosen import Chosen, choose
from bench.errors import BenchError
from bench.task import Cohort, Dataset
from tests.conftest import TINY


def chosen(*more: str) -> Chosen:
    return choose(compose([*TINY, *more]).task)


def drawn(patients: int, *more: str, purpose: str = "trial", but: tuple[str, ...] = ()) -> Cohort:
    asked = chosen(*more)
    return fresh.fresh(asked, asked.cohort().spec, patients, purpose, but)[1]


def test_they_are_other_patients_with_one_image_each_and_the_dials_of_the_run():
    asked = chosen("task.bias.prevalence=0.2")
    trained = asked.cohort()
    data, cohort = fresh.fresh(asked, trained.spec, 200, "trial")
    assert len(cohort) == cohort.table["patient"].nunique() == 200
    assert set(cohort.table["split"]) == {"test"}
    assert cohort.rows.tolist() == list(range(200))
    assert cohort.spec == trained.spec
    assert cohort.true_labels == trained.true_labels
    assert data.options.model_dump()["bias"] == asked.options.model_dump()["bias"]
    # The same number, another seed: bodies, findings and noise are those of other people.
    both = cohort.table.merge(trained.table, on="patient", suffixes=("", "_trained"))
    assert (both["bone_density"] == both["bone_density_trained"]).mean() < 0.05
    pixels = DATASET.render(both.head(3), 32, data.options)
    assert (pixels != DATASET.render(both.head(3), 32, asked.options)).any(axis=(1, 2)).all()


def test_the_first_stay_when_more_are_asked_for_and_another_purpose_has_others():
    few, many = drawn(90), drawn(240)
    assert few.table.equals(many.table.head(90))
    assert not drawn(90, purpose="conditions").table.equals(few.table)
    assert not drawn(90, "task.seed=1").table.equals(few.table)


def test_nobody_is_of_a_group_or_a_site_that_is_left_out():
    cohort = drawn(120, "task.groups=[Black,White]", but=("south",))
    assert len(cohort) == 120
    assert set(cohort.table["race"]) == {"Black", "White"}
    assert set(cohort.table["site"]) == {"north"}


def test_there_are_not_enough_of_a_site_that_nobody_goes_to():
    with pytest.raises(BenchError, match="gave 0 of the 50 patients"):
        drawn(50, but=("north", "south"))


def test_groups_are_drawn_at_random_in_equal_numbers_and_all_else_stays():
    natural = drawn(300)
    cohort = fresh.randomised(natural, DATASET, 0)
    assert np.bincount(cohort.groups).tolist() == [100, 100, 100]
    rest = natural.table.columns.drop("race")
    assert cohort.table[rest].equals(natural.table[rest])
    assert not (cohort.groups == natural.groups).all()
    assert fresh.randomised(natural, DATASET, 0).table.equals(cohort.table)
    again = fresh.randomised(natural, DATASET, 1)
    assert np.mean(again.groups == cohort.groups) == pytest.approx(1 / 3, abs=0.1)
    first = fresh.randomised(drawn(120), DATASET, 0)
    assert first.table.equals(cohort.table.head(120))


def test_nothing_goes_with_the_drawn_group():
    """The association of race with each finding is gone; of the natural race it is strong at this dial."""
    natural = drawn(3000, "task.bias.prevalence=0.2")
    cohort = fresh.randomised(natural, DATASET, 0)
    before, after = (
        [chi2_contingency(np.histogram2d(one.groups, truth, bins=(3, 2))[0]).pvalue for truth in one.truth.T]
        for one in (natural, cohort)
    )
    assert min(before) < 1e-10
    assert min(after) > 0.001
    codes = natural.groups
    assert np.corrcoef(codes, cohort.groups)[0, 1] == pytest.approx(0, abs=0.06)


def test_a_trial_of_too_few_is_refused():
    with pytest.raises(BenchError, match=r"scoring\.trial=12 gives each of 3 groups of race fewer than the 5"):
        fresh.randomised(drawn(12), DATASET, 0)


def test_only_a_phantom_with_a_number_and_a_seed_has_more_patients():
    assert fresh.draws_more(DATASET)
    assert not fresh.draws_more(Dataset("ward", "a ward", read=DATASET.read, options=DATASET.options))


@pytest.mark.parametrize("task", ["cxr", "mammo", "hand", "ct"])
def test_every_built_in_phantom_has_a_trial_and_test_conditions(task: str) -> None:
    asked = choose(compose([f"task={task}", "task.patients=600"]).task)
    assert fresh.draws_more(asked.dataset)
    assert fresh.has_association(asked.dataset)
    spec = asked.cohort().spec
    drawn, natural = fresh.fresh(asked, spec, 240, "trial")
    cohort = fresh.randomised(natural, asked.dataset, 0)
    assert np.ptp(np.bincount(cohort.groups)) <= 1
    rest = natural.table.columns.drop(spec.protected)
    assert cohort.table[rest].equals(natural.table[rest])
    assert asked.dataset.render(cohort.table.head(2), 32, drawn.options).shape[:3] == (2, 32, 32)
    trained, inverted = (
        fresh.fresh(fresh.with_association(asked, factor), spec, 600, "conditions")[1] for factor in (1.0, -1.0)
    )
    assert (trained.groups == inverted.groups).all()
    assert trained.table["patient"].equals(inverted.table["patient"])
    assert not (trained.truth == inverted.truth).all()
