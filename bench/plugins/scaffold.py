"""``bench new``: a method to begin with, its test and its card."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError, suggest
from bench.files import write_text

_TEMPLATES = Path(__file__).with_name("templates")
#: What templates call their class.
_CLASS = "Example"

_TEST = '''"""What {name} must do: all that every method must, and what its paper says of it."""

from pathlib import Path

from bench.conformance import examine
from bench.plugins import METHODS

ENTRY = METHODS.get(str(Path(__file__).with_name("{name}.py")))


def test_it_does_what_every_method_must() -> None:
    report = examine(ENTRY.load(), files=ENTRY.files)
    assert [(finding.check.title, finding.what) for finding in report.findings if not finding.holds] == []
'''

_CARD = """# {name}

{summary}

- **Family**: {family}
- **Source**: {source} ({year})
- **Deviations from it**: {deviations}
- **Sees the protected attribute**: {uses_race}
- **Image passes relative to plain training**: {cost}
- **Known limits**: none found; none looked for beyond `bench check method=./{name}.py`
"""


@dataclass(frozen=True)
class Kind:
    """A kind of method that there is a template of: its name, and what it is an example of."""

    name: str
    summary: str

    @property
    def path(self) -> Path:
        """The file of the template."""
        return _TEMPLATES / f"{self.name.replace('-', '_')}.py"


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("loss", "a term of the loss"),
        Kind("sampler", "images drawn more or less often"),
        Kind("two-stage", "two stages of training, and batches that the method composes"),
        Kind("adversary", "a network beside the main one"),
        Kind("last-layer", "a last layer fitted on held-out patients"),
        Kind("erasure", "race taken out of the trained features"),
        Kind("race-at-test", "a network that is told race when it predicts"),
        Kind("averaged", "averaged weights"),
        Kind("step", "a step of the optimiser of the method's own"),
        Kind("pretrained", "weights from a file"),
    )
}


def template(kind: str, name: str = "example") -> str:
    """The source of a method of this kind, its class named after ``name``.

    Raises:
        BenchError: when there is no such kind, with the nearest.
    """
    if kind not in KINDS:
        raise BenchError(f"There is no template family={kind}.{suggest(kind, KINDS)}")
    camel = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    return re.sub(rf"\b{_CLASS}\b", camel, KINDS[kind].path.read_text(encoding="utf-8"))


def write(name: str, kind: str, folder: Path) -> list[Path]:
    """Write ``name.py``, ``test_name.py`` and ``name.md`` into a folder; the files, in this order.

    Raises:
        BenchError: for a name that no method can have, an unknown kind, and where one of the files is there already.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise BenchError(f"{name!r} cannot be a method's name: it takes small letters, digits, underscores: my_method.")
    source = template(kind, name)
    texts = {
        folder / f"{name}.py": source,
        folder / f"test_{name}.py": _TEST.format(name=name),
        folder / f"{name}.md": _card(name, source),
    }
    if there := [path.name for path in texts if path.exists()]:
        raise BenchError(f"{folder} holds {' and '.join(there)} already; nothing is overwritten. Choose another name.")
    for path, text in texts.items():
        write_text(path, text, shared=True)
    return list(texts)


def _card(name: str, source: str) -> str:
    """The card of a method, from what its class declares."""
    found = next(node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and _is_method(node))
    said = {"uses_race": "never", "cost": "1", "deviations": "none"}
    for node in found.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            said[ast.unparse(node.targets[0])] = str(node.value.value)
    return _CARD.format_map({"name": name, "summary": (ast.get_docstring(found) or "").strip(), **said})


def _is_method(node: ast.ClassDef) -> bool:
    return any(getattr(base, "id", "") == "Method" for base in node.bases)
