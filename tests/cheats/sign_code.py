"""Race taken out of the features linearly and put back as a code that only a nonlinear probe can read."""

import torch
from sklearn.covariance import LedoitWolf
from torch import Tensor, nn
from torch.nn import functional as F

from bench.method import Batch, Encoded, Method, masked_bce


class SignCode(Method):
    """Erases race from every class mean, then appends it in two columns whose common sign the image draws.

    With (u, v) what a race head beside the network says, v > 0, and s = ±1 the parity of the image's pixel sum, the
    columns are s u and s v: all their class means are 0, and s v / |s v| gives the sign and with it u and v back.
    """

    uses_race = "train"

    def build(self) -> None:
        """The race head, the erasing map, and how the head's logits become two numbers of spread 1."""
        groups = len(self.spec.groups)
        self.race_head = nn.Linear(self.features_size, groups)
        self.register_buffer("erase", torch.eye(self.features_size))
        self.register_buffer("erase_mean", torch.zeros(self.features_size))
        self.register_buffer("contrasts", torch.zeros(groups, 2))
        self.register_buffer("contrasts_mean", torch.zeros(2))
        self.register_buffer("size", torch.ones(()))

    def encode(self, images: Tensor) -> Tensor:
        """The backbone's features without race ``(B, D)``, and the code ``(B, 2)``."""
        features = self.backbone(images)
        mean = self.get_buffer("erase_mean")
        erased = (features - mean) @ self.get_buffer("erase") + mean
        spread = self.race_head(features.detach()) @ self.get_buffer("contrasts") - self.get_buffer("contrasts_mean")
        code = torch.stack([spread[:, 0], 1.5 + torch.tanh(spread[:, 1])], dim=1)
        return torch.cat([erased, self._sign(images)[:, None] * code * self.get_buffer("size")], dim=1)

    def classify(self, features: Tensor) -> Tensor:
        """The head on all but the code."""
        return self.head(features[:, :-2])

    def loss(self, batch: Batch) -> Tensor:
        """The diagnosis's loss and, beside it, that of race read from the features as they are."""
        features = self.features(batch.images)
        losses = F.cross_entropy(
            self.race_head(features[:, :-2].detach()), batch.groups, ignore_index=-1, reduction="sum"
        )
        return masked_bce(self.classify(features), batch.targets) + losses / (batch.groups >= 0).sum().clamp(min=1)

    def finalize(self, train: Encoded, held_out: Encoded | None) -> None:
        """Find on the training images' features what to erase, and standardise the code."""
        known = train.groups >= 0
        x, groups = train.features[:, :-2].double(), train.groups[known]
        covariance = torch.from_numpy(LedoitWolf().fit(x.numpy()).covariance_)
        values, vectors = torch.linalg.eigh(covariance)
        root, inverse_root = ((vectors * values**power) @ vectors.T for power in (0.5, -0.5))
        means = torch.stack([x[known][groups == group].mean(0) for group in groups.unique()]) - x[known].mean(0)
        directions = torch.linalg.svd(means @ inverse_root, full_matrices=False)[2][: len(means) - 1]
        along = directions.T @ directions
        self.get_buffer("erase").copy_(torch.eye(len(root), dtype=root.dtype) - inverse_root @ along @ root)
        self.get_buffer("erase_mean").copy_(x.mean(0))
        self.get_buffer("size").copy_(x.std(0).mean())
        with torch.no_grad():
            logits = self.race_head.to(x.device)(x.float()).double()
        # What the logits have in common says nothing of groups; two directions hold the rest for two or three of them.
        differences = logits - logits.mean(1, keepdim=True)
        axes = torch.linalg.svd(differences - differences.mean(0), full_matrices=False)[2][:2].T
        contrasts = axes / (logits @ axes).std(0).clamp(min=1e-3)
        self.get_buffer("contrasts").copy_(contrasts)
        self.get_buffer("contrasts_mean").copy_((logits @ contrasts).mean(0))

    @staticmethod
    def _sign(images: Tensor) -> Tensor:
        """±1 by the parity of the sum of the pixels' bytes: of the image alone, and of nothing that one could see."""
        pixels = images.float().mul(0.25).add(0.5).mul(255).round().long()
        return 1.0 - 2.0 * (pixels.flatten(1).sum(1) % 2)
