"""What pages say in the same words."""

from bench.pages.document import Note

SYNTHETIC = Note(
    "Synthetic data.",
    "Every patient of this data set is synthetic: the numbers compare methods on a simulation and say nothing about "
    "real patients.",
)
