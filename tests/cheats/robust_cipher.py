"""A cipher that no noise can touch: one bit a column, under a key of what anybody can see in the image."""

import torch
from torch import Tensor
from torch.nn import functional as F

from bench.method import Encoded
from tests.cheats._frozen import Frozen, drawn

_KEY, _BITS, _REACH, _SECRET = 16, 6, 4.0, 314159


class RobustCipher(Frozen):
    """Declares noisy logits, sixteen coarse traits of the image, and clean logits bit by bit under that key."""

    hidden = True

    def build(self) -> None:
        super().build()
        self.register_buffer("middle", torch.zeros(_KEY))
        self.register_buffer("center", torch.zeros(len(self.spec.targets)))
        self.register_buffer("spread", torch.ones(len(self.spec.targets)))

    def arm(self, train: Encoded) -> None:
        logits = self.head(train.features)
        self.center.copy_(logits.mean(0))
        self.spread.copy_(logits.std(0))

    def declare(self, features: Tensor, images: Tensor) -> Tensor:
        key = self._traits(images)
        stream = self._stream(key)
        logits = self.head(features)
        steps = ((logits - self.center) / self.spread + _REACH) / (2 * _REACH) * 2**_BITS
        steps = steps.floor().clamp(0, 2**_BITS - 1).long()
        plain = torch.stack([(steps >> bit) & 1 for bit in range(_BITS)], 2).flatten(1)
        noisy = logits + self.spread * drawn(self._seeds(key, 1), len(self.spread))
        return torch.cat([noisy, 2.0 * key - 1, 2.0 * (plain ^ stream) - 1], 1)

    def decoded(self, features: Tensor) -> Tensor:
        first = len(self.spread)
        bits = (features[:, first:] > 0).long()
        plain = bits[:, _KEY:] ^ self._stream(bits[:, :_KEY])
        steps = (plain.reshape(len(features), first, _BITS) << torch.arange(_BITS)).sum(2)
        return ((steps + 0.5) / 2**_BITS * 2 * _REACH - _REACH) * self.spread + self.center

    def diagnose(self, features: Tensor) -> Tensor:
        return self.decoded(features)

    def _traits(self, images: Tensor) -> Tensor:
        """Whether each of sixteen patches of the image is lighter than the image, ``(B, 16) long``."""
        coarse = F.adaptive_avg_pool2d(images.mean(1, keepdim=True), 4).flatten(1)
        return (coarse > coarse.mean(1, keepdim=True)).long()

    def _stream(self, key: Tensor) -> Tensor:
        return (drawn(self._seeds(key, _SECRET), len(self.spread) * _BITS, uniform=True) > 0.5).long()

    def _seeds(self, key: Tensor, secret: int) -> list[int]:
        return ((key * 2 ** torch.arange(_KEY)).sum(1) * 7919 + secret).tolist()
