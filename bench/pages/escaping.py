"""Text as it stands in Markdown and in LaTeX: nothing of it is taken for markup."""

from __future__ import annotations

import re

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
    "±": r"$\pm$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "λ": r"$\lambda$",
    "σ": r"$\sigma$",
    "δ": r"$\delta$",
    "’": "'",
}
#: Letters that pdflatex sets without further packages.
LETTERS = frozenset("ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöøùúûüýÿßæœÆŒ")


def markdown(text: str) -> str:
    """Escape what Markdown or HTML would take for markup; within a word, an underscore is none."""
    text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*\[\]|#~$]|\b_|_\b)", r"\\\1", text)


def latex(text: str) -> str:
    """Escape what LaTeX would take for a command; a character it cannot set is named by its code point."""
    return "".join(map(_character, " ".join(text.split())))


def _character(character: str) -> str:
    if character in COMMANDS:
        return COMMANDS[character]
    if (character.isascii() and character.isprintable()) or character in LETTERS:
        return character
    return f"{{[}}U+{ord(character):04X}{{]}}"
