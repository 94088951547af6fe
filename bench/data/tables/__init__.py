"""What readers of data sets share: tables read as text, rows left out and counted, values mapped."""

from bench.data.tables.files import files_below, find_one
from bench.data.tables.reading import column_names, columns_of, lacking, read_cells, read_table
from bench.data.tables.rows import MISSING, Rows
from bench.data.tables.values import (
    Uncertain,
    labels,
    map_values,
    numbers,
    one_value,
    only_groups,
    whole_numbers,
)

__all__ = [
    "MISSING",
    "Rows",
    "Uncertain",
    "column_names",
    "columns_of",
    "files_below",
    "find_one",
    "labels",
    "lacking",
    "map_values",
    "numbers",
    "one_value",
    "only_groups",
    "read_cells",
    "read_table",
    "whole_numbers",
]
