"""Maps of patches: every number in its square, the paper's beside the same group's here, no words cut off."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bench.reading_race.maps import patches
from bench.reading_race.published import Published
from bench.reading_race.tables import Entry, Line, Table
from bench.statistics.pooling import Estimate


def table(paper: bool) -> Table:
    """C3 with nine patches; of the second group the paper has numbers, or of none."""

    def line(row: int, column: int) -> Line:
        value = 0.6 + 0.03 * (3 * row + column)
        entries = {
            "macro": Entry(None, Estimate(value, None, None), None),
            "Asian": Entry(None, Estimate(0.987, None, None), None),
            "White": Entry(Published(0.599) if paper else None, Estimate(value - 0.01, None, None), None),
        }
        cell: Any = {"row": row, "column": column, "high-pass": 0}
        return Line("", cell, {}, None, 1, 10, 10, entries)  # type: ignore[arg-type]

    lines = tuple(line(row, column) for row in range(3) for column in range(3))
    return Table("C3", "", (), lines, (), ())


@pytest.mark.parametrize("paper", [True, False])
def test_patches_say_what_was_found_and_what_the_paper_found_of_one_group(paper: bool) -> None:
    study: Any = SimpleNamespace(mean_image=np.zeros((64, 64)))
    figure = patches(study, {"C3": table(paper)})
    assert figure is not None
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts[0] == (".600\n(.590 | .599)" if paper else ".600")
    assert texts[8] == (".840\n(.830 | .599)" if paper else ".840")
    caption = figure.get_supxlabel()
    assert ("of White alone" in caption) == paper
    figure.suptitle("Parts of the image: reading race, cxr on phantom (synthetic data)", fontsize=10)
    figure.draw_without_rendering()
    for words in (figure._supxlabel, figure._suptitle):  # type: ignore[attr-defined]
        box = words.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.width
