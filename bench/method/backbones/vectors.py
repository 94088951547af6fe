"""Encoders of images that are stored as vectors."""

from __future__ import annotations

from torch import Tensor, nn


class Identity(nn.Module):
    """The vectors themselves, each number standardised by its mean and deviation over batches."""

    block_names: tuple[str, ...] = ()

    def __init__(self, width: int) -> None:
        super().__init__()
        self.out_features = width
        self.standardised = nn.BatchNorm1d(width, affine=False)

    def forward(self, vectors: Tensor) -> Tensor:
        """Features ``(B, D)``."""
        features: Tensor = self.standardised(vectors)
        return features


class Perceptron(nn.Module):
    """Standardised vectors through a hidden layer of 128 units: as many as the default encoder of images has."""

    out_features = 128
    block_names = ()

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.BatchNorm1d(width, affine=False), nn.Linear(width, 128), nn.BatchNorm1d(128), nn.ReLU()
        )

    def forward(self, vectors: Tensor) -> Tensor:
        """Features ``(B, 128)``."""
        features: Tensor = self.layers(vectors)
        return features
