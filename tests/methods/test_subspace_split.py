"""Two parts of the features, and what each is for."""

from __future__ import annotations

import torch
from bench.builtin.methods.subspace_split import SubspaceSplit
from torch.nn import functional as F

from bench.method import masked_bce
from bench.method.pieces import distance_correlation, pairwise_distances, standardised
from tests.methods.samples import batch, make
from tests.methods.test_aligners import shaded


def test_the_loss_is_diagnosis_race_and_dependence() -> None:
    method, some = make(SubspaceSplit, {"strength": 3.0}), batch(40)
    shared = method.backbone(method.normalise(some.images))
    disease, race = method.to_disease(shared), method.to_race(shared)
    known = some.groups >= 0
    between = [pairwise_distances(standardised(part)) for part in (disease, race)]
    wanted = (
        masked_bce(method.head(disease), some.targets)
        + F.cross_entropy(method.race_head(race)[known], some.groups[known])
        + 3.0 * distance_correlation(*between, torch.ones(1, 40))
    )
    torch.testing.assert_close(method.loss(some), wanted)


def test_the_diagnosis_is_made_from_its_own_part_alone() -> None:
    method, some = make(SubspaceSplit, {"width": 5}).eval(), batch(4)
    before = method(some.images)
    assert method.features(some.images).shape == (4, 5)
    torch.nn.init.zeros_(method.to_race.weight)
    torch.nn.init.zeros_(method.race_head.weight)
    assert torch.equal(method(some.images), before)


def test_training_makes_the_parts_independent_and_gives_each_its_own() -> None:
    some, found = shaded(), {}
    for strength in (0.01, 0.5):
        method = make(SubspaceSplit, {"strength": strength, "width": 4})
        optimizer = torch.optim.Adam(method.parameters(), lr=1e-2)
        for _ in range(80):
            optimizer.zero_grad()
            method.loss(some).backward()
            optimizer.step()
        with torch.no_grad():
            shared = method.backbone(method.normalise(some.images))
            parts = [pairwise_distances(standardised(to(shared))) for to in (method.to_disease, method.to_race)]
            found[strength] = distance_correlation(*parts, torch.ones(1, 200)).item()
    assert found[0.5] < 0.3 * found[0.01]
    assert masked_bce(method(some.images), some.targets).item() < 0.3
