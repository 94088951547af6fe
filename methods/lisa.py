"""Mixtures of images that share the label or the race, and not the other."""

import torch
from torch import Tensor
from torch.distributions import Beta

from bench.method import Batch, Method, tunable
from bench.method.pieces import mixed_bce, partners


class Lisa(Method):
    """Mixes images of one label and different races, or of one race and different labels (Yao et al., 2022).

    The first kind with probability ``same_label``. With several targets the label is that of one, drawn for every
    image; the loss of all is mixed. Each partner is drawn at random among those that fit. An image for which the batch
    holds none stays as it is.
    """

    uses_race = "train"
    family = "mixing"
    year = 2022
    source = "Yao et al., ICML 2022 (arXiv:2201.00299)"
    deviations = (
        "Several targets: the label of one, drawn; the kind of partner is drawn for every image, not for the batch."
    )

    alpha: float = tunable(2.0, low=0.1, high=10.0, log=True, help="α of the Beta distribution of the mixing share")
    same_label: float = tunable(0.5, low=0.0, high=1.0, help="probability of a partner of the same label")
    cut: bool = tunable(False, help="paste a rectangle of the partner (CutMix) instead of mixing all of it")

    def loss(self, batch: Batch) -> Tensor:
        """λ ℓ(f(x̃), y) + (1 - λ) ℓ(f(x̃), y')."""
        images = self.normalise(self.distort(batch.images))
        partner = partners(self.allowed(batch))
        share = Beta(self.alpha, self.alpha).sample((len(images),)).to(images.device)
        part = self._rectangles(share, images) if self.cut else share[:, None, None, None].expand(images.shape)
        mixture = part * images + (1 - part) * images[partner]
        share = part[:, 0].mean((1, 2))
        return mixed_bce(self.classify(self.encode(mixture)), batch.targets, partner, share)

    def allowed(self, batch: Batch) -> Tensor:
        """Whom each image may be mixed with: ``(B, B) bool``."""
        n, targets = batch.targets.shape
        device = batch.groups.device
        labels = batch.targets[:, torch.randint(targets, (n,), device=device)].T  # (B, B): all of one's drawn target
        own = labels.diagonal()[:, None]
        known = (batch.groups >= 0)[:, None] & (batch.groups >= 0)
        same_race = batch.groups[:, None] == batch.groups
        same_label, other_label = labels == own, labels == 1 - own  # NaN is neither
        first = torch.rand(n, 1, device=device) < self.same_label
        return known & torch.where(first, same_label & ~same_race, other_label & same_race)

    def _rectangles(self, share: Tensor, images: Tensor) -> Tensor:
        """1 where an image stays, 0 in a rectangle of area 1 - λ at a random place, cut off at the border (CutMix)."""
        height, width = images.shape[2:]
        keep = torch.ones_like(images)
        for one, side in zip(keep, (1 - share).sqrt().tolist(), strict=True):
            rows, columns = round(side * height), round(side * width)
            top = int(torch.randint(-rows // 2, height - rows // 2, ()))
            left = int(torch.randint(-columns // 2, width - columns // 2, ()))
            one[:, max(0, top) : max(0, top + rows), max(0, left) : max(0, left + columns)] = 0
        return keep
