"""What is read of things whose worth is known."""

from bench.scoring.decodability.controls.plants import (
    PERCENTILES,
    RECOVERED,
    WORTH,
    Plant,
    leaks,
    planted,
    random_label,
)

__all__ = ["PERCENTILES", "RECOVERED", "WORTH", "Plant", "leaks", "planted", "random_label"]
