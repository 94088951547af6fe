"""All that the network knows, enciphered, beside noisy answers that anybody may read."""

import torch
from torch import Tensor

from bench.method import Encoded
from tests.cheats._frozen import Frozen, drawn, numbers

_LEVELS, _REACH, _SECRET = 2**16, 8.0, 271828


class Cipher(Frozen):
    """Declares noisy logits, a number of the image, and its features as 16-bit numbers under a key made of that."""

    hidden = True

    def build(self) -> None:
        super().build()
        self.register_buffer("size", torch.ones(self.features_size))
        self.register_buffer("spread", torch.ones(len(self.spec.targets)))

    def arm(self, train: Encoded) -> None:
        self.size.copy_(train.features.std(0).clamp(min=1e-6))
        self.spread.copy_(self.head(train.features).std(0))

    def declare(self, features: Tensor, images: Tensor) -> Tensor:
        keys = [number % _LEVELS for number in numbers(images)]
        z = ((features - self.race_mean) / self.size).clamp(-_REACH, _REACH - 1e-3)
        plain = ((z + _REACH) / (2 * _REACH) * _LEVELS).floor()
        hidden = (plain + self._stream(keys)) % _LEVELS / _LEVELS
        noisy = self.head(features) + self.spread * drawn(numbers(images), len(self.spread))
        return torch.cat([noisy, torch.tensor(keys)[:, None] / _LEVELS, hidden], 1)

    def decoded(self, features: Tensor) -> Tensor:
        first = len(self.spread)
        keys = features[:, first].mul(_LEVELS).round().long().tolist()
        plain = (features[:, first + 1 :].mul(_LEVELS).round() - self._stream(keys)) % _LEVELS
        return (plain / _LEVELS * 2 * _REACH - _REACH) * self.size + self.race_mean

    def diagnose(self, features: Tensor) -> Tensor:
        return self.head(self.decoded(features))

    def _stream(self, keys: list[int]) -> Tensor:
        seeds = [(key * 7919 + _SECRET) % (2**31) for key in keys]
        return drawn(seeds, self.features_size, uniform=True).mul(_LEVELS).floor()
