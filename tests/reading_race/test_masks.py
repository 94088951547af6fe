from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from bench.reading_race import masks
from bench.reading_race.experiment import Unavailable
from bench.reading_race.masks import Masked
from bench.reading_race.study import Study
from bench.run import Run

Organ = Callable[[pd.DataFrame, int, object], np.ndarray]


def left_half(table: pd.DataFrame, size: int, options: object) -> np.ndarray:
    made = np.zeros((len(table), size, size), dtype=bool)
    made[:, :, : size // 2] = True
    return made


def with_organ(study: Study, organ: Organ | None) -> Run:
    """The study's run, on a data set that gives these masks."""
    run = study.run
    return replace(run, chosen=replace(run.chosen, dataset=replace(run.dataset, organ=organ)))


def test_masked_images_are_grey_where_nothing_is_shown() -> None:
    pixels = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4)
    inside = np.zeros((2, 4, 4), dtype=bool)
    inside[:, :2] = True
    rows = np.array([1, 0])
    alone, removed = Masked(pixels, inside, True)[rows], Masked(pixels, inside, False)[rows]
    np.testing.assert_array_equal(alone[:, :2], pixels[rows, :2])
    np.testing.assert_array_equal(removed[:, 2:], pixels[rows, 2:])
    assert (alone[:, 2:] == 127).all()
    assert (removed[:, :2] == 127).all()
    coloured = np.repeat(pixels[..., None], 3, axis=3)
    np.testing.assert_array_equal(Masked(coloured, inside, True)[rows][..., 1], alone)


def test_a_phantoms_own_masks_are_drawn_once(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study, "run", with_organ(study, left_half))
    found, identity = masks.organ(study)
    np.testing.assert_array_equal(found[0], left_half(study.cohort.table.iloc[:1], 32, None)[0])
    monkeypatch.setattr(masks, "_of", None)
    again, same = masks.organ(study)
    assert identity == same
    np.testing.assert_array_equal(found, again)
    pictures, notes = masks.pictures(study, inside=True)
    assert len(pictures.cohort) == len(study.cohort)
    assert notes == []
    assert pictures.fingerprint != masks.pictures(study, inside=False)[0].fingerprint


def test_masks_from_a_folder_and_images_that_lack_one(study: Study, tmp_path: Path) -> None:
    names = study.run.cohort.table["image"].tolist()
    drawn = np.zeros((64, 64), dtype=np.uint8)
    drawn[:32] = 255
    for name in names[5:]:
        Image.fromarray(drawn).save(tmp_path / f"{name}.png")
    study.masks = tmp_path
    pictures, notes = masks.pictures(study, inside=True)
    assert notes == ["5 images without a mask are left out"]
    assert len(pictures.cohort) == len(study.cohort) - 5
    shown = pictures.pixels[pictures.cohort.rows]
    assert (shown[:, 16:] == 127).all()
    np.testing.assert_array_equal(shown[:, :16], study.images.pixels[pictures.cohort.rows][:, :16])


def test_without_masks_the_reason_is_said(study: Study, tmp_path: Path) -> None:
    study.masks = tmp_path
    with pytest.raises(Unavailable, match="a mask of none"):
        masks.pictures(study, inside=True)
    study.masks = None
    study.run = with_organ(study, None)
    with pytest.raises(Unavailable, match="masks=folder"):
        masks.fingerprint(study)
