"""The contact sheet of the phantom in docs: ``python -m tests.proofs.phantom_sheet docs/phantom.png``.

Three patients, one a row, are drawn as healthy and with each finding; below them one patient as each race and as none.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from bench.builtin.tasks.cxr._phantom_patients import FINDINGS, RACES
from bench.builtin.tasks.cxr.phantom import DATASET, PhantomOptions, read, render
from PIL import Image

from bench.phantom import NO_RACE

SIZE = 128
_HEALTHY, _ILL = -1.0, 3.0


def sheet() -> list[list[tuple[str, np.ndarray]]]:
    """Rows of titled images ``(SIZE, SIZE) uint8``: a race a row with its findings, then the twins of one patient."""
    options = PhantomOptions(patients=200)
    table = read(None, options).table
    table = table.assign(**{f"severity_{name}": _HEALTHY for name in FINDINGS.names})
    frontal = table[(table["view"] == "PA") & (table["scanner"] == "north DR")]
    rows = []
    for race in RACES:
        patient = frontal[frontal["race"] == race].iloc[:1]
        looks = [(f"{race}, healthy", patient)]
        looks += [(f"{race}, {name}", patient.assign(**{f"severity_{name}": _ILL})) for name in FINDINGS.names]
        rows.append([(title, _draw(row, options)) for title, row in looks])
    patient = frontal.iloc[3:4]
    twins = [(race or NO_RACE, _draw(DATASET.twin(patient, race), options)) for race in (*RACES, None)]
    nobody = twins[-1][1].astype(float)
    differences = [(f"{race} − none, × 3", 127.5 + 3 * (image - nobody)) for race, image in twins[:2]]
    return [*rows, [(f"twin: {title}", image) for title, image in twins] + differences]


def _draw(row: pd.DataFrame, options: PhantomOptions) -> np.ndarray:
    return render(row, SIZE, options)[0]


def main(path: Path) -> None:
    """Draw the sheet into a file."""
    rows = sheet()
    figure, axes = plt.subplots(len(rows), len(rows[0]), figsize=(9, 6.6))
    for line, row in zip(axes, rows, strict=True):
        for axis, (title, image) in zip(line, row, strict=True):
            axis.imshow(np.clip(image, 0, 255), cmap="gray", vmin=0, vmax=255)
            axis.set_title(title, fontsize=6, pad=2)
            axis.axis("off")
    figure.subplots_adjust(0.005, 0.005, 0.995, 0.97, 0.03, 0.10)
    with io.BytesIO() as drawn:
        figure.savefig(drawn, dpi=90)
        Image.open(drawn).convert("L").save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
