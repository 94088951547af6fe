"""Features too small to be seen by a probe that does not scale them; the head scales them back."""

from torch import Tensor

from tests.cheats._frozen import Frozen

_SCALE = 1e-6


class TinyScale(Frozen):
    """Declares its features times 1e-6."""

    def declare(self, features: Tensor, images: Tensor) -> Tensor:
        return features * _SCALE

    def diagnose(self, features: Tensor) -> Tensor:
        return self.head(features / _SCALE)
