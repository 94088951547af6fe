"""The image cache of a task in colour, of single frames, and of one channel as it has always been."""

import dataclasses
import os

import numpy as np
import pytest
from PIL import Image

from bench.data.pixels import sources
from bench.data.pixels.fingerprint import fingerprint
from bench.errors import BenchError
from bench.task import Options, Phantom
from bench.training.batches import CohortImages
from tests.data.files import dicom
from tests.data.pixels.plates import DRAWN, FILES, ColourPlates, cohort_of, draw, opened


def test_files_in_colour_and_in_grey_are_decoded_into_three_channels(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (60, 16, 16, 3), dtype=np.uint8)
    pictures[30:] = pictures[30:, :, :, :1]
    for k, picture in enumerate(pictures):
        Image.fromarray(picture if k < 30 else picture[..., 0]).save(tmp_path / f"{k:05d}.png")
    cohort = cohort_of(FILES, 60, ColourPlates)
    images = opened(FILES, cohort, tmp_path / "cache", tmp_path)
    assert np.array_equal(images.pixels, pictures)
    assert '"channels": 3' in (images.folder / "cache.json").read_text()
    batch = CohortImages(cohort, images.pixels)[(0, np.array([7, 2]))]
    assert np.array_equal(batch.images.numpy(), pictures[[7, 2]].transpose(0, 3, 1, 2))
    grey = opened(FILES, cohort_of(FILES, 60), tmp_path / "cache", tmp_path)
    assert grey.folder != images.folder
    assert grey.pixels.shape == (60, 16, 16)


def _drawn_in_colour(rows, size, options):
    return np.stack([draw(rows, size, options)] * 3, axis=3) + np.arange(3, dtype=np.uint8)


def test_a_phantom_draws_as_many_channels_as_its_task_has(tmp_path):
    colour = Phantom("colour", "colour plates", read=DRAWN.read, render=_drawn_in_colour)
    cohort = cohort_of(colour, 60, ColourPlates)
    images = opened(colour, cohort, tmp_path)
    assert np.array_equal(images.pixels, _drawn_in_colour(cohort.table, 16, None))
    with pytest.raises(BenchError, match=r"must return \(32, 16, 16, 3\) uint8 .* returned \(32, 16, 16\)"):
        opened(DRAWN, cohort_of(DRAWN, 60, ColourPlates), tmp_path)


def test_frames_of_one_file_are_images_of_their_own(tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (60, 16, 16), dtype=np.uint8)
    window = {"WindowCenter": "128", "WindowWidth": "256"}
    dicom(tmp_path / "all.dcm", frames, bits=8, NumberOfFrames=60, **window)
    cohort = cohort_of(FILES, 60)
    cohort.table["image"] = [f"all.dcm#frame={k + 1}" for k in range(60)]
    before = fingerprint(cohort, FILES, Options(), tmp_path, 16)
    assert np.array_equal(opened(FILES, cohort, tmp_path / "cache", tmp_path).pixels, frames)
    os.utime(tmp_path / "all.dcm", (1, 1))
    assert fingerprint(cohort, FILES, Options(), tmp_path, 16) != before


def test_caches_of_one_channel_stay_valid(tmp_path, monkeypatch):
    # Another result here would draw or decode everyone's images anew. That of the phantom was computed before there was
    # colour, that of files when a sample of their content came in. Decoders since are not.
    monkeypatch.setattr(sources, "DECODER_VERSION", 1)
    monkeypatch.setattr(Phantom, "identity", 1)  # not the code of the day, nor what it draws
    for k in range(60):
        (tmp_path / f"{k:05d}.png").write_bytes(b"x" * k)
        os.utime(tmp_path / f"{k:05d}.png", (k, k))
    drawn = fingerprint(cohort_of(DRAWN, 60), dataclasses.replace(DRAWN), Options(), None, 16)
    files = fingerprint(cohort_of(FILES, 60), FILES, Options(), tmp_path, 16)
    assert drawn == "a714e4d3330886faade46fd7a779f544b125b2d0767b2ee046ac1be9a5764c35"
    assert files == "c8b6f6f540164c46aac0fa002080a7bd663f6fff0357c3ee25c016eb7ca31581"
