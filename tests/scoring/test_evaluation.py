import numpy as np

from bench.scoring.catalogue import METRICS
from bench.scoring.evaluation import evaluate
from bench.statistics.bootstrap import PatientBootstrap
from bench.statistics.metrics import Sample
from bench.task import Attribute


def inputs(n=400):
    rng = np.random.default_rng(0)
    z = rng.normal(size=(n, 2))
    return {
        "targets": (z + rng.normal(size=(n, 2)) > 0).astype(float),
        "probabilities": 1 / (1 + np.exp(-z)),
        "thresholds": np.array([0.5, 0.5]),
        "names": ("effusion", "opacity"),
        "attributes": [Attribute("sex", ("F", "M"), rng.integers(0, 2, n // 2)[np.arange(n) // 2])],
        "bootstrap": PatientBootstrap(np.arange(n) // 2, replicates=20),
    }


def test_tables_hold_every_metric_target_and_group():
    evaluation = evaluate(**inputs())
    everyone, sex = evaluation.tables
    assert everyone.draws.shape == (len(METRICS), 3, 1, 20)
    assert sex.draws.shape == (len(METRICS), 3, 2, 20)
    assert everyone.attribute is None
    assert np.isfinite(sex.draws).all()
    assert sex.images.sum(axis=1).tolist() == [400, 400, 400]
    assert sex.patients.sum(axis=1).tolist() == [200, 200, 200]


def test_groups_share_their_replicates():
    """Everyone's selection rate is the groups' mean, weighted by how much of the replicate each group is."""
    case = inputs()
    everyone, sex = evaluate(**case).tables
    weights = np.concatenate(list(case["bootstrap"].chunks()), axis=1)
    share = np.stack([weights[sex.codes == g].sum(axis=0) for g in (0, 1)]) / weights.sum(axis=0)
    m = [metric.key for metric in METRICS].index("selection_rate")
    np.testing.assert_allclose((sex.draws[m, 0] * share).sum(axis=0), everyone.draws[m, 0, 0])


def test_macro_replicates_are_the_mean_over_targets():
    for table in evaluate(**inputs()).tables:
        np.testing.assert_allclose(table.values[:, -1], table.values[:, :-1].mean(axis=1))
        np.testing.assert_allclose(table.draws[:, -1], table.draws[:, :-1].mean(axis=1))


def test_inputs_are_left_as_they_were():
    case = inputs()
    before = {key: np.copy(case[key]) for key in ("targets", "probabilities", "thresholds")}
    evaluate(**case)
    for key, array in before.items():
        np.testing.assert_array_equal(case[key], array)


def test_each_replicate_has_the_threshold_that_its_val_patients_gave():
    """Sensitivity and selection rate of replicate r are those at threshold r; nothing else moves."""
    rng = np.random.default_rng(0)
    targets = (rng.random((200, 2)) < 0.4).astype(float)
    p, patients = rng.random((200, 2)), np.arange(200)
    bootstrap, fixed = PatientBootstrap(patients, 30), np.array([0.5, 0.6])
    drawn = rng.uniform(0.3, 0.7, (2, 30))
    drawn[1, 7] = np.nan
    plain = evaluate(targets, p, fixed, ("a", "b"), [], bootstrap)
    moved = evaluate(targets, p, fixed, ("a", "b"), [], bootstrap, drawn)
    weights = np.concatenate([*bootstrap.chunks()], axis=1)
    for m, metric in enumerate(plain.metrics):
        before, after = plain.tables[0], moved.tables[0]
        np.testing.assert_array_equal(before.values[m], after.values[m])
        if not metric.at_threshold:
            np.testing.assert_array_equal(before.draws[m], after.draws[m])
            continue
        for t in range(2):
            for r in range(30):
                sample = Sample(p[:, t], targets[:, t] == 1, float(drawn[t, r]))
                expected = metric.function(sample, weights[:, [r]])[0]
                np.testing.assert_allclose(after.draws[m, t, 0, r], expected)
