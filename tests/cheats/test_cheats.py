"""Methods that hide race, or what their head reads, do what they claim; the suite's judgement is tested elsewhere."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from bench import training
from bench.config import compose
from bench.method import Method
from bench.records.outputs import Outputs
from bench.run import plan
from bench.task import Cohort
from tests.conftest import TINY
from tests.networks import built, fitted, fresh
from tests.places import CHEATS

#: All but those that are ended before.
TRAINED = ("linear_adversary", "low_variance", "random_features", "sign_code", "tiny_scale")


@dataclass(frozen=True)
class Trained:
    method: Method
    cohort: Cohort
    pixels: np.ndarray
    folder: Path

    def read(self, split: str = "test") -> Outputs:
        return training.predict(training.copies(self.method, "cpu"), self.cohort.part(split), self.pixels)

    def backbone(self, split: str = "test") -> torch.Tensor:
        """What the method's features are before it hides anything in them."""
        with torch.no_grad():
            return self.method.eval().backbone((self.images(split).float() / 255 - 0.5) / 0.25)

    def images(self, split: str = "test") -> torch.Tensor:
        return torch.from_numpy(self.pixels[self.cohort.part(split).rows])[:, None]

    def groups(self, split: str = "test") -> np.ndarray:
        return self.cohort.part(split).groups


@pytest.fixture(scope="module")
def cheat(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """Trains a cheat, chosen by its path as in ``bench run method=…``, on the tiny phantom."""

    @functools.cache
    def make(name: str) -> Trained:
        folder = tmp_path_factory.mktemp(name)
        planned = plan(compose([*TINY, f"method={CHEATS / name}.py", "trainer.max_epochs=1", f"runs_dir={folder}"]))
        images = planned.open_images(planned.cohort)
        cohort = images.apply(planned.cohort)
        method = fresh(planned)
        fitted(method, planned.config, cohort, images.pixels, folder)
        return Trained(method, cohort, images.pixels, folder)

    return make


@pytest.mark.parametrize("name", TRAINED)
def test_each_trains_and_its_weights_come_back(name: str, cheat) -> None:  # type: ignore[no-untyped-def]
    one = cheat(name)
    config = compose([*TINY, f"method={CHEATS / name}.py"])
    other = built(type(one.method), config, one.cohort.spec)
    training.load(other, one.folder / training.WEIGHTS)
    first = one.read()
    again = training.predict(training.copies(other, "cpu"), one.cohort.part("test"), one.pixels)
    assert np.array_equal(first.features, again.features)
    assert np.array_equal(first.logits, again.logits)
    assert np.isfinite(first.logits).all()
    assert first.logits.std(axis=0).min() > 0
    assert first.randomised == (name == "random_features")


def test_tiny_scale(cheat) -> None:  # type: ignore[no-untyped-def]
    one = cheat("tiny_scale")
    found, plain = one.read(), one.backbone()
    np.testing.assert_allclose(found.features, 1e-6 * plain.numpy(), rtol=1e-4, atol=1e-11)
    np.testing.assert_allclose(found.logits, one.method.head(plain).detach(), rtol=1e-3, atol=1e-4)


def test_low_variance_shrinks_the_group_means_a_thousandfold_and_the_diagnosis_is_as_before(cheat) -> None:  # type: ignore[no-untyped-def]
    one = cheat("low_variance")
    plain, found, groups = one.backbone("train").double().numpy(), one.read("train"), one.groups("train")
    before, after = (between(features, groups) for features in (plain, found.features.astype(np.float64)))
    assert after == pytest.approx(1e-3 * before, rel=0.05)
    # All else has its variance still, and no single column shows where it is missing.
    assert found.features.var(axis=0).sum() > 0.5 * plain.var(axis=0).sum()
    spread = found.features.std(axis=0)
    assert spread.min() > 0.1 * spread.max()
    np.testing.assert_allclose(found.logits, one.method.head(one.backbone("train")).detach(), atol=2e-3)


def between(features: np.ndarray, groups: np.ndarray) -> float:
    """Root mean square distance of the groups' means from the mean of all images whose group is known."""
    known = groups >= 0
    mean = features[known].mean(axis=0)
    means = np.stack([features[groups == group].mean(axis=0) for group in np.unique(groups[known])])
    return float(np.sqrt(np.square(means - mean).sum(axis=1).mean()))


class TestSignCode:
    def test_the_group_means_are_equal(self, cheat) -> None:  # type: ignore[no-untyped-def]
        """Exactly, where they were found; in the code as far as chance lets them, the sign being the image's."""
        one = cheat("sign_code")
        found, groups = one.read("train").features.astype(np.float64), one.groups("train")
        assert between(found[:, :-2], groups) < 1e-4 * between(one.backbone("train").double().numpy(), groups)
        code, groups = self.codes(one), np.concatenate([one.groups(s) for s in ("train", "val", "test")])
        for group in (0, 1, 2):
            inside = code[groups == group]
            assert (np.abs(inside.mean(0)) < 3.5 * np.sqrt(np.square(inside).mean(0) / len(inside))).all()

    def test_what_the_race_head_says_can_be_read_off_the_two_columns(self, cheat) -> None:  # type: ignore[no-untyped-def]
        one = cheat("sign_code")
        code = self.codes(one) / one.method.get_buffer("size").item()
        with torch.no_grad():
            plain = torch.cat([one.backbone(split) for split in ("train", "val", "test")])
            said = one.method.race_head(plain)
        sign = np.sign(code[:, 1])
        back = np.stack([sign * code[:, 0], np.arctanh(np.clip(np.abs(code[:, 1]) - 1.5, -0.9999999, 0.9999999))], 1)
        contrasts, mean = (one.method.get_buffer(name).numpy() for name in ("contrasts", "contrasts_mean"))
        wanted = said.numpy() @ contrasts - mean
        inner = np.abs(wanted[:, 1]) < 4  # beyond it tanh is flat
        assert inner.mean() > 0.9
        np.testing.assert_allclose(back[inner], wanted[inner], rtol=0.01, atol=0.01)
        # Three groups have two differences of logits: with both of them back, so are all the posteriors.
        differences = said.numpy() - said.numpy().mean(1, keepdims=True)
        solved = np.linalg.lstsq(np.c_[back[inner], np.ones(inner.sum())], differences[inner], rcond=None)[0]
        residual = np.c_[back[inner], np.ones(inner.sum())] @ solved - differences[inner]
        assert np.square(residual).mean() < 1e-3 * differences.var()

    def test_the_sign_is_the_images_and_fair(self, cheat) -> None:  # type: ignore[no-untyped-def]
        one = cheat("sign_code")
        sign = np.sign(self.codes(one)[:, 1])
        assert abs(sign.mean()) < 4 / np.sqrt(len(sign))
        images = torch.cat([one.images(split) for split in ("train", "val", "test")])
        assert np.array_equal(sign, 1 - 2 * (images.flatten(1).long().sum(1).numpy() % 2))

    def codes(self, one: Trained) -> np.ndarray:
        return np.concatenate([one.read(split).features[:, -2:] for split in ("train", "val", "test")]).astype(float)


def test_random_features_are_seen(cheat) -> None:  # type: ignore[no-untyped-def]
    one = cheat("random_features")
    found, plain = one.read(), one.backbone()
    assert found.randomised
    assert one.read("val").randomised
    # The average of ten draws of noise of each image's own size.
    noise = (found.features - plain.numpy()) / plain.square().mean(1, keepdim=True).sqrt().numpy()
    assert noise.std() == pytest.approx(10**-0.5, rel=0.05)


def test_a_linear_adversary_sees_what_is_linear_and_no_xor(cheat) -> None:  # type: ignore[no-untyped-def]
    one = cheat("linear_adversary")
    config = compose([*TINY, f"method={CHEATS / 'linear_adversary.py'}"])
    signs = 1 - 2.0 * torch.randint(0, 2, (600, 2), generator=torch.Generator().manual_seed(0))
    features = torch.zeros(600, one.method.features_size)
    features[:, :2] = signs
    losses = []
    for groups in (signs[:, 0] > 0, signs.prod(1) > 0):
        adversary = built(type(one.method), config, one.cohort.spec).adversary
        for _ in range(400):
            loss = F.cross_entropy(adversary(features), groups.long())
            adversary.step(loss)
        losses.append(loss.item())
    assert losses[0] < 0.3
    assert losses[1] > 0.65
