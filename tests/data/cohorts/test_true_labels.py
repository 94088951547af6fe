"""True labels beside those that were reported."""

import numpy as np

from bench.data.cohorts import splits
from tests.data.cohorts.test_building import build, refused, table


def test_true_labels_stand_beside_the_reported_ones():
    given = table()
    reported = given["effusion"].copy()
    given["true_effusion"] = np.where(given.index % 10 == 0, 1 - reported, reported)
    given.loc[[3, 4], "true_effusion"] = np.nan
    cohort = build(given)
    assert cohort.true_labels == ("effusion",)
    by_image = given.set_index("image").loc[cohort.table["image"]]
    np.testing.assert_array_equal(cohort.targets[:, 0], by_image["effusion"])
    np.testing.assert_array_equal(cohort.truth[:, 0], by_image["true_effusion"])
    np.testing.assert_array_equal(cohort.truth[:, 1], by_image["no_finding"])
    assert np.isnan(cohort.truth[:, 0]).sum() == 2  # never filled up from what is reported
    plain = build(table())
    reported, true = (cohort.confounders(labels)[0].values for labels in (cohort.targets, cohort.truth))
    np.testing.assert_array_equal(reported, plain.confounders(plain.truth)[0].values)
    assert (reported != true).any()
    assert (true == -1).sum() == 2
    np.testing.assert_array_equal(plain.truth, plain.targets)
    assert plain.true_labels == ()
    assert cohort.fingerprint != plain.fingerprint
    # A phantom draws the disease that is there, whether that target was chosen or not.
    unchosen = build(given, targets=["no_finding"])
    assert "true_effusion" in unchosen.table
    assert unchosen.true_labels == ()


def test_true_labels_that_are_wrong():
    assert "Did you mean 'effusion'?" in refused(table().assign(true_efusion=1.0))
    message = refused(table().assign(true_effusion=1.0).drop(columns="effusion"), targets=["no_finding"])
    assert "'true_effusion' but no 'effusion'" in message
    assert "'true_effusion' of data set 'ward' holds 2.0" in refused(table().assign(true_effusion=2.0))
    given = table().assign(true_effusion=table()["effusion"])
    split = splits.assign(given["patient"])
    given.loc[split == "val", "true_effusion"] = np.nan
    assert build(given).true_labels == ("effusion",)  # val patients are scored on what is reported
    given.loc[split == "test", "true_effusion"] = 1
    message = refused(given)
    assert "'true_effusion' is 1 for all of split 'test'" in message
    assert "task.targets=[no_finding] leaves it out" in message
