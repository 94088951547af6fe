"""The last layer is fitted anew, on patients the network was not trained on."""

import torch
from torch import Tensor

from bench.method import Encoded, Method, masked_bce, tunable


class Example(Method):
    """Fits the head anew on held-out patients, among whom every race weighs the same."""

    family = "last-layer"
    year = 2023
    source = "Kirichenko et al., ICLR 2023 (arXiv:2204.02937): deep feature reweighting"
    deviations = "Groups are weighted in the place of being subsampled; one fit in the place of the mean of ten."
    uses_race = "train"
    uses_held_out = True

    ridge: float = tunable(1e-2, low=1e-5, high=10.0, log=True, help="weight of the squared coefficients")

    def finalize(self, train: Encoded, held_out: Encoded | None) -> None:
        """Logistic regression on standardised features, by L-BFGS."""
        assert held_out is not None
        mean, scale = held_out.features.mean(0), held_out.features.std(0).clamp(min=1e-6)
        inputs, weights = (held_out.features - mean) / scale, self.weights(held_out.groups)
        layer = torch.nn.Linear(inputs.shape[1], held_out.targets.shape[1])
        torch.nn.init.zeros_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
        optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=200, line_search_fn="strong_wolfe")

        def closure() -> Tensor:
            optimizer.zero_grad()
            loss = masked_bce(layer(inputs), held_out.targets, weights) + self.ridge * layer.weight.square().sum()
            loss.backward()
            return loss

        optimizer.step(closure)
        with torch.no_grad():
            self.head.weight.copy_(layer.weight / scale)
            self.head.bias.copy_(layer.bias - (layer.weight / scale) @ mean)

    def weights(self, groups: Tensor) -> Tensor:
        """One over the size of an image's group, ``(N, 1)``, on average 1; images of unknown race weigh 1."""
        sizes = torch.bincount(groups[groups >= 0], minlength=len(self.spec.groups)).clamp(min=1)
        known = groups >= 0
        weights = torch.where(known, known.sum() / (sizes > 0).sum() / sizes[groups].double(), 1.0)
        return (weights / weights.mean()).float()[:, None]
