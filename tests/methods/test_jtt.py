"""Just train twice: the errors of the first network, and what they weigh for the second."""

from __future__ import annotations

import torch
from bench.builtin.methods.jtt import Jtt

from bench.method import Batch, TrainingSet, bce_elements, masked_bce
from tests.methods.samples import batch, make


def prepared(weight: float = 10.0) -> tuple[Jtt, Batch]:
    method, some = make(Jtt, {"weight": weight}), batch()
    method.prepare(TrainingSet(some.targets, some.groups))
    method.keep_start()
    return method, some._replace(index=torch.arange(len(some.groups)))


def test_the_first_network_is_trained_plainly_and_its_errors_are_kept() -> None:
    method, some = prepared()
    method.stage = "identify"
    logits = method(some.images)
    torch.testing.assert_close(method.loss(some), masked_bce(logits, some.targets))
    for image in range(len(some.groups)):
        for target in range(2):
            label = some.targets[image, target].item()
            if label == label:
                # The wrong ones, not the right ones.
                assert method.wrong.values[image, target] == float((logits[image, target] > 0) != label)


def test_errors_weigh_lambda_and_weights_average_one_over_the_training_set() -> None:
    method, some = prepared(7.0)
    method.stage = "identify"
    method.loss(some)
    method.begin("train", TrainingSet(some.targets, some.groups))
    method.stage = "train"
    with torch.no_grad():
        method.head.weight.mul_(-0.3)
    losses, known = bce_elements(method(some.images), some.targets)
    wrong = method.wrong.values * known
    weights = torch.where(wrong > 0, 7.0, 1.0)
    weights = weights / ((weights * known).sum(0) / known.sum(0))
    torch.testing.assert_close(method.loss(some), (weights * losses).sum() / known.sum())
    # Half a batch is weighed as the whole is: by the training set's average.
    half = some.take(torch.arange(20, 50))
    expected = (weights * losses)[20:50].sum() / known[20:50].sum()
    torch.testing.assert_close(method.loss(half), expected)


def test_lambda_one_is_plain_training() -> None:
    method, some = prepared(1.0)
    method.stage = "identify"
    method.loss(some)
    method.begin("train", TrainingSet(some.targets, some.groups))
    method.stage = "train"
    torch.testing.assert_close(method.loss(some), masked_bce(method(some.images), some.targets))


def test_the_second_network_begins_where_the_first_did_and_knows_its_errors() -> None:
    method, some = prepared()
    start = {name: value.detach().clone() for name, value in method.named_parameters()}
    method.stage = "identify"
    method.loss(some)
    errors = method.wrong.values.clone()
    with torch.no_grad():
        for parameter in method.parameters():
            parameter.add_(1.0)
    method.begin("train", TrainingSet(some.targets, some.groups))
    assert all(torch.equal(value, start[name]) for name, value in method.named_parameters())
    assert torch.equal(method.wrong.values, errors)
    assert errors.any()
