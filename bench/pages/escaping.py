"""Text as it stands in Markdown, LaTeX, a CSV and on a terminal: nothing of it is taken for markup or a command."""

from __future__ import annotations

import re
import unicodedata

#: What LaTeX would take for a command, or cannot set, and how it is written instead.
COMMANDS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "[": "{[}",  # after a line break a bare one would be read as its optional argument
    "]": "{]}",
    "*": "{*}",
    "–": "--",
    "—": "---",
    "×": r"$\times$",
    "−": r"$-$",
    "±": r"$\pm$",
    "√": r"$\surd$",
    "·": r"$\cdot$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "→": r"$\rightarrow$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "★": r"$\star$",
    "†": r"$\dagger$",
    "Δ": r"$\Delta$",
    "…": r"\ldots{}",
    "λ": r"$\lambda$",
    "σ": r"$\sigma$",
    "δ": r"$\delta$",
    "’": "'",
}
#: Letters that pdflatex sets without further packages.
LETTERS = frozenset("ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöøùúûüýÿßæœÆŒ")
#: What turns the direction of the text around it.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: With what a spreadsheet takes a cell for a formula.
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")


def visible(text: str) -> str:
    """Text in one line; what would steer a terminal or turn the text around is named by its code point."""
    return "".join(f"[U+{ord(c):04X}]" if _steers(c) else c for c in re.sub(r"\s+", " ", text))


def _steers(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") or character in _TURNING


def markdown(text: str) -> str:
    """Escape what Markdown or HTML would take for markup; within a word, an underscore is none."""
    text = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*\[\]|#~$]|\b_|_\b)", r"\\\1", text)


def latex(text: str) -> str:
    """Escape what LaTeX would take for a command; a character it cannot set is named by its code point."""
    return "".join(map(_character, re.sub(r"\s+", " ", text)))


def comma_separated(text: str) -> str:
    """Text that no spreadsheet takes for a formula: one that begins like it gets an apostrophe in front."""
    return f"'{text}" if _FORMULA.match(text) else text


def _character(character: str) -> str:
    if character in COMMANDS:
        return COMMANDS[character]
    if (character.isascii() and character.isprintable()) or character in LETTERS:
        return character
    return f"{{[}}U+{ord(character):04X}{{]}}"
