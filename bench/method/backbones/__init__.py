"""Encoders by name."""

from bench.method.backbones.registry import BACKBONES, OF_VECTORS, blocks, build, check, input_size

__all__ = ["BACKBONES", "OF_VECTORS", "blocks", "build", "check", "input_size"]
