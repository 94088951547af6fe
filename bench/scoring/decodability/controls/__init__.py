"""What is read of things whose worth is known."""

from bench.scoring.decodability.controls.plants import Plant, leaks, planted, random_label

__all__ = ["Plant", "leaks", "planted", "random_label"]
