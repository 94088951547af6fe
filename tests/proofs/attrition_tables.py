"""The attrition table of every data set's miniature copy: ``python -m tests.proofs.attrition_tables``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.data.cohorts import attrition
from bench.records import Attrition
from tests.miniatures import miniature_of, read_from_files


def lines(title: str, table: Attrition) -> list[str]:
    """What became of a data set's rows, a line each."""
    rows = [("rows in", table.rows)]
    rows += [(f"  left out: {reason}", -n) for reason, n in table.excluded.items()]
    rows += [("kept, one an image", table.kept), ("  patients", table.patients)]
    rows += [(f"  {reason}", n) for reason, n in table.set_to_unknown.items()]
    rows += [(f"  {column} unknown", n) for column, n in table.unknown.items()]
    rows += [
        (f"  {cell.split}, {cell.group or 'unknown'}: images of {cell.patients} patients", cell.images)
        for cell in table.cells
        if cell.images
    ]
    return [title, *(f"{name:90}{n:>8,}" for name, n in rows)]


def main() -> None:
    """Print them all."""
    for one in (miniature_of(*place) for place in read_from_files()):
        with tempfile.TemporaryDirectory() as folder:
            chosen = one.chosen(one.build(Path(folder)))
            cohort = chosen.cohort(checked=False)
            table = attrition.of(cohort)
            assert table.rows == table.kept + sum(table.excluded.values())
            print("\n".join(lines(f"{one.name} (task {one.task}, by {cohort.spec.protected})", table)), end="\n\n")


if __name__ == "__main__":
    main()
