"""Encoders by name."""

from bench.method.backbones.registry import BACKBONES, blocks, build, check, input_size

__all__ = ["BACKBONES", "blocks", "build", "check", "input_size"]
