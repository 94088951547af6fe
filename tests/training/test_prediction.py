from __future__ import annotations

import copy
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import torch
from bench.builtin.methods.erm import Erm
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from bench import training
from bench.method import Method, backbones
from bench.records.outputs import Outputs
from bench.task import Cohort, TaskSpec
from bench.training import prediction
from bench.training.channel import Channel
from bench.training.readout import Pass

SPEC = TaskSpec("cxr", ("effusion", "opacity"), "race", ("Asian", "Black", "White"), 16)


class Images(NamedTuple):
    cohort: Cohort
    pixels: np.ndarray


def images(n: int = 40, size: int = 16) -> Images:
    columns = {"image": [f"i{i:03d}" for i in range(n)], "patient": [f"p{i}" for i in range(n)], "split": "test"}
    table = pd.DataFrame({**columns, "effusion": 0.0, "opacity": 1.0, "race": "Asian", "age": 50.0})
    pixels = np.random.default_rng(0).integers(0, 256, (n, size, size), dtype=np.uint8)
    return Images(Cohort(table, SPEC, "test", True, {"race": SPEC.groups}), pixels)


def make(cls: type[Method] = Erm, backbone: nn.Module | None = None) -> Method:
    torch.manual_seed(0)
    return cls(backbone or backbones.build("resnet_small", 1, 16), SPEC)


def read(method: Method, some: Images, channel: Channel | None = None, blocks: bool = False) -> Outputs:
    return prediction.predict(training.copies(method, "cpu"), *some, channel, blocks)


def one_pass(method: Method, some: Images, number: int, blocks: bool = False) -> Outputs:
    """A reading of its number; without a channel."""
    shown = prediction.withheld(method, *some)
    return prediction._read_once(training.copies(method, "cpu"), shown, [], None, number, blocks)


def all_at_once(some: Images) -> torch.Tensor:
    return torch.from_numpy(some.pixels)[:, None]


class Noisy(Method):
    def encode(self, images: torch.Tensor) -> torch.Tensor:
        features = self.backbone(images)
        return features + torch.randn_like(features)


class NumpyNoise(Method):
    def encode(self, images: torch.Tensor) -> torch.Tensor:
        features = self.backbone(images)
        return features + torch.from_numpy(np.random.normal(size=features.shape)).float()  # noqa: NPY002


class DropoutOn(Method):
    def encode(self, images: torch.Tensor) -> torch.Tensor:
        return nn.functional.dropout(self.backbone(images), 0.1)


class BatchNormOn(Method):
    def encode(self, images: torch.Tensor) -> torch.Tensor:
        return self.backbone.train()(images)


class NoisyLogits(Method):
    def classify(self, features: torch.Tensor) -> torch.Tensor:
        logits = self.head(features)
        return logits + 0.01 * torch.randn_like(logits)


RANDOMISED = [Noisy, NumpyNoise, DropoutOn, BatchNormOn, NoisyLogits]


class TestDisagree:
    def view(self, n: int = 300, d: int = 64, seed: int = 0) -> np.ndarray:
        """Columns of spreads from 1 to 1e-2 and means of their own."""
        rng = np.random.default_rng(seed)
        return (rng.normal(size=(n, d)) * np.geomspace(1, 1e-2, d) + rng.normal(size=d)).astype(np.float32)

    def noise(self, view: np.ndarray) -> np.ndarray:
        return np.random.default_rng(9).normal(size=view.shape).astype(np.float32)

    @given(st.sampled_from([1, 2, 40, 1024]), st.integers(20, 300), st.floats(-8, 6), st.integers(0, 99))
    def test_noise_of_a_thousandth_is_seen_and_rounding_is_not_at_any_scale(
        self, d: int, n: int, log_scale: float, seed: int
    ) -> None:
        view = self.view(n, d, seed) * np.float32(10**log_scale)
        rms = np.sqrt(np.square(view - view.mean(0)).mean())
        assert prediction.disagree(view, view + 1e-3 * rms * self.noise(view))
        ulp = np.spacing(np.abs(view).max(0), dtype=np.float32)
        assert not prediction.disagree(view, view + 10 * ulp * np.sign(self.noise(view)))

    def test_noise_in_one_narrow_column_is_not_hidden_by_a_wide_one(self) -> None:
        view = self.view(d=3) / self.view(d=3).std(0) * np.array([100, 1, 1], dtype=np.float32)
        moved = view.copy()
        moved[:, 2] += 0.01 * self.noise(view)[:, 2]
        rms = np.sqrt(np.square(view - view.mean(0)).mean())
        assert np.abs(moved - view).max() < 1e-3 * rms
        assert prediction.disagree(view, moved)

    def test_a_narrow_column_may_carry_the_rounding_of_wide_ones(self) -> None:
        """A difference of two wide columns has their last bits, which are large beside its own spread."""
        view = self.noise(self.view(d=3)) * np.array([1, 1, 1e-3], dtype=np.float32)
        assert not prediction.disagree(view, view + 2e-6 * np.clip(self.noise(view)[::-1], -3, 3))

    @pytest.mark.parametrize(("images", "seen"), [(1, False), (3, False), (4, True), (50, True)])
    def test_a_hundredth_of_the_images_may_hang_on_the_last_bit(self, images: int, seen: bool) -> None:
        view = self.view(n=300)
        moved = view.copy()
        moved[:images, 0] += 5
        assert prediction.disagree(view, moved) == seen

    def test_constants_and_what_is_no_number(self) -> None:
        view = np.ones((50, 4), dtype=np.float32)
        assert not prediction.disagree(view, view)
        assert prediction.disagree(view, view + np.float32(1e-3))
        view[3:9, 1], view[5, 2] = np.nan, np.inf
        assert not prediction.disagree(view, view)
        assert prediction.disagree(np.nan_to_num(view), view)
        assert not prediction.disagree(view[:0], view[:0])

    @pytest.mark.parametrize("name", ["resnet_small", "densenet121"])
    def test_all_the_rounding_of_a_network_is_far_from_it(self, name: str) -> None:
        """Against the same network in float64: that is all of its rounding, not just what differs between batches."""
        net = backbones.build(name, 1, 32).train()
        pixels = (
            torch.rand(40, 1, 32, 32, generator=torch.Generator().manual_seed(0))
            * torch.linspace(0.1, 1, 40)[:, None, None, None]
        )
        with torch.no_grad():
            for _ in range(5):
                net(pixels)
            single = net.eval()(pixels).numpy()
            double = copy.deepcopy(net).double()(pixels.double()).float().numpy()
        assert not prediction.disagree(single, double)
        assert not np.array_equal(single, double)


class TestRead:
    def test_a_deterministic_network_is_read_as_it_is(self) -> None:
        method, some = make(), images(300)
        found = read(method, some)
        with torch.no_grad():
            features = method.eval().features(all_at_once(some))
            logits = method.classify(features)
        assert not found.randomised
        assert not found.blocks
        assert found.logits.dtype == found.features.dtype == np.float32
        np.testing.assert_allclose(found.features, features, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(found.logits, logits, rtol=1e-4, atol=1e-5)

    def test_every_other_pass_has_another_order_and_other_batches(self) -> None:
        for n in (2, 5, 40, 300, 700):
            passes = [Pass("encode"), Pass("encode", 1), Pass("classify"), Pass("classify", 1)]
            batches = [[tuple(map(int, rows)) for rows in prediction._rows(n, asked)] for asked in passes]
            assert [sorted(sum(one, ())) for one in batches] == [list(range(n))] * 4
            assert sum(batches[0], ()) == tuple(range(n))
            if n > 2:
                assert len({sum(one, ()) for one in batches}) == 4
            assert not any(
                {frozenset(part) for part in batches[0]} & {frozenset(part) for part in one} for one in batches[1:]
            )
            again = [tuple(map(int, rows)) for rows in prediction._rows(n, passes[3])]
            assert again == batches[3]
        assert prediction._rows(0, Pass("encode")) == prediction._rows(0, Pass("classify", 1)) == []

    @pytest.mark.parametrize("cls", RANDOMISED)
    def test_a_randomised_network_is_seen_and_averaged_over_ten_passes(self, cls: type[Method]) -> None:
        method, some = make(cls), images()
        found = read(method, some)
        assert found.randomised
        passes = [one_pass(method, some, number) for number in range(10)]
        np.testing.assert_allclose(found.logits, np.mean([p.logits for p in passes], axis=0), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(found.features, np.mean([p.features for p in passes], axis=0), rtol=1e-5, atol=1e-6)
        assert found.features.dtype == np.float32

    @pytest.mark.parametrize("cls", RANDOMISED)
    def test_the_same_weights_again_give_the_same_averages(self, cls: type[Method]) -> None:
        method, some = make(cls), images()
        state = {name: value.clone() for name, value in method.state_dict().items()}
        first = read(method, some, blocks=True)
        torch.manual_seed(5)
        other = make(cls)
        other.load_state_dict(state)
        torch.randn(3)
        np.random.random(3)  # noqa: NPY002
        for again in (read(method, some, blocks=True), read(other, some, blocks=True)):
            assert np.array_equal(first.logits, again.logits)
            assert np.array_equal(first.features, again.features)
            assert all(np.array_equal(first.blocks[name], again.blocks[name]) for name in first.blocks)
        assert all(torch.equal(value, state[name]) for name, value in method.state_dict().items())

    def test_the_average_lies_nearer_to_the_clean_features_by_the_root_of_ten(self) -> None:
        some = images(200)
        noisy, clean = read(make(Noisy), some), read(make(), some)
        assert np.std(noisy.features - clean.features) == pytest.approx(10**-0.5, rel=0.03)

    def test_random_numbers_and_mode_are_left_as_they_were(self) -> None:
        method, some = make(Noisy).train(), images()
        torch.manual_seed(1)
        wanted = torch.rand(3)
        torch.manual_seed(1)
        read(method, some)
        assert torch.equal(torch.rand(3), wanted)
        assert method.training


class Twice(Method):
    """The backbone sees the images upside down first: what it is fed last counts."""

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        self.backbone(images.flip(2))
        return self.backbone(images)


class Doubled(Method):
    """Two crops an image: the stages' rows are not the images."""

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        return self.backbone(torch.cat([images, images.flip(3)]))[: len(images)]


class Apart(Method):
    def encode(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1)[:, : self.features_size]


class Fails(Method):
    def encode(self, images: torch.Tensor) -> torch.Tensor:
        self.backbone(images)
        raise RuntimeError("in the middle")


class TestStages:
    @pytest.mark.parametrize("cls", [Erm, Twice])
    def test_they_are_the_means_over_positions_of_what_the_modules_put_out(self, cls: type[Method]) -> None:
        method, some = make(cls), images()
        found = read(method, some, blocks=True).blocks
        x = (all_at_once(some).float() / 255 - 0.5) / 0.25
        layers, wanted = method.backbone.eval().layers, []
        with torch.no_grad():
            for i, layer in enumerate(layers):
                x = layer(x)
                if i in (2, 3, 4):
                    wanted.append(x.mean((2, 3)).numpy())
        assert list(found) == ["block 1", "block 2", "block 3"]
        for stage, want in zip(found.values(), wanted, strict=True):
            assert stage.dtype == np.float32
            np.testing.assert_allclose(stage, want, rtol=1e-4, atol=1e-5)

    def test_tokens_are_averaged(self) -> None:
        method = make(backbone=backbones.build("vit", 1, 16))
        method.backbone.vit.norm = nn.Identity()
        found = read(method, images(4), blocks=True)
        # Without its last norm a ViT's mean token is that of its last block.
        assert [stage.shape for stage in found.blocks.values()] == [(4, 384)] * 4
        np.testing.assert_allclose(found.blocks["block 4"], found.features, rtol=1e-5, atol=1e-6)

    def test_only_when_asked_and_only_where_the_images_pass_through(self) -> None:
        assert read(make(), images()).blocks == {}
        assert read(make(Apart), images(), blocks=True).blocks == {}
        assert read(make(Doubled), images(), blocks=True).blocks == {}

    def test_a_randomised_network_has_the_average_of_its_stages(self) -> None:
        method, some = make(BatchNormOn), images()
        found = read(method, some, blocks=True)
        passes = [one_pass(method, some, number, blocks=True) for number in range(10)]
        wanted = np.mean([p.blocks["block 2"] for p in passes], axis=0)
        np.testing.assert_allclose(found.blocks["block 2"], wanted, rtol=1e-5, atol=1e-6)

    @pytest.mark.parametrize("cls", [Erm, Fails])
    def test_no_hook_stays(self, cls: type[Method]) -> None:
        method = make(cls).train()
        if cls is Fails:
            with pytest.raises(RuntimeError, match="in the middle"):
                read(method, images(), blocks=True)
        else:
            read(method, images(), blocks=True)
        assert not any(module._forward_hooks for module in method.modules())
        assert method.training


class TestChannel:
    def test_the_logits_are_made_of_the_stored_features_by_an_instance_that_has_not_seen_the_images(self) -> None:
        method, some = make(), images(60)
        names = some.cohort.table["image"].tolist()
        channel = Channel.of(read(method, some).features)
        found = read(method, some, channel)
        assert found.stored is not None
        assert found.direct is not None
        np.testing.assert_array_equal(found.stored, channel(found.features, names))
        with torch.no_grad():
            wanted = method.head(torch.from_numpy(found.stored)).numpy()
            direct = method.head(torch.from_numpy(found.features)).numpy()
        np.testing.assert_allclose(found.logits, wanted, rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(found.direct, direct, rtol=1e-5, atol=1e-5)
        assert 0 < np.abs(found.logits - found.direct).max() < 0.1 * found.direct.std()

    def test_noise_goes_with_the_image_whatever_else_is_predicted(self) -> None:
        method, some = make(), images(60)
        channel = Channel.of(read(method, some).features)
        whole = read(method, some, channel)
        rows = np.array([40, 3, 17])
        part = read(method, Images(some.cohort.take(rows), some.pixels), channel)
        assert part.stored is not None
        assert whole.stored is not None
        np.testing.assert_allclose(part.logits, whole.logits[rows], rtol=1e-4, atol=2e-3)
        np.testing.assert_allclose(part.stored, whole.stored[rows], rtol=1e-2, atol=1e-5)

    def test_a_randomised_network_is_averaged_behind_it(self) -> None:
        method, some = make(Noisy), images()
        channel = Channel.of(read(make(), some).features)
        found = read(method, some, channel)
        assert found.randomised
        assert found.stored is not None
        np.testing.assert_allclose(
            found.logits, method.head(torch.from_numpy(found.stored)).detach().numpy(), rtol=1e-4, atol=1e-4
        )


class Parity(Method):
    """Features are the parity of the pixels' sum."""

    def encode(self, images: torch.Tensor) -> torch.Tensor:
        pixels = images.mul(0.25).add(0.5).mul(255).round().flatten(1).sum(1)
        features: torch.Tensor = self.backbone(images)
        return 1e-3 * features + (pixels % 2)[:, None]


class TestUnsteady:
    @pytest.mark.parametrize(("cls", "low", "high"), [(Erm, 0.0, 0.02), (Parity, 0.3, 0.7)])
    def test_it_is_the_share_of_images_that_a_grey_level_moves(
        self, cls: type[Method], low: float, high: float
    ) -> None:
        found = read(make(cls), images(200), blocks=True)
        assert found.unsteady is not None
        assert low <= found.unsteady <= high

    def test_it_is_asked_for_and_needs_grey_levels(self) -> None:
        assert read(make(), images()).unsteady is None
        some = images(20)
        numbers = Images(some.cohort, some.pixels.astype(np.float32))
        assert read(make(), numbers, blocks=True).unsteady is None
