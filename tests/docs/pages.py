"""Pages that show code, and the code of one."""

from __future__ import annotations

import re

from tests.places import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def block(words: str, page: str) -> str:
    """The Python block whose first line holds these words."""
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    return next(text for text in blocks if words in text.partition("\n")[0])
