"""Files broken in every way at hand, and what becomes of each: ``python -m tests.campaigns.mutations 300``.

Small valid images (DICOM in several transfer syntaxes, PNG, JPEG, TIFF), tables and mappings are cut, flipped bit by
bit, zeroed, renamed, blown up or replaced by noise, and go through ``bench data check`` and the image cache. What may
become of one: it is refused with a reason, or it is read as a decoder that is not ours reads it, OpenCV's or pydicom's
for images, Python's own csv and yaml for tables. A traceback, a hang or another result raises.
"""

from __future__ import annotations

import contextlib
import csv
import faulthandler
import gzip
import io
import os
import struct
import subprocess
import sys
import tempfile
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pydicom
import yaml
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.uid import DeflatedExplicitVRLittleEndian

from bench.cli import main
from bench.config import compose
from bench.data.cohorts.chosen import choose
from bench.data.pixels import cache
from tests.data.files import dicom

#: Side of every image, so that the pixels are compared as they are stored.
SIZE = 64
#: Seconds that one file may take.
LIMIT = 20
#: Whole images in every data set, so that a cohort can be made whatever becomes of the others.
WHOLE = 300
REFUSED, EXIT, SAME, OTHER = "rejected, reason given", "exit 2", "accepted, unchanged", "accepted, another valid one"
OUTCOMES = (REFUSED, EXIT, SAME, OTHER)
MUTATIONS = (
    "truncated", "bits flipped", "pixels flipped", "header only", "empty", "zeroed", "wrong suffix", "wrong dimensions",
    "huge dimensions", "garbage",
)  # fmt: skip
#: Of these nothing may be accepted, whatever the kind of image.
HOPELESS = ("header only", "empty", "huge dimensions", "garbage")
TASK = {1: "cxr", 3: "skin"}


@dataclass(frozen=True)
class Original:
    """A valid file; ``pixels`` is where in it the pixels, or a table's rows, lie."""

    kind: str
    suffix: str
    content: bytes
    pixels: tuple[int, int]
    channels: int = 1

    @property
    def is_image(self) -> bool:
        return self.kind not in ("CSV", "CSV.GZ", "XLSX", "YAML")

    @property
    def family(self) -> str:
        return self.kind.partition(",")[0]


@dataclass(frozen=True)
class Case:
    original: Original
    mutation: str
    suffix: str
    content: bytes

    def __str__(self) -> str:
        return f"{self.original.kind}, {self.mutation}"


def originals(folder: Path) -> list[Original]:
    """Every kind of file, made in a folder or out of pydicom's."""
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    noise = np.random.default_rng(0).integers(0, 40, (SIZE, SIZE))
    grey = (2 * x + y + noise).clip(0, 255).astype(np.uint8)
    wide = (grey.astype(np.uint16) << 8) + noise.astype(np.uint16)
    colour = np.dstack([grey, grey.T, 255 - grey])
    made = []

    def picture(kind: str, suffix: str, pixels: np.ndarray, **options: Any) -> None:
        Image.fromarray(pixels).save(folder / f"made{suffix}", **options)
        content = (folder / f"made{suffix}").read_bytes()
        made.append(Original(kind, suffix, content, _pixels(content), 3 if pixels.ndim == 3 else 1))

    picture("PNG, 8 bits", ".png", grey)
    picture("PNG, 16 bits", ".png", wide)
    picture("PNG, colour", ".png", colour)
    picture("JPEG, grey", ".jpg", grey, quality=90)
    picture("JPEG, progressive", ".jpg", grey, quality=90, progressive=True)
    picture("JPEG, colour", ".jpg", colour, quality=90)
    picture("TIFF, 8 bits", ".tif", grey)
    picture("TIFF, 16 bits", ".tif", wide)
    picture("TIFF, deflated", ".tif", grey, compression="tiff_adobe_deflate")
    picture("TIFF, LZW", ".tif", grey, compression="tiff_lzw")
    window = {"WindowCenter": "2048", "WindowWidth": "4096"}
    twelve = (wide >> 4).astype(np.uint16)
    for kind, options in (("explicit", {}), ("deflated", {"syntax": DeflatedExplicitVRLittleEndian})):
        content = dicom(folder / "made.dcm", twelve, bits=12, uid="1.2.3.4", **window, **options).read_bytes()
        made.append(Original(f"DICOM, {kind}", ".dcm", content, (len(content) // 2, len(content))))
    for kind, name, channels in (
        ("implicit", "MR_small_implicit.dcm", 1),
        ("big endian", "MR_small_bigendian.dcm", 1),
        ("RLE", "MR_small_RLE.dcm", 1),
        ("JPEG 2000", "MR_small_jp2klossless.dcm", 1),
        ("JPEG baseline", "SC_rgb_jpeg_dcmtk.dcm", 3),
        ("RLE in colour", "SC_rgb_rle.dcm", 3),
    ):
        content = Path(get_testdata_file(name, download=False)).read_bytes()
        made.append(Original(f"DICOM, {kind}", ".dcm", content, _pixels(content), channels))
    return made + _tables(folder)


def _is_dicom(content: bytes) -> bool:
    return content[128:132] == b"DICM"  # asked first: some begin like a TIFF, too


def _pixels(content: bytes) -> tuple[int, int]:
    """Where the pixels lie in a file that is whole."""
    if content.startswith(b"\x89PNG"):
        start = content.index(b"IDAT") + 4
        return start, start + int.from_bytes(content[start - 8 : start - 4], "big")
    if content.startswith(b"\xff\xd8"):
        return content.index(b"\xff\xda") + 14, len(content) - 2
    if content.startswith(b"II*") and not _is_dicom(content):
        with Image.open(io.BytesIO(content)) as image:
            return image.tag_v2[273][0], image.tag_v2[273][0] + image.tag_v2[279][0]
    dataset = pydicom.dcmread(io.BytesIO(content))
    start = content.rindex(dataset.PixelData[8:64]) - 8
    return start, start + len(dataset.PixelData)


def _tables(folder: Path) -> list[Original]:
    rows = _rows(WHOLE)
    table = pd.DataFrame(rows)
    table.to_excel(folder / "t.xlsx", index=False)
    text = table.to_csv(index=False).encode()
    body = text.index(b"\n") + 1
    packed = gzip.compress(text, mtime=0)
    book = (folder / "t.xlsx").read_bytes()
    mapping = yaml.safe_dump(mapping_of("t.csv"), sort_keys=False).encode()
    return [
        Original("CSV", ".csv", text, (body, len(text))),
        Original("CSV.GZ", ".csv.gz", packed, (10, len(packed) - 8)),
        Original("XLSX", ".xlsx", book, (len(book) // 3, len(book))),
        Original("YAML", ".yaml", mapping, (0, len(mapping))),
    ]


def _rows(n: int) -> list[dict[str, str]]:
    return [
        {
            "FILE": f"whole{k:03d}.png", "MRN": f"P{k:04d}", "EFF": ["yes", "no"][k % 2], "RACE": "WBA"[k // 2 % 3],
            "SEX": "FM"[k // 6 % 2], "AGE": str(20 + k % 70), "NOTE": 'said "no", twice' if k % 9 == 0 else "",
        }
        for k in range(n)
    ]  # fmt: skip


def mapping_of(table: str, channels: int = 1) -> dict[str, Any]:
    """What the columns mean, for a task of so many channels."""
    column, words = ("EFF", {"positive": ["yes"], "negative": ["no"]})
    if channels == 3:
        tone = {"column": "SEX", "values": {"F": "dark", "M": "light"}}
        targets = {"malignant": {"column": column, **words}}
        return {"table": table, "image": "FILE", "patient": "MRN", "targets": targets, "skin_tone": tone}
    return {
        "table": table,
        "image": "FILE",
        "patient": "MRN",
        "targets": {"effusion": {"column": column, **words}},
        "race": {"column": "RACE", "values": {"W": "White", "B": "Black", "A": "Asian"}, "unknown": ["U", ""]},
        "sex": "SEX",
        "age": "AGE",
    }


def cases(n: int, seed: int, folder: Path) -> list[Case]:
    """``n`` mutations, the kinds and mutations taken in turn."""
    rng = np.random.default_rng(seed)
    kinds = originals(folder)
    pairs = [(kind, mutation) for mutation in MUTATIONS for kind in kinds if _fits(kind, mutation)]
    order = np.concatenate([rng.permutation(len(pairs)) for _ in range(-(-n // len(pairs)))])[:n]
    return [mutate(*pairs[at], kinds, rng) for at in order]


def _fits(kind: Original, mutation: str) -> bool:
    if mutation == "wrong dimensions":
        return kind.is_image and kind.kind != "DICOM, deflated"
    if mutation == "huge dimensions":
        return kind.kind not in ("DICOM, deflated", "CSV.GZ", "XLSX")
    return True


def mutate(kind: Original, mutation: str, kinds: list[Original], rng: np.random.Generator) -> Case:
    """One mutated file."""
    content, suffix = bytearray(kind.content), kind.suffix
    if mutation == "truncated":
        near = rng.random() < 0.4
        content = content[: len(content) - int(rng.integers(1, 24)) if near else int(rng.integers(1, len(content)))]
    elif mutation in ("bits flipped", "pixels flipped"):
        low, high = kind.pixels if mutation == "pixels flipped" else (0, len(content))
        if mutation == "bits flipped" and rng.random() < 0.6:
            high = min(kind.pixels[0] or high, high)  # half of them in the header
        for at in rng.integers(low, high, rng.integers(1, 5)):
            content[at] ^= 1 << int(rng.integers(8))
    elif mutation == "header only":
        content = content[: kind.pixels[0] or 20]
    elif mutation == "empty":
        content = bytearray()
    elif mutation == "zeroed":
        start = int(rng.integers(0, len(content)))
        stop = min(start + int(rng.integers(1, 1 + len(content) // 4)), len(content))
        content[start:stop] = bytes(stop - start)
    elif mutation == "wrong suffix":
        choice = [other.suffix for other in kinds if other.is_image == kind.is_image and other.suffix != kind.suffix]
        suffix = str(rng.choice([other for other in choice if other != ".yaml"]))
    elif mutation == "wrong dimensions":
        content = bytearray(resized(bytes(content), int(rng.integers(1, 130)), int(rng.integers(1, 130))))
    elif mutation == "huge dimensions":
        content = bytearray(_huge(kind, rng))
    elif mutation == "garbage":
        head = kind.content[:4] if rng.random() < 0.5 and kind.is_image else b""
        content = bytearray(head + rng.bytes(int(rng.integers(1, 5000))))
    return Case(kind, mutation, suffix, bytes(content))


def _huge(kind: Original, rng: np.random.Generator) -> bytes:
    """Dimensions that no memory holds, or that it does and the file does not; fields and columns of a table."""
    if kind.is_image:
        return resized(kind.content, *((65_000, 65_000), (9_000, 9_000))[int(rng.integers(2))])
    if kind.kind == "YAML":
        return kind.content + b"study: " + b"x" * 200_000
    if rng.random() < 0.5:
        return kind.content + b'x,"' + b"y" * 3_000_000
    return b"," * 4_000 + kind.content


def resized(content: bytes, width: int, height: int) -> bytes:
    """The same file, with other dimensions stated in its header."""
    new = bytearray(content)
    if content.startswith(b"\x89PNG"):
        new[16:24] = struct.pack(">II", width, height)
        new[29:33] = struct.pack(">I", zlib.crc32(new[12:29]))
    elif content.startswith(b"\xff\xd8"):
        at = next(content.index(marker) for marker in (b"\xff\xc0\x00", b"\xff\xc2\x00") if marker in content)
        new[at + 5 : at + 9] = struct.pack(">HH", height, width)
    elif content.startswith(b"II*") and not _is_dicom(content):
        start = int.from_bytes(content[4:8], "little")
        for entry in range(start + 2, start + 2 + 12 * int.from_bytes(content[start : start + 2], "little"), 12):
            tag = int.from_bytes(content[entry : entry + 2], "little")
            if tag in (256, 257, 278):
                kind = "<H" if content[entry + 2] == 3 else "<I"
                new[entry + 8 : entry + 8 + struct.calcsize(kind)] = struct.pack(kind, width if tag == 256 else height)
    else:
        big = b"1.2.840.10008.1.2.2" in content[:400]
        for element, value in ((0x0010, height), (0x0011, width)):
            tag = struct.pack(">HH" if big else "<HH", 0x0028, element)
            at = content.index(tag) + 8
            new[at : at + 2] = struct.pack(">H" if big else "<H", value)
    return bytes(new)


class Wrong(AssertionError):
    """A mutated file that was not treated as it must be."""


def run(n: int, seed: int, folder: Path, in_processes: int = 0) -> list[tuple[Case, str, str]]:
    """Every case with what became of it and the reason.

    Raises:
        Wrong: for a file that is neither refused with a reason nor read as an independent decoder reads it.
    """
    drawn = cases(n, seed, folder)
    results: list[tuple[Case, str, str]] = []
    for channels in (1, 3):
        some = [case for case in drawn if case.original.is_image and case.original.channels == channels]
        if some:
            results += images(some, folder / f"channels{channels}", channels)
    tables = [case for case in drawn if not case.original.is_image]
    for number, case in enumerate(tables):
        results.append((case, *table(case, folder / f"table{number}", number < in_processes)))
    return results


def images(some: list[Case], root: Path, channels: int) -> list[tuple[Case, str, str]]:
    """Mutated images in one data set beside whole ones, checked, cached, and compared one by one."""
    root.mkdir()
    whole = next(k for k in originals(root) if k.channels == channels and k.kind.startswith("PNG"))
    rows = _rows(WHOLE + len(some))
    for row in rows[:WHOLE]:
        (root / row["FILE"]).write_bytes(whole.content)
    for number, (row, case) in enumerate(zip(rows[WHOLE:], some, strict=True)):
        row["FILE"] = f"mutated{number:03d}{case.suffix}"
        (root / row["FILE"]).write_bytes(case.content)
    pd.DataFrame(rows).to_csv(root / "t.csv", index=False)
    (root / "mapping.yaml").write_text(yaml.safe_dump(mapping_of("t.csv", channels)))
    arguments = _arguments(root, channels)
    code, said = _cli([*arguments, "--sample=100000"], len(some))
    if code or "Traceback" in said:
        raise Wrong(f"bench data check ended with {code}: {said}")
    made, cohort = _cached(arguments, root, len(some))
    bad = dict(made.rejected)
    counted = sum(int(line.split(" of the ")[0].split()[-1]) for line in said.splitlines() if "cannot be read:" in line)
    if counted != len(bad):
        raise Wrong(f"bench data check counts {counted} unreadable images, the cache lists {len(bad)}")
    with open(made.folder / "rejected.csv", newline="") as file:
        if dict(list(csv.reader(file))[1:]) != bad or not all(bad.values()):
            raise Wrong("rejected.csv does not list what was rejected")
    pixels = dict(zip(cohort.table["image"], made.pixels, strict=True))
    results = []
    for number, case in enumerate(some):
        name = f"mutated{number:03d}{case.suffix}"
        if name in bad:
            if "\n" in bad[name] or bad[name].startswith("file missing"):
                raise Wrong(f"{case}: rejected as {bad[name]!r}")
            results.append((case, REFUSED, bad[name]))
        else:
            results.append((case, _accepted(case, root / name, pixels[name]), ""))
    return results


def _accepted(case: Case, file: Path, pixels: np.ndarray) -> str:
    """What was accepted: the image as it was before, or what another decoder makes of the file."""
    never = case.mutation in HOPELESS
    never |= case.mutation == "truncated" and case.original.family in ("PNG", "JPEG", "DICOM")
    never |= case.mutation in ("bits flipped", "pixels flipped", "zeroed") and case.original.family == "PNG"
    never |= case.mutation == "wrong suffix" and case.suffix == ".dcm"
    if never and case.content != case.original.content:
        raise Wrong(f"{case}: accepted, and may never be")
    channels = case.original.channels
    before = _shrunk(reference(case.original.content, channels), channels)
    if np.abs(before - pixels).max() <= 1:
        return SAME
    try:
        expected = _shrunk(reference(case.content, channels), channels)
    except Exception as error:
        raise Wrong(f"{case}: accepted, and refused by another decoder: {type(error).__name__}: {error}") from error
    if np.abs(expected - pixels).max() > 1:
        raise Wrong(f"{case}: pixels differ by up to {np.abs(expected - pixels).max():.0f} from another decoder's")
    return OTHER


def reference(content: bytes, channels: int) -> np.ndarray:
    """The pixels in [0, 255] by OpenCV, or by pydicom and the formula of PS3.3 C.11.2.1.2.1: nothing of ours."""
    if _is_dicom(content):
        return _dicom(content)
    kind = cv2.IMREAD_UNCHANGED
    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), kind)
    if pixels is None:
        raise ValueError("OpenCV gives no image")
    unit = pixels * (255 / np.iinfo(pixels.dtype).max)
    if unit.ndim == 2:
        return np.repeat(unit[..., None], 3, axis=2) if channels == 3 else unit
    unit = unit[..., 2::-1]
    return unit if channels == 3 else unit @ (0.299, 0.587, 0.114)


def _dicom(content: bytes) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # What pydicom tells of pixels that do not fit the header, a strict decoder refuses.
        warnings.filterwarnings("error", message=".*(pixel data|padding|frame|RLE).*")
        dataset = pydicom.dcmread(io.BytesIO(content))
        stored = dataset.pixel_array
    if stored.ndim == 3:
        return stored * (255 / (2**dataset.BitsStored - 1))
    values = stored * float(dataset.get("RescaleSlope", 1)) + float(dataset.get("RescaleIntercept", 0))
    center, width = (dataset.get(name) for name in ("WindowCenter", "WindowWidth"))
    if center is None or width is None:
        unit = (values - values.min()) / max(values.max() - values.min(), 1e-9)
    else:
        first = [float(np.atleast_1d(np.asarray(value, dtype=float))[0]) for value in (center, width)]
        unit = np.clip((values - (first[0] - 0.5)) / max(first[1] - 1, 1e-9) + 0.5, 0, 1)
    return 255 * (1 - unit if dataset.PhotometricInterpretation == "MONOCHROME1" else unit)


def _shrunk(values: np.ndarray, channels: int) -> np.ndarray:
    parts = np.moveaxis(values, 2, 0) if channels == 3 else values[None]
    method = Image.Resampling.BOX if min(values.shape[:2]) >= SIZE else Image.Resampling.BILINEAR
    done = [np.asarray(Image.fromarray(part.astype(np.float32)).resize((SIZE, SIZE), method)) for part in parts]
    return np.stack(done, axis=2) if channels == 3 else done[0]


def table(case: Case, root: Path, in_process: bool) -> tuple[str, str]:
    """What became of a mutated table or mapping, and the message."""
    root.mkdir()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(root / "whole.png")
    for row in _rows(WHOLE):
        os.link(root / "whole.png", root / row["FILE"])
    name = f"t{case.suffix}"
    if case.original.kind == "YAML":
        pd.DataFrame(_rows(WHOLE)).to_csv(root / "t.csv", index=False)
        (root / "mapping.yaml").write_bytes(case.content)
        if case.mutation == "wrong suffix":
            (root / "mapping.yaml").rename(root / name)
    else:
        (root / name).write_bytes(case.content)
        (root / "mapping.yaml").write_text(yaml.safe_dump(mapping_of(name)))
    arguments = _arguments(root, 1)
    if case.original.kind == "YAML" and case.mutation == "wrong suffix":
        arguments.append(f"task.mapping={name}")
    code, said = _cli([*arguments, "--sample=4"], 1)
    if in_process:
        done = subprocess.run(
            [sys.executable, "-m", "bench", "data", "check", *arguments, "--sample=4"],
            capture_output=True, text=True, timeout=6 * LIMIT, check=False,
        )  # fmt: skip
        if done.returncode != code or "Traceback" in done.stderr:
            raise Wrong(f"{case}: the process ended with {done.returncode}, not {code}: {done.stderr}")
    last = said.strip().splitlines()[-1] if said.strip() else ""
    if code == 2:
        if not last.startswith("error: "):
            raise Wrong(f"{case}: exit 2 without one paragraph at the end: {said[-500:]}")
        return EXIT, last
    if code:
        raise Wrong(f"{case}: exit {code}: {said[-2000:]}")
    if case.mutation in HOPELESS and case.original.kind != "YAML":
        raise Wrong(f"{case}: accepted, and may never be")
    made, cohort = _cached(arguments, root, 1)
    got = cohort.table.sort_values("image").reset_index(drop=True)
    mapping = yaml.safe_load((root / (name if case.original.kind == "YAML" and name.startswith("t.") and
                                      case.mutation == "wrong suffix" else "mapping.yaml")).read_text())  # fmt: skip
    expected = _expected(root / mapping["table"], mapping, root)
    for column in expected:
        a, b = got[column].astype(object).fillna("-").tolist(), expected[column].astype(object).fillna("-").tolist()
        if a != b:
            raise Wrong(f"{case}: column {column!r} is {a[:4]} …, and Python's csv says {b[:4]} …")
    if len(made.rejected):
        raise Wrong(f"{case}: images rejected: {made.rejected}")
    whole = _expected_of(_rows(WHOLE), mapping_of("t.csv"), root)
    return (SAME if expected.equals(whole) else OTHER), ""


def _expected(file: Path, mapping: dict[str, Any], root: Path) -> pd.DataFrame:
    """The rows that a reader gives, by Python's csv alone."""
    if file.suffix == ".xlsx":
        return _expected_of(pd.read_excel(file, dtype=str, keep_default_na=False).to_dict("records"), mapping, root)
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rt", newline="", encoding="utf-8-sig") as text:  # type: ignore[operator]
        rows = list(csv.DictReader(text, strict=True))
    if file.suffix == ".csv" and None in rows[-1].values() and not file.read_bytes().endswith(b"\n"):
        raise Wrong(f"a table that ends in the middle of a row was accepted: {rows[-1]}")
    return _expected_of(rows, mapping, root)


def _expected_of(rows: list[dict[str, str]], mapping: dict[str, Any], root: Path) -> pd.DataFrame:
    def column(part: Any) -> str:
        return part if isinstance(part, str) else part["column"]

    image, patient = column(mapping["image"]), mapping["patient"]
    names = {image, patient, *map(column, mapping["targets"].values())}
    names |= {column(mapping[name]) for name in ("race", "sex", "age") if name in mapping}
    unique = {tuple((row[name] or "").strip() for name in sorted(names)): row for row in reversed(rows)}
    rows = [{name: (value or "").strip() for name, value in row.items() if name in names} for row in unique.values()]
    rows = [row for row in rows if row[image] and row[patient] and (root / row[image]).is_file()]
    rows.sort(key=lambda row: str(Path(row[image])))
    table = {"image": [str(Path(row[image])) for row in rows], "patient": [row[patient] for row in rows]}
    for name, part in mapping["targets"].items():
        meant = {"1": 1, "0": 0} if isinstance(part, str) else dict.fromkeys(part.get("positive", ["1"]), 1)
        if not isinstance(part, str):
            meant |= dict.fromkeys(part.get("negative", ["0"]), 0)
        table[name] = [float(meant[row[column(part)]]) if row[column(part)] in meant else np.nan for row in rows]
    for name in ("race", "sex"):
        if name in mapping:
            values = None if isinstance(mapping[name], str) else mapping[name].get("values")
            words = [row[column(mapping[name])] for row in rows]
            table[name] = [(word or np.nan) if values is None else values.get(word, np.nan) for word in words]
    return pd.DataFrame(table)


def _arguments(root: Path, channels: int) -> list[str]:
    target = "effusion" if channels == 1 else "malignant"
    tables = [f"task={TASK[channels]}", "task.dataset=csv", f"task.root={root}", f"task.targets=[{target}]"]
    return [*tables, f"task.image_size={SIZE}", "task.max_unreadable=0.99"]


def _cached(arguments: list[str], root: Path, files: int) -> tuple[cache.Images, Any]:
    config = compose(arguments)
    chosen = choose(config.task)
    with _limited(files), contextlib.redirect_stderr(io.StringIO()):
        cohort = chosen.cohort(checked=False)
        made = cache.open_images(
            cohort,
            chosen.dataset,
            chosen.options,
            config.task.root,
            root / "cache",
            SIZE,
            1,
            config.task.max_unreadable,
        )
    return made, cohort


def _cli(arguments: list[str], files: int) -> tuple[int, str]:
    """Exit code of ``bench data check`` in this process, and all that it printed; a traceback comes out as it is."""
    before, said = sys.argv, io.StringIO()
    sys.argv = ["bench", "data", "check", *arguments]
    try:
        with _limited(files), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            main()
    except SystemExit as end:
        return int(end.code or 0), said.getvalue()
    finally:
        sys.argv = before
    return 0, said.getvalue()


@contextlib.contextmanager
def _limited(files: int) -> Iterator[None]:
    """Ends the process, with a traceback, where reading hangs even in C."""
    began = time.monotonic()
    faulthandler.dump_traceback_later(LIMIT * min(files, 20), exit=True, file=sys.__stderr__)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
    if time.monotonic() - began > LIMIT + files:
        raise Wrong(f"{files} files took {time.monotonic() - began:.0f} s")


def summary(results: list[tuple[Case, str, str]]) -> str:
    """Counts by kind of file and by mutation."""
    lines = []
    for title, name in (("kind of file", lambda c: c.original.kind), ("mutation", lambda c: c.mutation)):
        counts = Counter((name(case), outcome) for case, outcome, _ in results)
        lines.append(f"{title:20}" + "".join(f"{outcome:>30}" for outcome in OUTCOMES))
        lines += [
            f"{kind:20}" + "".join(f"{counts[kind, outcome]:>30}" for outcome in OUTCOMES)
            for kind in sorted({kind for kind, _ in counts})
        ]
    total = Counter(outcome for _, outcome, _ in results)
    return "\n".join([*lines, f"{'all':20}" + "".join(f"{total[outcome]:>30}" for outcome in OUTCOMES)])


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as made_in:
        print(summary(run(number, int(sys.argv[2]) if len(sys.argv) > 2 else 0, Path(made_in), in_processes=5)))
