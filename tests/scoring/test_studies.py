from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.records.outputs import Outputs
from bench.scoring import studies
from bench.scoring.diagnosis import choose_thresholds
from tests.data.cohorts.test_building import build, table


def cohort(seed: int = 0):  # type: ignore[no-untyped-def]
    """Patients with four images in one or two studies, whose labels differ and are in part unknown."""
    rng = np.random.default_rng(seed)
    given = table(per_patient=4, seed=seed)
    given["study"] = given["patient"] + "-" + pd.Series(rng.integers(0, 2, len(given)).astype(str))
    unknown = rng.random(len(given)) < 0.3
    return build(given.assign(effusion=given["effusion"].mask(unknown)))


@given(st.integers(0, 100))
def test_a_study_is_the_mean_of_its_images_in_whatever_order(seed: int) -> None:
    part = cohort(seed % 3).part("test")
    rng = np.random.default_rng(seed)
    logits, features, block = (rng.normal(size=(len(part), width)).astype(np.float32) for width in (2, 5, 3))
    found = Outputs(logits, features, {"block 1": block})
    merged = studies.of(part)
    got = merged.outputs(found)
    frame = pd.DataFrame(found.probabilities).groupby(part.table["study"].to_numpy()).mean()
    expected = frame.loc[merged.cohort.table["study"]].to_numpy()
    np.testing.assert_allclose(got.probabilities, expected, atol=1e-6)
    order = rng.permutation(len(part))
    shuffled = studies.of(part.take(order))
    again = shuffled.outputs(Outputs(found.logits[order], found.features[order], {}))
    assert shuffled.cohort.table["study"].tolist() == merged.cohort.table["study"].tolist()
    np.testing.assert_allclose(again.features, got.features, atol=1e-6)
    assert list(got.blocks) == ["block 1"]


def test_a_study_is_positive_where_one_image_is_and_unknown_where_none_is_known() -> None:
    part = cohort().part("test")
    merged = studies.of(part).cohort
    for study, value in zip(merged.table["study"], merged.targets[:, 0], strict=True):
        labels = part.table.loc[part.table["study"] == study, "effusion"].dropna().tolist()
        assert (np.isnan(value) and not labels) or value == max(labels)
    assert len(merged) == part.table["study"].nunique() < len(part)


def test_a_study_is_without_a_finding_where_all_its_images_are() -> None:
    part = cohort().part("test")
    healthy = np.random.default_rng(0).random((len(part), 2)) < 0.7
    named = {"no_finding": healthy[:, 0].astype(float), "true_no_finding": healthy[:, 1].astype(float)}
    spec = replace(part.spec, targets=("effusion", "no_finding"))
    part = replace(part, spec=spec, no_finding="no_finding", table=part.table.assign(**named))
    merged = studies.of(part).cohort.table.set_index("study")
    for name in named:
        expected = part.table.groupby("study")[name].min()
        assert merged[name].to_dict() == expected.to_dict()
        assert 0 < merged[name].mean() < part.table[name].mean()


def test_certain_networks_keep_finite_logits() -> None:
    part = cohort().part("test")
    sure = Outputs(np.full((len(part), 2), 99.0, np.float32), np.zeros((len(part), 2), np.float32))
    assert np.isfinite(studies.of(part).outputs(sure).logits).all()


def test_thresholds_of_studies_are_those_of_their_means() -> None:
    part = cohort().part("val")
    rng = np.random.default_rng(1)
    found = Outputs(rng.normal(size=(len(part), 2)).astype(np.float32), np.zeros((len(part), 2), np.float32))
    merged = studies.of(part)
    thresholds = choose_thresholds(merged.cohort.targets, merged.outputs(found).probabilities)
    assert thresholds.shape == (2,)
    assert thresholds != pytest.approx(choose_thresholds(part.targets, found.probabilities))
