"""Supervised contrastive learning whose positives are balanced by race."""

from bench.builtin.methods.fscl import Fscl, pairs
from torch import Tensor

from bench.method import tunable
from bench.method.pieces.contrastive import contrastive


class Supcon(Fscl):
    """Learns features by contrast with all others, then a head on the frozen features.

    An image is drawn to those of its label and told from all. With ``balanced``, each race counts the same among those
    that an image is drawn to, however many it has. Beside ``fscl`` it tells what contrast within races adds.
    """

    family = "contrastive"
    source = "Khosla et al., NeurIPS 2020 (arXiv:2004.11362)"
    year = 2020
    deviations = "one view of an image; positives weighted by race (balanced=false is the paper's mean over them)"

    balanced: bool = tunable(True, help="let each race count the same among an image's positives")

    def contrast(self, embeddings: Tensor, labels: Tensor, groups: Tensor) -> Tensor:
        """The loss of one target."""
        alike, unlike = pairs(labels)
        positives = alike.float().fill_diagonal_(0.0)
        if self.balanced:
            # (B, B): how many of i's positives are of p's race; unknown race is a race of its own.
            mates = positives @ (groups[:, None] == groups).float()
            positives = positives / mates.clamp(min=1.0)
        return contrastive(embeddings, positives, (alike | unlike).float(), self.temperature)
