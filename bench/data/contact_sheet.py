"""A page of sampled images as the network is shown them, with their names and what was done to each beneath."""

from __future__ import annotations

import os
import textwrap
import warnings
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from bench.data.check import SHOWN, Checked, Looked
from bench.errors import BenchError
from bench.files import whole
from bench.pages.escaping import visible
from bench.pages.style import BLACK, GREY, ORANGE, new_figure

_COLUMNS, _SIDE, _GAP, _HEAD = 8, 1.5, 0.12, 0.55  # inches but for the first
_LETTERS, _LINE, _POINTS = 33, 0.082, 5  # letters a line, inches a line, size of the letters


def check_path(path: Path) -> None:
    """Refuse a file that no sheet can be written to, before anything is read.

    Raises:
        BenchError: for another ending than .png, or a folder that is not there or cannot be written to.
    """
    if path.suffix.lower() != ".png":
        raise BenchError(f"--sheet={path}: the contact sheet is a PNG; give it a name that ends in .png.")
    if path.is_dir() or not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise BenchError(
            f"--sheet={path}: no file can be written there. Name one in a folder that exists and is yours."
        )


def write(found: Checked, title: str, path: Path) -> None:
    """Draw the sheet of a sample into a PNG, whole or not at all.

    Raises:
        BenchError: when it cannot be written.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # a box stands in a name for what no font has
        figure = sheet(found.looked, f"{title}{', synthetic images' if found.rendered else ''}")
        try:
            with whole(path) as partial:
                figure.savefig(partial)
        except OSError as error:
            raise BenchError(f"The contact sheet cannot be written to {path}: {error.strerror or error}.") from error


def sheet(looked: Sequence[Looked], title: str) -> Figure:
    """The first ``SHOWN`` images of a sample, in its order; of one that cannot be read a frame and the reason."""
    shown = looked[:SHOWN]
    columns = min(_COLUMNS, max(len(shown), 4))
    lines = [_beneath(one) for one in shown]
    rows = [lines[at : at + columns] for at in range(0, len(lines), columns)]
    heights = [_SIDE + _GAP + _LINE * max(map(len, row)) for row in rows]
    width, height = columns * (_SIDE + _GAP) + _GAP, _HEAD + sum(heights)
    figure = new_figure(width, height)
    figure.set_layout_engine("none")
    figure.text(_GAP / width, 1 - 0.17 / height, visible(title), fontsize=9, color=BLACK, va="center", parse_math=False)
    words = f"{len(shown):,} of {len(looked):,} images looked at, as the network is shown them"
    figure.text(_GAP / width, 1 - 0.35 / height, words, fontsize=7, color=GREY, va="center")
    for at, one in enumerate(shown):
        row, column = divmod(at, columns)
        left, top = _GAP + column * (_SIDE + _GAP), height - _HEAD - sum(heights[:row])
        axes = figure.add_axes((left / width, (top - _SIDE) / height, _SIDE / width, _SIDE / height))
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set(linewidth=0.3, color=GREY)
        if one.pixels is not None:
            axes.imshow(one.pixels, cmap="gray", vmin=0, vmax=255, interpolation="nearest", aspect="auto")
        for number, (text, colour) in enumerate(lines[at]):
            below = (top - _SIDE - 0.03 - _LINE * number) / height
            figure.text(left / width, below, text, fontsize=_POINTS, color=colour, va="top", parse_math=False)
    return figure


def _beneath(one: Looked) -> list[tuple[str, str]]:
    """The lines beneath an image, each with its colour: its name, cut at the left, and what was done."""
    name = visible(one.image)
    lines = [(name if len(name) <= _LETTERS else "…" + name[1 - _LETTERS :], BLACK)]
    for text, colour in [(text, GREY) for text in map(str, one.done)] + [(visible(one.reason), ORANGE)]:
        lines += [(line, colour) for line in textwrap.wrap(text, _LETTERS)]
    return lines
