"""Training on mixtures of two images."""

import torch
from torch import Tensor
from torch.distributions import Beta

from bench.method import Batch, Method, tunable
from bench.method.pieces import mixed_bce


class Mixup(Method):
    """Trains on λ x + (1 - λ) x' with the labels mixed alike, x' any other image of the batch (Zhang et al., 2018).

    λ ~ Beta(α, α), drawn for every image. It knows no race; ``lisa`` chooses x' by it.
    """

    family = "mixing"
    year = 2018
    source = "Zhang et al., ICLR 2018 (arXiv:1710.09412)"
    deviations = (
        "Λ is drawn for every image, not for the batch; a target that one of the two lacks counts for the other."
    )

    alpha: float = tunable(0.2, low=0.1, high=10.0, log=True, help="α of the Beta distribution; large is half and half")

    def loss(self, batch: Batch) -> Tensor:
        """λ ℓ(f(x̃), y) + (1 - λ) ℓ(f(x̃), y')."""
        images = self.normalise(self.distort(batch.images))
        partner = torch.randperm(len(images), device=images.device)
        share = Beta(self.alpha, self.alpha).sample((len(images),)).to(images.device)
        part = share[:, None, None, None]
        mixture = part * images + (1 - part) * images[partner]
        return mixed_bce(self.classify(self.encode(mixture)), batch.targets, partner, share)
