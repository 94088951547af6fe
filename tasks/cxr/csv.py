"""A table of your own, with a mapping of its columns (docs/own_data.md)."""

from bench.data.readers import own_table

from . import ChestXray

DATASET = own_table.dataset(ChestXray)
