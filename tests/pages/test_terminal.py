import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from bench.pages import terminal
from bench.pages.document import (
    Column,
    Document,
    Facts,
    Flags,
    Name,
    Paragraph,
    Section,
    Styled,
    single,
)
from tests.pages.conftest import grid

SCREEN = """A page
Take care. It is synthetic.
Of `erm`, bold and slanted, δ
- one
  - beneath
  - it
- two
Key: 4c
Path: a/b_c
What it [shows]: a figure.png
All of it
Method        AUROC ↑         Residual ↓  Images  Front  Flags
erm (lr=0.1)  0.812           0.500        1,234    ★    LEAK, outputs: LEAK
              [0.700, 0.900]
none          –               –               -3         plain

Apart
  point       0.500           –                0         LEAK

Last
end
"""


def _shown(document: Document, capsys: pytest.CaptureFixture[str]) -> str:
    terminal.show(document)
    return "".join(line.rstrip() + "\n" for line in capsys.readouterr().out.splitlines())


def test_everything_a_document_holds(document: Document, capsys: pytest.CaptureFixture[str]) -> None:
    centred = _shown(document, capsys)
    assert [line.split() for line in centred.splitlines()] == [line.split() for line in SCREEN.splitlines()]


def test_intervals_apart_say_why_a_number_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line.split() for line in _shown(Document((Section((grid(intervals="apart"),)),)), capsys).splitlines()]
    assert ["none", "–", "too", "small", "–", "-3", "plain"] in lines
    assert lines[0][:4] == ["Method", "AUROC", "↑", "95%"]


def test_a_path_is_not_broken_over_lines(capsys: pytest.CaptureFixture[str]) -> None:
    path = "folder/" * 30
    assert _shown(Document((Section((Facts((("Record", path),)),)),)), capsys) == f"Record: {path}\n"


def test_no_text_is_markup_for_rich(capsys: pytest.CaptureFixture[str]) -> None:
    text = "[red]a[/red] [/b] tuple[str, ...] :smile: [link=file:///]x[/link]"
    blocks = (Paragraph(text), single((Column(text),), [(text,), (Name(text),), (Flags((text,)),)]))
    assert _shown(Document((Section(blocks),)), capsys).count(text) == 5


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(categories=["Cc", "Cf", "Zl", "Zp", "L"])))
def test_no_text_steers_the_terminal(capsys: pytest.CaptureFixture[str], text: str) -> None:
    blocks = (Paragraph((text, Styled(text, "alarm"))), single((Column(text),), [(Name(text, text),)], text))
    shown = _shown(Document((Section(blocks, text),), text), capsys)
    assert not set(map(chr, [*range(10), *range(11, 32), *range(127, 160), 0x202E, 0x2066])) & set(shown)


def test_a_terminal_gets_colours_and_a_narrow_one_is_no_error(
    document: Document, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    console = Console(highlight=False, width=24, force_terminal=True, color_system="standard")
    monkeypatch.setattr(terminal, "console_of_output", lambda: console)
    terminal.show(Document((*document.sections, Section((Paragraph(Styled("broken", "alarm")),)))))
    assert "\x1b[31mbroken\x1b[0m" in capsys.readouterr().out


def test_documents_and_their_renderers_import_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from bench.pages import comma_separated, document, escaping, latex, markdown, notes, terminal\n"
        "heavy = {'torch', 'numpy', 'pandas', 'matplotlib', 'pydantic'} & set(sys.modules)\n"
        "rooms = {name for name in sys.modules if name.startswith('bench.') and not name.startswith('bench.pages')}\n"
        "assert not heavy | rooms, heavy | rooms"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
