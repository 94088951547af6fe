from __future__ import annotations

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from bench.method import WeightAverage


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
        self.head = nn.Linear(2, 1)


def walk(net: Net, average: WeightAverage, model: AveragedModel, steps: int = 5) -> None:
    for _ in range(steps):
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.add_(torch.randn_like(parameter))
        average.update(net)
        model.update_parameters(net)


def same(average: WeightAverage, model: AveragedModel) -> None:
    weights = average.weights()
    assert weights is not None
    for name, wanted in model.module.named_parameters():
        torch.testing.assert_close(weights[name], wanted.data)


def test_the_mean_and_the_exponential_average_are_torchs() -> None:
    torch.manual_seed(0)
    for decay, kind in ((None, {}), (0.9, {"multi_avg_fn": get_ema_multi_avg_fn(0.9)})):
        net = Net()
        average = WeightAverage(decay, body=net.body, head=net.head)
        assert average.weights() is None
        model = AveragedModel(net, **kind)  # type: ignore[arg-type]
        walk(net, average, model)
        same(average, model)
        average.restart()
        assert average.weights() is None


def test_it_is_part_of_the_state_and_of_no_optimiser() -> None:
    net = Net()
    average = WeightAverage(body=net.body)
    average.update(net)
    assert list(average.parameters()) == []
    other = WeightAverage(body=Net().body)
    other.load_state_dict(average.state_dict())
    weights, again = average.weights(), other.weights()
    assert weights is not None
    assert again is not None
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    assert set(weights) == {"body.0.weight", "body.0.bias", "body.1.weight", "body.1.bias"}
