"""The examples of docs/contract.md, which are what ``bench new`` writes: ``python -m tests.proofs.contract_page``."""

from __future__ import annotations

from bench.files import whole
from bench.plugins.scaffold import KINDS, template
from tests.places import ROOT
from tests.proofs.markdown import inserted

PAGE = ROOT / "docs" / "contract.md"


def written(page: str) -> str:
    """The page with every template in it."""
    blocks = []
    for kind in KINDS.values():
        blocks.append(f"### `family={kind.name}`: {kind.summary}\n\n```python\n{template(kind.name, 'my_method')}```")
    return inserted(page, "examples", "\n\n".join(blocks))


def main() -> None:
    """Write the page."""
    page = written(PAGE.read_text(encoding="utf-8"))
    with whole(PAGE) as partial:
        partial.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
