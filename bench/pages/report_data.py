"""What ``bench data check`` prints: the attrition table, the cells of the comparison, and what is doubtful."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from bench.data.check import Checked
from bench.pages.report import console_of_output
from bench.records import Attrition


def print_check(found: Checked, title: str, protected: str) -> None:
    """The tables of a data set, and its warnings; errors are left to whoever ends the command."""
    console = console_of_output()
    console.print(f"[bold]{escape(title)}[/bold]")
    console.print(_rows(found.attrition))
    console.print("[bold]Images with the finding, of those in which it is known[/bold]")
    console.print(_cells(found.attrition, protected))
    console.print(f"{found.sampled:,} images were looked at.")
    for warning in found.warnings:
        console.print(f"[bold]warning[/bold]: {escape(warning)}")
    if not found.errors:
        console.print("Nothing was found that would make a run wrong.")


def _rows(attrition: Attrition) -> Table:
    table = Table("", "rows", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    table.add_row("in the data set's table", f"{attrition.rows:,}")
    for reason, n in attrition.excluded.items():
        table.add_row(f"  left out: {escape(reason)}", f"-{n:,}")
    table.add_row("[bold]kept[/bold], one an image", f"{attrition.kept:,}")
    for column, n in attrition.unknown.items():
        table.add_row(f"  of which {escape(column)} unknown ({n / attrition.kept:.1%})", f"{n:,}")
    for reason, n in attrition.set_to_unknown.items():
        table.add_row(f"  of which {escape(reason)}", f"{n:,}")
    table.add_row("patients", f"{attrition.patients:,}")
    return table


def _cells(attrition: Attrition, protected: str) -> Table:
    targets = list(attrition.cells[0].positive)
    table = Table("split", protected, "patients", "images", *targets, box=None, pad_edge=False)
    for column in table.columns[2:]:
        column.justify = "right"
    for cell in attrition.cells:
        shares = [f"{cell.positive[name]:,} / {cell.positive[name] + cell.negative[name]:,}" for name in targets]
        group = "unknown" if cell.group is None else cell.group
        table.add_row(cell.split, escape(group), f"{cell.patients:,}", f"{cell.images:,}", *shares)
    return table
