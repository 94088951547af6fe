"""What every built-in method must do, and what each one claims."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from bench.builtin.methods.adversarial import Adversarial
from bench.builtin.methods.distortion import NAMES, Distortion, FrequencyFilter, pipeline
from bench.builtin.methods.erm import Erm
from bench.builtin.methods.group_dro import GroupDro
from bench.builtin.methods.oracle import Oracle
from bench.builtin.methods.race_reader import RaceReader
from bench.builtin.methods.reweighting import Reweighting
from torch import nn
from torch.nn import functional as F

from bench.method import Batch, Method, TaskSpec, TrainingSet
from bench.method.backbones import SmallResNet

SPEC = TaskSpec("cxr", ("effusion", "opacity"), "race", ("Asian", "Black", "White"), 16)


class Flat(nn.Module):
    """An encoder whose features are easy to reason about: 16 pixels through one linear layer."""

    out_features = 6

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(16 * 16, 6)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.linear(images.flatten(1))


def make(cls: type[Method], hyperparameters: Mapping[str, object] | None = None, progress: float = 1.0) -> Method:
    torch.manual_seed(0)
    # Outside a trainer a method cannot know how far training has come.
    at = type(cls.__name__, (cls,), {"progress": property(lambda self: progress)})
    return at(Flat(), SPEC, hyperparameters)


def batch(n: int = 64, seed: int = 0) -> Batch:
    rng = torch.Generator().manual_seed(seed)
    targets = torch.randint(0, 2, (n, 2), generator=rng).float()
    targets[0, 0] = torch.nan
    groups = torch.randint(0, 3, (n,), generator=rng)
    groups[1] = -1
    return Batch(torch.randint(0, 256, (n, 1, 16, 16), generator=rng, dtype=torch.uint8), targets, groups)


ALL = [Erm, Adversarial, Reweighting, GroupDro, Distortion, RaceReader, Oracle]


@pytest.mark.parametrize("cls", ALL)
def test_a_step_moves_the_encoder_and_the_head_and_gives_a_scalar(cls: type[Method]) -> None:
    method, some = make(cls), batch()
    method.prepare(TrainingSet(some.targets, some.groups))
    loss = method.loss(some)
    loss.backward()
    assert loss.ndim == 0
    assert math.isfinite(loss.item())
    assert method.backbone.linear.weight.grad.abs().sum() > 0
    assert method.head.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("cls", ALL)
def test_a_batch_of_unknown_race_and_labels_is_no_accident(cls: type[Method]) -> None:
    method, some = make(cls), batch()
    method.prepare(TrainingSet(some.targets, some.groups))
    nothing = some._replace(groups=torch.full_like(some.groups, -1), targets=torch.full_like(some.targets, torch.nan))
    assert math.isfinite(method.loss(nothing).item())


@pytest.mark.parametrize("cls", ALL)
def test_prediction_has_the_declared_shapes(cls: type[Method]) -> None:
    method = make(cls).eval()
    with torch.no_grad():
        logits, features = method.predict_step(batch(5))
    assert logits.shape == (5, 2)
    assert features.shape == (5, 6)
    torch.testing.assert_close(method.classify(features), logits)


def test_erm_is_the_masked_mean_of_binary_cross_entropies() -> None:
    method, some = make(Erm), batch()
    logits, known = method(some.images), ~torch.isnan(some.targets)
    wanted = F.binary_cross_entropy_with_logits(logits[known], some.targets[known])
    torch.testing.assert_close(method.loss(some), wanted)


class TestAdversarial:
    def test_the_encoder_is_moved_against_the_adversary(self) -> None:
        """The gradient on the encoder is the diagnosis's minus strength times the adversary's."""
        some, found = batch(), {}
        for strength in (0.5, 2.0):
            method = make(Adversarial, {"strength": strength})
            method.loss(some).backward()
            found[strength] = method.backbone.linear.weight.grad.clone()
        plain = make(Adversarial, {"strength": 1.0})
        features = plain.features(some.images)
        for _ in range(plain.adversary_steps):
            plain.adversary.step(plain._race_loss(features.detach(), some))
        ramp = 2 / (1 + math.exp(-10)) - 1
        (of_race,) = torch.autograd.grad(plain._race_loss(features, some), plain.backbone.linear.weight)
        torch.testing.assert_close(found[2.0] - found[0.5], -1.5 * ramp * of_race, rtol=1e-4, atol=1e-7)

    def test_the_adversary_learns_and_its_steps_move_nothing_else(self) -> None:
        method, some = make(Adversarial), batch(256)
        some = some._replace(
            images=(some.groups.clamp(min=0) * 100).to(torch.uint8)[:, None, None, None].expand(-1, 1, 16, 16)
        )
        before = [p.clone() for p in (*method.backbone.parameters(), *method.head.parameters())]
        features = method.features(some.images).detach()
        first = method._race_loss(features, some).item()
        for _ in range(100):
            method.adversary.step(method._race_loss(features, some))
        assert method._race_loss(features, some).item() < 0.5 * first
        after = [*method.backbone.parameters(), *method.head.parameters()]
        assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
        assert all(p.grad is None for p in method.backbone.parameters())

    def test_the_main_optimiser_does_not_hold_the_adversary(self) -> None:
        method = make(Adversarial)
        method._trainer = SimpleNamespace(estimated_stepping_batches=10)  # type: ignore[assignment]
        held = {id(p) for group in method.configure_optimizers()["optimizer"].param_groups for p in group["params"]}
        adversary = {id(p) for p in method.adversary.parameters()}
        assert not held & adversary
        assert held | adversary == {id(p) for p in method.parameters()}

    @pytest.mark.parametrize(("progress", "ramp"), [(0.0, 0.0), (0.25, 0.98661), (0.5, 0.99991), (0.9, 0.99991)])
    def test_the_strength_rises_by_ganins_schedule(self, progress: float, ramp: float) -> None:
        method = make(Adversarial, progress=progress)
        assert method._ramp() == pytest.approx(ramp, abs=1e-4)
        assert method.ready() == (progress > 0.5)

    def test_conditional_lets_the_adversary_see_the_label(self) -> None:
        """Race that only the label tells: the conditional adversary reads it without any feature."""
        some = batch(512)
        some = some._replace(groups=some.targets[:, 1].long(), images=torch.zeros_like(some.images))
        losses = {}
        for conditional in (False, True):
            method = make(Adversarial, {"conditional": conditional, "adversary_lr": 1e-2})
            features = method.features(some.images).detach()
            for _ in range(100):
                method.adversary.step(method._race_loss(features, some))
            losses[conditional] = method._race_loss(features, some).item()
        assert losses[True] < 0.1 < 0.6 < losses[False]

    def test_its_optimiser_is_part_of_the_checkpoint(self) -> None:
        """A copy restored halfway takes the same step as the original: the moments came along."""
        one, some = make(Adversarial), batch()
        features = one.features(some.images).detach()
        one.adversary.step(one._race_loss(features, some))
        two = make(Adversarial)
        two.load_state_dict(one.state_dict())
        for method in (one, two):
            method.adversary.step(method._race_loss(features, some))
        pairs = zip(one.adversary.network.parameters(), two.adversary.network.parameters(), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)


class TestRaceReader:
    def test_race_alone_shapes_the_encoder(self) -> None:
        """The encoder's gradient is that of the cross-entropy of race over known groups, the head's the diagnosis's."""
        method, some = make(RaceReader), batch()
        method.loss(some).backward()
        found, of_head = method.backbone.linear.weight.grad.clone(), method.head.weight.grad.clone()
        known = some.groups >= 0
        features = method.features(some.images)
        of_race = F.cross_entropy(method.race_head(features[known]), some.groups[known])
        wanted = torch.autograd.grad(of_race, [method.backbone.linear.weight], retain_graph=True)[0]
        torch.testing.assert_close(found, wanted)
        erm = make(Erm)
        erm.load_state_dict({k: v for k, v in method.state_dict().items() if not k.startswith("race_head")})
        torch.testing.assert_close(of_head, torch.autograd.grad(erm.loss(some), erm.head.weight)[0])

    def test_a_reference_that_keeps_its_last_epoch(self) -> None:
        assert RaceReader.reference
        assert not any(cls.reference for cls in ALL if cls not in (RaceReader, Oracle))
        assert not make(RaceReader, progress=0.99).ready()
        assert make(RaceReader, progress=1.0).ready()


def test_the_oracle_alone_asks_for_race_free_images_and_trains_as_erm_does() -> None:
    """Only its images differ: on the same batch its loss is ERM's, and it is ranked with nobody."""
    assert [cls for cls in ALL if cls.race_free] == [Oracle]
    assert (Oracle.reference, Oracle.uses_race) == (True, "never")
    some = batch()
    assert torch.equal(make(Oracle).loss(some), make(Erm).loss(some))


class TestReweighting:
    def test_race_label_makes_race_and_label_independent(self) -> None:
        """Kamiran & Calders: the weighted joint distribution is the product of its marginals."""
        some = batch(3000)
        some.targets[:, 1] = (
            torch.rand(3000, generator=torch.Generator().manual_seed(1)) < (some.groups + 1) / 4
        ).float()
        method = make(Reweighting)
        method.prepare(TrainingSet(some.targets, some.groups))
        weights = method.get_buffer("weights")[some.groups, some.targets[:, 1].long(), 1]
        known = some.groups >= 0
        joint = torch.zeros(3, 2).index_put_(
            (some.groups[known], some.targets[known, 1].long()), weights[known], accumulate=True
        )
        joint /= joint.sum()
        torch.testing.assert_close(joint, joint.sum(1, keepdim=True) * joint.sum(0, keepdim=True), rtol=1e-3, atol=1e-4)

    @pytest.mark.parametrize("by", ["race", "label"])
    def test_the_others_give_every_class_the_same_weight_in_all(self, by: str) -> None:
        some = batch(2000)
        some = some._replace(groups=(torch.arange(2000) % 10).clamp(max=2), targets=(some.targets > 0).float())
        some.targets[:1000, 1] = 0
        method = make(Reweighting, {"by": by})
        method.prepare(TrainingSet(some.targets, some.groups))
        weights = method.get_buffer("weights")[some.groups, some.targets[:, 1].long(), 1]
        classes = some.groups if by == "race" else some.targets[:, 1].long()
        sums = torch.zeros(int(classes.max()) + 1).index_add_(0, classes, weights)
        torch.testing.assert_close(sums, sums.mean().expand_as(sums), rtol=1e-4, atol=0)
        assert weights.mean().item() == pytest.approx(1.0, abs=1e-4)

    def test_unknown_race_weighs_one(self) -> None:
        some = batch()
        method = make(Reweighting)
        method.prepare(TrainingSet(some.targets, some.groups))
        assert (method.get_buffer("weights")[-1] == 1).all()

    def test_half_power_is_the_square_root_up_to_scale(self) -> None:
        some = batch(500)
        full, half = make(Reweighting, {"by": "race"}), make(Reweighting, {"by": "race", "power": 0.5})
        for method in (full, half):
            method.prepare(TrainingSet(some.targets, some.groups))
        ratio = half.get_buffer("weights")[:3, 0, 0] / full.get_buffer("weights")[:3, 0, 0].sqrt()
        torch.testing.assert_close(ratio, ratio[0].expand_as(ratio))


class TestGroupDro:
    def test_weights_follow_algorithm_1(self) -> None:
        some = batch()
        method = make(GroupDro, {"by": "race", "eta": 0.1, "size_adjustment": 2.0})
        method.prepare(TrainingSet(some.targets, some.groups))
        losses = F.binary_cross_entropy_with_logits(method(some.images), some.targets.nan_to_num(0), reduction="none")
        known = ~torch.isnan(some.targets)
        wanted, group_losses = torch.full((3,), 1 / 3), torch.zeros(3)
        for group in range(3):
            inside = known & (some.groups == group)[:, None]
            group_losses[group] = losses[inside].mean()
            wanted[group] *= math.exp(0.1 * (group_losses[group].item() + 2.0 / math.sqrt(inside.sum().item())))
        wanted /= wanted.sum()
        loss = method.loss(some)
        torch.testing.assert_close(method.get_buffer("group_weights").flatten(), wanted)
        torch.testing.assert_close(loss, (wanted * group_losses).sum())

    def test_the_size_adjustment_favours_small_groups(self) -> None:
        some = batch(400)._replace(groups=(torch.arange(400) % 20).clamp(max=2))
        weights = {}
        for adjustment in (0.0, 3.0):
            method = make(GroupDro, {"by": "race", "size_adjustment": adjustment, "eta": 0.1})
            method.prepare(TrainingSet(some.targets, some.groups))
            method.loss(some)
            weights[adjustment] = method.get_buffer("group_weights").flatten()
        # Groups 0 and 1 have a twentieth of the images each, group 2 the rest.
        assert (weights[3.0][:2] > weights[0.0][:2]).all()

    def test_a_group_absent_from_the_batch_keeps_its_weight_against_the_other_absent_ones(self) -> None:
        some = batch()
        method = make(GroupDro, {"by": "race"})
        method.prepare(TrainingSet(some.targets, some.groups))
        method.loss(some._replace(groups=torch.zeros_like(some.groups)))
        weights = method.get_buffer("group_weights").flatten()
        assert weights[1] == weights[2] < weights[0]

    def test_the_weights_are_in_the_checkpoint(self) -> None:
        assert "group_weights" in make(GroupDro).state_dict()


class TestDistortion:
    def image(self) -> np.ndarray:
        return np.random.default_rng(0).integers(60, 200, (64, 64, 1), dtype=np.uint8)

    @pytest.mark.parametrize("name", NAMES)
    def test_every_pipeline_changes_the_image_and_keeps_its_shape(self, name: str) -> None:
        changed = pipeline(name, 0.5, 64)(image=self.image())["image"]
        assert changed.shape == (64, 64, 1)
        assert changed.dtype == np.uint8
        assert (changed != self.image()).mean() > 0.1

    def test_low_and_high_pass_are_complements(self) -> None:
        smooth = 100 + 30 * np.sin(np.arange(64) * 2 * np.pi * 3 / 64)[None, :, None] * np.ones((64, 1, 1))
        fine = 30 * np.sin(np.arange(64) * 2 * np.pi * 20 / 64)[:, None, None] * np.ones((1, 64, 1))
        image = np.rint(smooth + fine).astype(np.uint8)
        low = FrequencyFilter(0, 10)(image=image)["image"].astype(float)
        high = FrequencyFilter(10, np.inf)(image=image)["image"].astype(float)
        assert np.abs(low - smooth).max() < 1.5
        assert np.abs(high - 127.5 - fine).max() < 1.5

    def test_at_test_the_image_alone_decides(self) -> None:
        method = make(Distortion, {"pipeline": "noise"}).eval()
        images = batch(6).images
        together = method.distort(images)
        assert torch.equal(together, torch.cat([method.distort(images[i : i + 1]) for i in range(6)]))
        assert torch.equal(together.flip(0), method.distort(images.flip(0)))
        assert not torch.equal(together, images)

    def test_training_only_leaves_test_images_alone(self) -> None:
        method, images = make(Distortion, {"at_test": False}), batch(3).images
        assert torch.equal(method.distort(images), images)
        assert method.augment() is not None
        assert make(Distortion).augment() is None


def test_no_method_needs_the_small_resnet() -> None:
    """Every built-in runs on any backbone that names its features."""
    for cls in ALL:
        torch.manual_seed(0)
        assert cls(SmallResNet(1), SPEC).features_size == 128
