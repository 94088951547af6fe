"""The contact sheets of docs/phantoms.md: ``python -m tests.proofs.phantom_sheets docs`` writes one a task, of 224 px.

Of mammograms, CT and hands: what is seen in health and illness, by view, level, window or age; then one patient as each
race and as none, and what race changes.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from PIL import Image

from bench.phantom import NO_RACE
from bench.plugins.registry import TASKS, datasets
from bench.task import Phantom

SIZE = 224
_HEALTHY, _ILL = -1.0, 3.0

#: An image and what is written above it.
Titled = tuple[str, np.ndarray]


class _Drawer:
    """Draws rows of a task's phantom, healthy but for what is asked."""

    def __init__(self, task: str) -> None:
        phantom = datasets(TASKS.get(task)).get("phantom").load()
        assert isinstance(phantom, Phantom)
        self.phantom = phantom
        self.options = phantom.options(patients=200)  # type: ignore[call-arg]
        table = phantom.read(None, self.options).table
        self.severities = [name for name in table if str(name).startswith("severity_")]
        self.table = table.assign(**dict.fromkeys(self.severities, _HEALTHY))

    def draw(self, row: pd.DataFrame, **cells: object) -> np.ndarray:
        return self.phantom.render(row.assign(**cells), SIZE, self.options)[0]

    def findings(self, row: pd.DataFrame) -> list[Titled]:
        """A row healthy, and with each finding drawn severely."""
        ill = [(str(name).removeprefix("severity_"), self.draw(row, **{name: _ILL})) for name in self.severities]
        return [("healthy", self.draw(row)), *ill]

    def twins(self, row: pd.DataFrame, races: Iterable[str]) -> list[Titled]:
        """One image as each race and as none, and what race changes, three times enlarged."""
        twin = self.phantom.twin
        assert twin is not None
        images = [(race or NO_RACE, self.draw(twin(row, race))) for race in (*races, None)]
        nobody = images[-1][1].astype(float)
        changes = [(f"{race} − none, × 3", 127.5 + 3 * (image - nobody)) for race, image in images[:2]]
        return [(f"twin: {race}", image) for race, image in images] + changes


def mammo() -> list[list[Titled]]:
    """Findings in both views of a breast of medium density, densities a to d, twins."""
    drawer = _Drawer("mammo")
    table = drawer.table[drawer.table["scanner"] == "north FFDM"]
    by_view = [table[(table["side"] == side) & (table["view"] == view)] for side, view in (("L", "CC"), ("R", "MLO"))]
    fatty = [rows[rows["density"] == 2].iloc[:1] for rows in by_view]
    rows = [[(f"{row['view'].iloc[0]}, {title}", image) for title, image in drawer.findings(row)] for row in fatty]
    dense = [
        [
            (f"{view['view'].iloc[0]}, density {letter}", drawer.draw(view[view["density"] == grade].iloc[:1]))
            for grade, letter in enumerate("abcd", 1)
        ]
        for view in by_view
    ]
    return [*rows, *dense, drawer.twins(fatty[0], ("Asian", "Black", "White"))]


def ct() -> list[list[Titled]]:
    """The four levels of an exam in both windows, findings at two levels, twins."""
    drawer = _Drawer("ct")
    table = drawer.table[drawer.table["scanner"] == "north standard"]
    exams = [exam.sort_values("slice_position") for _, exam in table.groupby("study")]
    men, women = (next(exam for exam in exams if exam["sex"].iloc[0] == sex) for sex in "MF")
    levels = [
        [
            (f"level {row['slice_position'].iloc[0]:.2f}, {window}", drawer.draw(row, window=window))
            for row in (exam.iloc[k : k + 1] for k in range(4))
        ]
        for exam, window in ((men, "lung"), (women, "soft tissue"))
    ]
    lung = men.assign(window="lung")
    return [
        levels[0] + levels[1][:2],
        drawer.findings(lung.iloc[1:2]),
        drawer.findings(lung.iloc[2:3]),
        drawer.twins(lung.iloc[1:2], ("Asian", "Black", "White")),
    ]


def hand() -> list[list[Titled]]:
    """A girl's and a boy's hand as they look at six bone ages, twins."""
    drawer = _Drawer("hand")
    table = drawer.table[drawer.table["scanner"] == "north DR"]
    rows = []
    for sex, word in (("F", "girl"), ("M", "boy")):
        child = table[table["sex"] == sex].iloc[:1]
        rows.append(
            [(f"{word}, {years} years", drawer.draw(child, look=float(years))) for years in (2, 5, 8, 11, 14, 17)]
        )
    child = table[table["look"].between(9, 11)].iloc[:1]
    return [*rows, drawer.twins(child, ("Black", "White", "Asian"))]


def write(rows: list[list[Titled]], path: Path) -> None:
    """Draw a sheet into a file."""
    columns = max(map(len, rows))
    figure, axes = plt.subplots(len(rows), columns, figsize=(1.75 * columns, 1.9 * len(rows)), squeeze=False)
    for line, row in zip(axes, rows, strict=True):
        for axis in line:
            axis.axis("off")
        for axis, (title, image) in zip(line, row, strict=False):
            axis.imshow(np.clip(image, 0, 255), cmap="gray", vmin=0, vmax=255)
            axis.set_title(title, fontsize=7, pad=2)
    figure.subplots_adjust(0.005, 0.005, 0.995, 0.96, 0.03, 0.12)
    with io.BytesIO() as drawn:
        figure.savefig(drawn, dpi=110)
        Image.open(drawn).convert("L").save(path, optimize=True)
    plt.close(figure)


def main(folder: Path) -> None:
    """Write the sheets into a folder."""
    for sheet in (mammo, ct, hand):
        write(sheet(), folder / f"phantom_{sheet.__name__}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
