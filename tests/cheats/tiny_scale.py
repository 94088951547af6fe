"""Features too small to be seen by a probe that does not scale them; the head scales them back."""

from torch import Tensor

from bench.method import Method

_SCALE = 1e-6


class TinyScale(Method):
    """Declares its features times 1e-6."""

    def encode(self, images: Tensor) -> Tensor:
        """The backbone's features, shrunk."""
        return self.backbone(images) * _SCALE

    def classify(self, features: Tensor) -> Tensor:
        """The head on the features in their own size."""
        return self.head(features / _SCALE)
