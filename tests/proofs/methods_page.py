"""Tables and paragraphs of docs/methods.md, from the methods' classes: ``python -m tests.proofs.methods_page``."""

from __future__ import annotations

import inspect
import re

from bench.families import FAMILIES
from bench.files import whole
from bench.method import Method
from bench.method.declared import needs
from bench.method.hyperparameters import hyperparameters
from bench.plugins.registry import METHODS, Entry
from tests.places import ROOT
from tests.proofs.markdown import inserted, table_of

PAGE = ROOT / "docs" / "methods.md"
_COLUMNS = ("method", "what it does", "year", "race", "needs besides", "passes", "stages")
_COMMON = tuple(hyperparameters(Method))


def written(page: str) -> str:
    """The page with every method as its class declares it, by family."""
    found = [(entry, entry.load()) for entry in METHODS.entries()]
    tables, paragraphs = [], []
    for family, meaning in FAMILIES.items():
        members = [(entry, cls) for entry, cls in found if cls.family == family]
        if members:
            tables.append(f"**{family}**: {meaning}\n\n" + table_of(_COLUMNS, (_row(*one) for one in members)))
            paragraphs.append(f"### {family}\n\n" + "\n\n".join(_paragraph(*one) for one in members))
    count = f"{len(found)} methods in {len(tables)} families."
    page = inserted(page, "methods", "\n\n".join([count, *tables]))
    return inserted(page, "each method", "\n\n".join(paragraphs))


def _row(entry: Entry[type[Method]], cls: type[Method]) -> list[str]:
    stages = ", ".join(f"{name} {share:.0%}" for name, share in cls.stages) if len(cls.stages) > 1 else ""
    cells = [
        f"`{entry.name}`",
        entry.summary,
        str(cls.year),
        cls.uses_race,
        ", ".join(needs(cls)),
        f"{cls.cost:g}",
        stages,
    ]
    return [cell.replace("|", r"\|") for cell in cells]


def _paragraph(entry: Entry[type[Method]], cls: type[Method]) -> str:
    """What the class says of itself, its own hyperparameters, its source, and in what it departs from it."""
    text = re.sub(r"\s*\n\s*", " ", re.sub(r"\n\s*\n", "\x00", inspect.cleandoc(cls.__doc__ or ""))).replace(
        "\x00", " "
    )
    text = text.replace("``", "`")
    own = [
        f"`{name}` ({one.range}; {one.default})" for name, one in hyperparameters(cls).items() if name not in _COMMON
    ]
    parts = [f"**`{entry.name}`** {text}", f"Source: {cls.source}."]
    parts += [f"Options: {', '.join(own)}."] if own else []
    parts += [f"Deviations: {cls.deviations.rstrip('.')}."] if cls.deviations else []
    return " ".join(parts)


def main() -> None:
    """Write the page."""
    page = written(PAGE.read_text(encoding="utf-8"))
    with whole(PAGE) as partial:
        partial.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
