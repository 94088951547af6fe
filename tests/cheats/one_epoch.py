"""A network that others have trained, called one epoch."""

from tests.cheats._frozen import Frozen


class OneEpoch(Frozen):
    """Takes a trained network from a file, trains nothing, and calls it its own."""
