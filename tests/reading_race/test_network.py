from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from bench.method import Batch
from bench.reading_race.network import RaceNetwork, log_posteriors, race_cohort
from bench.reading_race.study import Study
from bench.reading_race.transforms import Identity, Transform, high_pass
from tests.networks import built


def network(study: Study, transform: Transform) -> RaceNetwork:
    made = built(RaceNetwork, study.run.config, study.cohort.spec)
    assert isinstance(made, RaceNetwork)
    made.transform = transform
    made.calibrate(study.cohort.part("train"), study.images.pixels)
    return made.eval()


def shown(study: Study, n: int = 64) -> torch.Tensor:
    return torch.from_numpy(study.images.pixels[:n].copy()).unsqueeze(1)


def test_logits_are_log_odds_of_the_softmax_and_the_loss_its_cross_entropy(study: Study) -> None:
    made = network(study, Identity())
    images = shown(study, 16)
    features = made.features(images)
    posterior = made.head(features).softmax(1)
    torch.testing.assert_close(made.classify(features).sigmoid(), posterior, atol=1e-5, rtol=1e-4)
    groups = torch.arange(16) % 3
    loss = made.loss(Batch(images, torch.zeros(16, 3), groups))
    torch.testing.assert_close(loss, F.cross_entropy(made.head(features), groups), atol=1e-5, rtol=1e-4)


def test_whatever_a_filter_leaves_reaches_the_encoder_at_unit_variance(study: Study) -> None:
    for transform in (Identity(), high_pass(15)):
        made = network(study, transform)
        pixels = torch.from_numpy(study.images.pixels[study.cohort.part("train").rows]).unsqueeze(1)
        standardised = (made.distort(pixels) - made.center) * made.gain
        assert float(standardised.mean()) == pytest.approx(0, abs=0.02)
        assert float(standardised.std()) == pytest.approx(1, abs=0.02)


def test_nothing_stays_nothing_and_says_the_same_of_every_image(study: Study) -> None:
    made = network(study, high_pass(30))
    seen = []
    made.backbone.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    made.features(shown(study))
    assert not seen[0].any()
    posteriors = log_posteriors(made, study.test, study.images.pixels, torch.device("cpu"))
    assert (posteriors == posteriors[0]).all()
    assert all(score.value == 0.5 for score in study.judge.scores(posteriors))


def test_log_posteriors_sum_to_one_and_keep_the_order_of_the_cohort(study: Study) -> None:
    made = network(study, Identity())
    posteriors = log_posteriors(made, study.test, study.images.pixels, torch.device("cpu"))
    np.testing.assert_allclose(np.exp(posteriors).sum(axis=1), 1, atol=1e-5)
    back = study.test.take(np.arange(len(study.test))[::-1])
    np.testing.assert_allclose(
        log_posteriors(made, back, study.images.pixels, torch.device("cpu"))[::-1], posteriors, atol=1e-4
    )


def test_the_race_cohort_has_the_groups_as_targets_and_leaves_out_who_cannot_be_used(study: Study) -> None:
    cohort = study.diagnosed
    race = cohort.table["race"].astype(object).copy()
    race.iloc[:10] = np.nan
    table = cohort.table.assign(race=race)
    table.loc[(table["race"] == "Asian") & (table["split"] == "val"), "split"] = "test"
    made, notes = race_cohort(replace(cohort, table=table))
    assert made.spec.targets == made.spec.groups == ("Black", "White")
    assert (made.targets.sum(axis=1) == 1).all()
    assert (made.targets.argmax(axis=1) == made.groups).all()
    assert set(made.table["race"]) == {"Black", "White"}
    assert notes == ["Asian left out: nobody of this group is in split val"]
    whole, none = race_cohort(cohort)
    assert (whole.spec.targets, none) == (("Asian", "Black", "White"), [])
