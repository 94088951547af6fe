import csv
import dataclasses
import errno
import json
import os

import numpy as np
import pytest
from PIL import Image

from bench.data.pixels import chunks as _chunks
from bench.data.pixels.cache import prepared
from bench.data.pixels.fingerprint import fingerprint
from bench.errors import BenchError
from bench.task import Options
from tests.data.pixels.plates import DRAWN, FILES, cohort_of, draw, opened


def leftovers(cache_dir):
    return sorted(path.name for path in cache_dir.iterdir() if path.suffix != ".lock")


def test_files_are_decoded_into_their_rows(folder, tmp_path):
    cohort = cohort_of(FILES, 60)
    images = opened(FILES, cohort, tmp_path / "cache", folder)
    assert images.pixels.shape == (60, 16, 16)
    assert images.pixels.dtype == np.uint8
    assert (images.pixels[cohort.rows] == np.arange(60)[:, None, None]).all()
    assert images.rejected == ()
    assert images.apply(cohort) is cohort
    with pytest.raises(ValueError, match="read-only"):
        images.pixels[0] = 1
    about = json.loads((images.folder / "cache.json").read_text())
    assert about["images"] == 60
    assert leftovers(tmp_path / "cache") == [images.folder.name]
    assert sorted(p.name for p in images.folder.iterdir()) == [
        "cache.json", "pixels.npy", "rejected.csv", "repeated.csv",
    ]  # fmt: skip


def test_what_is_there_is_opened_and_not_made_again(tmp_path):
    calls = []
    counted = dataclasses.replace(DRAWN, render=lambda *given: calls.append(1) or draw(*given))
    cohort = cohort_of(counted, 200)
    first = opened(counted, cohort, tmp_path)
    assert len(calls) == 7  # chunks of 64, 64, 64 and 8 rows, by 32 at most
    again = opened(counted, cohort, tmp_path)
    assert len(calls) == 7
    assert np.array_equal(first.pixels, again.pixels)
    assert first.fingerprint == again.fingerprint == fingerprint(cohort, counted, Options(), None, 16)


def test_an_unreadable_image_is_listed_and_counted(folder, tmp_path):
    (folder / "00003.png").write_bytes(b"")
    (folder / "00007.png").write_bytes((folder / "00007.png").read_bytes()[:40])
    (folder / "00009.png").unlink()
    cohort = cohort_of(FILES, 60)
    images = opened(FILES, cohort, tmp_path / "cache", folder)
    assert [image for image, _ in images.rejected] == ["00003.png", "00007.png", "00009.png"]
    with open(images.folder / "rejected.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["image", "reason"]
    assert [tuple(row) for row in rows[1:]] == list(images.rejected)
    rest = images.apply(cohort)
    assert len(rest) == 57
    assert rest.excluded == {
        "image unreadable: empty file": 1,
        "image unreadable: corrupt or truncated": 1,
        "image unreadable: file missing": 1,
    }
    assert (images.pixels[rest.rows][:, 0, 0] == [k for k in range(60) if k not in (3, 7, 9)]).all()


def test_too_many_unreadable_images_stop_the_run(folder, tmp_path):
    for k in range(4):
        (folder / f"0000{k}.png").write_bytes(b"no image")
    cohort = cohort_of(FILES, 60)
    with pytest.raises(BenchError, match=r"Only 56 of the 60 images .* no more than 0\.05") as caught:
        opened(FILES, cohort, tmp_path / "cache", folder)
    assert "00000.png (not a DICOM, PNG, JPEG or TIFF file); 00001.png" in str(caught.value)
    (listing,) = leftovers(tmp_path / "cache")
    assert str(tmp_path / "cache" / listing) in str(caught.value)
    assert len((tmp_path / "cache" / listing).read_text().splitlines()) == 5


def test_the_share_that_may_be_unreadable_is_ones_own_and_asked_for_again(folder, tmp_path):
    for k in range(4):
        (folder / f"0000{k}.png").write_bytes(b"no image")
    cohort, cache_dir = cohort_of(FILES, 60), tmp_path / "cache"
    images = opened(FILES, cohort, cache_dir, folder, max_unreadable=0.07)
    assert len(images.rejected) == 4
    with pytest.raises(BenchError, match=r"Only 56 of the 60 images .* no more than 0\.05 .*task\.max_unreadable"):
        opened(FILES, cohort, cache_dir, folder)
    assert leftovers(cache_dir) == [images.folder.name]
    with pytest.raises(BenchError, match=r"no more than 0 of them"):
        opened(FILES, cohort, cache_dir, folder, max_unreadable=0)


def test_no_readable_image(tmp_path):
    (tmp_path / "data").mkdir()
    with pytest.raises(BenchError, match=r"None of the 60 images of data set 'files' can be read"):
        opened(FILES, cohort_of(FILES, 60), tmp_path / "cache", tmp_path / "data")


def test_a_file_replaced_by_another_is_decoded_anew(folder, tmp_path):
    cohort = cohort_of(FILES, 60)
    before = opened(FILES, cohort, tmp_path / "cache", folder)
    Image.fromarray(np.full((16, 16), 200, dtype=np.uint8)).save(folder / "00000.png")
    after = opened(FILES, cohort, tmp_path / "cache", folder)
    assert before.pixels[0, 0, 0] == 0
    assert after.pixels[0, 0, 0] == 200


def test_only_a_whole_cohort_is_opened(tmp_path):
    with pytest.raises(ValueError, match="whole cohort"):
        opened(DRAWN, cohort_of(DRAWN, 60).part("test"), tmp_path)


@pytest.mark.parametrize("when", ["at the start", "in the middle"])
def test_a_full_disk(tmp_path, monkeypatch, when):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    calls = []
    write = _chunks.Target.write
    if when == "at the start":
        monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    else:
        monkeypatch.setattr(_chunks.Target, "write", lambda *a: full() if calls else calls.append(1) or write(*a))
    with pytest.raises(BenchError, match=r"No space left in .*cache_dir="):
        opened(DRAWN, cohort_of(DRAWN, 200), tmp_path)
    assert leftovers(tmp_path) == []


def test_a_cache_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(BenchError, match=r"cannot be written to .*file.*cache_dir="):
        opened(DRAWN, cohort_of(DRAWN, 60), tmp_path / "file" / "cache")


def test_a_cache_that_was_tampered_with(tmp_path):
    cohort = cohort_of(DRAWN, 60)
    folder = opened(DRAWN, cohort, tmp_path).folder
    with open(folder / "pixels.npy", "r+b") as file:
        file.truncate(1000)
    with pytest.raises(BenchError, match=r"is damaged .* Delete this folder"):
        opened(DRAWN, cohort, tmp_path)


@pytest.mark.parametrize(
    ("render", "message"),
    [
        (lambda rows, size, options: 1 / 0, r"failed to render image '00000' .* ZeroDivisionError"),
        (lambda rows, size, options: np.zeros((1, size, size), np.uint8), r"must return \(32, 16, 16\) uint8"),
        (lambda rows, size, options: np.zeros((len(rows), size, size)), r"returned \(32, 16, 16\) float64"),
        (lambda rows, size, options: None, r"returned \(\) NoneType"),
    ],
)
def test_a_phantom_that_does_not_render(tmp_path, render, message):
    dataset = dataclasses.replace(DRAWN, render=render)
    with pytest.raises(BenchError, match=message):
        opened(dataset, cohort_of(dataset, 100), tmp_path)
    assert leftovers(tmp_path) == []


def test_progress_off_a_terminal_is_a_line_every_tenth(tmp_path, capsys):
    opened(DRAWN, cohort_of(DRAWN, 3000), tmp_path)
    lines = capsys.readouterr().err.splitlines()
    assert 8 <= len(lines) <= 11
    assert all("images/s" in line and "s left" in line for line in lines)
    assert lines[-1].startswith("drawn, 16 px: 3,000 of 3,000 images")


def noisy(folder, *same):
    """Sixty images of noise; each of these pairs is of two that are the same, written in different ways."""
    noise = np.random.default_rng(0).integers(0, 256, (60, 16, 16), dtype=np.uint8)
    for first, again in same:
        noise[again] = noise[first]
    for k, pixels in enumerate(noise):
        Image.fromarray(pixels).save(folder / f"{k:05d}.png", compress_level=k % 9)
    return folder


def test_images_that_are_another_again_are_listed_and_counted(folder, tmp_path):
    cohort = cohort_of(FILES, 60)
    images = opened(FILES, cohort, tmp_path / "cache", noisy(folder, (3, 5), (3, 9), (20, 21)))
    assert images.repeated == {"00005.png": "00003.png", "00009.png": "00003.png", "00021.png": "00020.png"}
    assert opened(FILES, cohort, tmp_path / "cache", folder).repeated == images.repeated
    applied = images.apply(cohort)
    assert len(applied) == 60
    assert sum(applied.set_to_unknown.values()) == 3
    assert {reason.partition(" (")[0] for reason in applied.set_to_unknown} <= {
        "image the same as another in another split", "image the same as another of another patient",
    }  # fmt: skip
    assert applied.fingerprint == cohort.fingerprint


def test_what_the_cache_holds_is_found_and_nothing_is_built(folder, tmp_path):
    cohort = cohort_of(FILES, 60)
    given = (cohort, FILES, Options(), noisy(folder, (1, 2)), tmp_path / "cache", 16)
    assert prepared(*given) is None
    assert not (tmp_path / "cache").exists()
    images = opened(FILES, cohort, tmp_path / "cache", folder)
    assert prepared(*given).repeated == images.repeated == {"00002.png": "00001.png"}


def test_a_list_of_repeated_images_that_was_cut_is_no_list(folder, tmp_path):
    cohort = cohort_of(FILES, 60)
    images = opened(FILES, cohort, tmp_path / "cache", noisy(folder, (1, 2)))
    (images.folder / "repeated.csv").write_text("image,first\n")
    with pytest.raises(BenchError, match=r"damaged \(repeated.csv lists 0 of 1 images\)"):
        opened(FILES, cohort, tmp_path / "cache", folder)


def test_a_cache_of_before_images_were_compared_is_still_one(tmp_path):
    cohort = cohort_of(DRAWN, 60)
    images = opened(DRAWN, cohort, tmp_path)
    (images.folder / "repeated.csv").unlink()
    about = json.loads((images.folder / "cache.json").read_text())
    del about["repeated"]
    (images.folder / "cache.json").write_text(json.dumps(about))
    assert opened(DRAWN, cohort, tmp_path).repeated == {}
