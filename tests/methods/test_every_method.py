"""What every method must do, whatever it is: the methods are found by listing the registry.

A file dropped into ``methods/`` is tested here by its name; what its paper claims is tested in a file of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace

import albumentations as A
import numpy as np
import pytest
import torch

from bench.method import Batch, Encoded, Method, TrainingSet
from bench.method.backbones.small import SmallResNet
from bench.method.hyperparameters import Tunable, hyperparameters
from bench.plugins.registry import METHODS, Entry
from tests.methods.samples import SPEC, batch, make

#: What a batch may lack, all at once in the last.
BATCHES: dict[str, Callable[[Batch], Batch]] = {
    "a group is absent": lambda some: some._replace(groups=some.groups.clamp(max=1)),
    "one group alone": lambda some: some._replace(groups=torch.zeros_like(some.groups)),
    "race unknown": lambda some: some._replace(groups=torch.full_like(some.groups, -1)),
    "a label is absent": lambda some: some._replace(targets=torch.zeros_like(some.targets)),
    "a target unknown": lambda some: some._replace(targets=some.targets * torch.tensor([1.0, torch.nan])),
    "all targets unknown": lambda some: some._replace(targets=torch.full_like(some.targets, torch.nan)),
    "nothing known": lambda some: BATCHES["race unknown"](BATCHES["all targets unknown"](some)),
    # No batch of training is smaller: `trainer.batch_size` is 2 or more, and one that is not full is left out.
    "two images": lambda some: some.take(torch.arange(2, 4)),
}


@pytest.fixture(params=METHODS.entries(), ids=lambda entry: entry.name)
def entry(request: pytest.FixtureRequest) -> Entry[type[Method]]:
    return request.param


@pytest.fixture
def cls(entry: Entry[type[Method]]) -> type[Method]:
    return entry.load()


def shown(cls: type[Method], some: Batch) -> Batch:
    """The batch as training shows it to the method."""
    return BATCHES["race unknown"](some) if cls.uses_race == "never" else some


def prepared(cls: type[Method], values: dict[str, object] | None = None) -> Method:
    """A method in training that has seen its training set."""
    method, some = make(cls, values), shown(cls, batch())
    method.prepare(TrainingSet(some.targets, some.groups))
    return method


def logits_of(method: Method, some: Batch) -> torch.Tensor:
    torch.manual_seed(1)
    with torch.no_grad():
        return method.eval().outputs(some.images, some.groups)[0]


def trained(cls: type[Method]) -> Method:
    """After three steps of the common optimiser, and whatever the method does in the end."""
    method, some = prepared(cls), shown(cls, batch())
    method._trainer = SimpleNamespace(estimated_stepping_batches=10, current_epoch=0)  # type: ignore[assignment]
    optimizer = method.configure_optimizers()["optimizer"]
    for _ in range(3):
        optimizer.zero_grad()
        method.loss(some).backward()
        optimizer.step()
    with torch.no_grad():
        logits, features = method.eval().outputs(some.images, some.groups)
    encoded = Encoded(features, logits, some.targets, some.groups)
    method.finalize(encoded, encoded if cls.uses_held_out else None)
    return method


def test_it_says_what_it_is_and_where_it_sees_race(entry: Entry[type[Method]], cls: type[Method]) -> None:
    assert entry.error is None
    assert entry.summary
    assert cls.source
    assert cls.uses_race in ("never", "train", "test")
    # Images that do not show race are a bound that no real data set can give, and no way to debias.
    assert cls.reference or not cls.race_free


def test_every_hyperparameter_is_explained_and_works_at_both_ends(cls: type[Method]) -> None:
    some = shown(cls, batch())
    for name, declared in hyperparameters(cls).items():
        assert declared.help, name
        for value in _ends(declared):
            assert math.isfinite(prepared(cls, {name: value}).loss(some).item()), (name, value)


def _ends(declared: Tunable) -> tuple[object, ...]:
    return declared.choices or (declared.type(declared.low), declared.type(declared.high))


def test_a_step_moves_the_encoder_and_the_head_and_gives_a_scalar(cls: type[Method]) -> None:
    method = prepared(cls)
    loss = method.loss(shown(cls, batch()))
    loss.backward()
    assert loss.ndim == 0
    assert math.isfinite(loss.item())
    assert method.backbone.linear.weight.grad.abs().sum() > 0
    assert method.head.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("lacking", BATCHES)
def test_whatever_a_batch_lacks_the_loss_is_finite_and_its_gradient_too(cls: type[Method], lacking: str) -> None:
    method, some = prepared(cls), shown(cls, BATCHES[lacking](batch()))
    loss = method.loss(some)
    loss.backward()
    assert math.isfinite(loss.item())
    for parameter in method.parameters():
        assert parameter.grad is None or parameter.grad.isfinite().all()


def test_a_method_that_declares_no_race_looks_at_none(cls: type[Method]) -> None:
    if cls.uses_race == "never":
        some = batch()
        losses = []
        for groups in (some.groups, some.groups.flip(0), torch.full_like(some.groups, -1)):
            method = make(cls)
            method.prepare(TrainingSet(some.targets, groups))
            torch.manual_seed(1)
            losses.append(method.loss(some._replace(groups=groups)))
        assert torch.equal(losses[0], losses[1])
        assert torch.equal(losses[0], losses[2])


def test_prediction_has_the_declared_shapes(cls: type[Method]) -> None:
    method = make(cls).eval()
    with torch.no_grad():
        logits, features = method.outputs(batch(5).images, batch(5).groups)
    assert logits.shape == (5, 2)
    assert features.shape == (5, 6 if cls.encode is Method.encode else features.shape[1])
    torch.testing.assert_close(method.logits(features, batch(5).groups), logits)


def test_prediction_hangs_on_the_image_alone(cls: type[Method]) -> None:
    """The same twice; for one image as among others; whatever the labels, and unless declared, whatever the race."""
    method, some = trained(cls), batch(7)
    hidden = BATCHES["nothing known"](some) if cls.uses_race != "test" else BATCHES["all targets unknown"](some)
    logits = logits_of(method, hidden)
    assert logits.isfinite().all()
    assert torch.equal(logits_of(method, hidden), logits)
    assert torch.equal(logits_of(method, some), logits)
    one = hidden.take(torch.tensor([3]))
    torch.testing.assert_close(logits_of(method, one), logits[3:4])


def test_weights_alone_make_the_network_again(cls: type[Method]) -> None:
    """A fresh instance that has seen no training set predicts the same from the weights."""
    method, some = trained(cls), batch(9)
    fresh = cls(make(cls).backbone, SPEC)
    fresh.load_state_dict(method.state_dict())
    assert torch.equal(logits_of(fresh, some), logits_of(method, some))


def test_sampling_weights_and_augmentation_are_of_the_declared_form(cls: type[Method]) -> None:
    method, some = prepared(cls), shown(cls, batch())
    weights = method.sampler(TrainingSet(some.targets, some.groups))
    if weights is not None:
        assert weights.shape == some.groups.shape
        assert weights.isfinite().all()
        assert (weights >= 0).all()
        assert weights.sum() > 0
    transform = method.augment()
    if transform is not None:
        assert isinstance(transform, A.Compose | A.BasicTransform)
        image = some.images[0].numpy().transpose(1, 2, 0)
        changed = transform(image=np.ascontiguousarray(image))["image"]
        assert (changed.shape, changed.dtype) == (image.shape, image.dtype)
    assert method.distort(some.images).shape == some.images.shape


def test_no_method_needs_the_small_resnet(cls: type[Method]) -> None:
    """Every method runs on any backbone that names its features."""
    torch.manual_seed(0)
    method = cls(SmallResNet(1), SPEC).eval()
    assert method.features_size == 128
    assert logits_of(method, batch(3)).shape == (3, 2)
