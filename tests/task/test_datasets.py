"""The two kinds of data set, and what each answers for itself."""

import dataclasses
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.task import Dataset, Options, Phantom, Reading


def read(root: Path | None, options: Options) -> Reading:
    return Reading(pd.DataFrame({"image": [f"{k}" for k in range(5)]}))


def render(rows: pd.DataFrame, size: int, options: Options) -> np.ndarray:
    return np.stack([np.full((size, size), 40 * int(image), np.uint8) for image in rows["image"]])


def brighter(rows: pd.DataFrame, size: int, options: Options) -> np.ndarray:
    return render(rows, size, options) + np.uint8(50)


FILES = Dataset("files", "in files", read)
DRAWN = Phantom("drawn", "drawn", read, render=render)
PROBED = dataclasses.replace(DRAWN, probe=Options())


def test_a_data_set_of_files_is_written_with_three_words() -> None:
    assert (FILES.rendered, FILES.synthetic, FILES.identity, FILES.drawn_from) == (False, False, 1, ())
    assert FILES.twin is None
    assert FILES.organ is None
    assert dataclasses.replace(FILES, version=3).identity == 3


def test_a_phantom_is_a_data_set_that_renders_and_is_synthetic() -> None:
    assert isinstance(DRAWN, Dataset)
    assert (DRAWN.rendered, DRAWN.synthetic, DRAWN.drawn_from) == (True, True, ())
    assert DRAWN.twin is None
    assert DRAWN.organ is None
    with pytest.raises(TypeError, match="render"):
        Phantom("drawn", "drawn", read)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="render"):
        Dataset("drawn", "drawn", read, render=render)  # type: ignore[call-arg]


def test_its_code_is_all_that_it_is_made_of() -> None:
    assert DRAWN.code == (read, render, Options)
    masked = dataclasses.replace(DRAWN, organ=brighter)
    assert masked.code == (read, render, brighter, Options)


def test_its_identity_follows_version_and_looks() -> None:
    assert DRAWN.identity == dataclasses.replace(DRAWN, name="other").identity
    assert len(DRAWN.identity) == 64
    distinct = {
        DRAWN.identity,
        PROBED.identity,
        dataclasses.replace(DRAWN, version=2).identity,
        dataclasses.replace(PROBED, render=brighter).identity,
    }
    assert len(distinct) == 4
    # Without a probe nothing is drawn, and nothing is read.
    assert dataclasses.replace(DRAWN, render=brighter).identity == DRAWN.identity


def test_its_identity_is_found_once_and_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(root: Path | None, options: Options) -> Reading:
        calls.append(root)
        return read(root, options)

    phantom = dataclasses.replace(PROBED, read=counted)
    assert calls == []
    assert phantom.identity == phantom.identity
    assert len(calls) == 1
    assert pickle.loads(pickle.dumps(PROBED)).identity == PROBED.identity
