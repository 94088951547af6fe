"""Which source gives the pixels of which kind of data set: the one place that tells the kinds apart."""

from __future__ import annotations

from functools import singledispatch
from pathlib import Path
from typing import Any

from bench.data.pixels.sources import Files, Rendered, Source
from bench.task import Dataset, Phantom, require_root


@singledispatch
def source(dataset: Dataset, options: Any, root: Path | None) -> Source:
    """Where the pixels of a data set come from.

    Args:
        dataset: of either kind.
        options: the data set's.
        root: the folder of its files; a phantom has none.

    Raises:
        BenchError: for a data set in files whose folder is not given or not there.
    """
    return Files(require_root(root, dataset.name))


@source.register
def _(dataset: Phantom, options: Any, root: Path | None) -> Source:
    return Rendered(dataset, options)
