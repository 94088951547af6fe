"""Damaged files, and what becomes of them in ``bench data check`` and in the image cache.

``python -m tests.mutations 300 [seed]`` damages so many files and prints the counts, by kind of file and of damage. It
ends with code 1 where one ended in a traceback, took too long, or gave pixels that are not those of the file.
"""

from __future__ import annotations

import dataclasses
import io
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from PIL import Image
from pydicom.data import get_testdata_file

from bench.config import compose
from bench.data import check
from bench.data.cache import open_images
from bench.data.chosen import choose
from bench.data.decode import Undecodable, decode
from bench.errors import BenchError

SIZE = 16
#: What a file may take, in seconds, before it counts as a hang.
MOST_SECONDS = 20
#: pydicom's own files, small, of several transfer syntaxes.
_DICOM = ("CT_small.dcm", "MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm")
#: Damage that leaves no image by which kind of file: a cut always does.
_ALWAYS_REJECTED = ("cut in the middle", "header only", "empty", "noise", "huge")

Damage = Callable[[bytes, np.random.Generator], bytes]


def _cut(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: int(len(content) * rng.uniform(0.15, 0.9))]


def _flip(content: bytes, rng: np.random.Generator) -> bytes:
    flipped = bytearray(content)
    for at in rng.integers(0, len(content), int(rng.integers(1, 5))):
        flipped[at] ^= 1 << int(rng.integers(0, 8))
    return bytes(flipped)


def _flip_header(content: bytes, rng: np.random.Generator) -> bytes:
    flipped = bytearray(content)
    for at in rng.integers(0, min(len(content), 600), 3):
        flipped[at] = int(rng.integers(0, 256))
    return bytes(flipped)


def _header_only(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: int(rng.integers(8, 60))]


def _noise(content: bytes, rng: np.random.Generator) -> bytes:
    return rng.bytes(len(content))


DAMAGES: dict[str, Damage] = {
    "cut in the middle": _cut,
    "bits flipped": _flip,
    "header overwritten": _flip_header,
    "header only": _header_only,
    "empty": lambda content, rng: b"",
    "noise": _noise,
}


def _pictures() -> dict[str, bytes]:
    """Small valid files by name."""
    rng = np.random.default_rng(0)
    smooth = np.clip(np.cumsum(rng.normal(0, 4, (48, 40)), axis=1) + 120, 0, 255)
    made = {}
    for name, array, options in (
        ("grey.png", smooth.astype(np.uint8), {}),
        ("deep.png", (smooth * 257).astype(np.uint16), {}),
        ("grey.jpg", smooth.astype(np.uint8), {"quality": 90}),
        ("colour.jpg", np.repeat(smooth[..., None], 3, 2).astype(np.uint8), {}),
        ("plain.tif", smooth.astype(np.uint8), {}),
        ("packed.tif", (smooth * 257).astype(np.uint16), {"compression": "tiff_deflate"}),
    ):
        file = io.BytesIO()
        kind = {"png": "PNG", "jpg": "JPEG", "tif": "TIFF"}[name.rpartition(".")[2]]
        Image.fromarray(array).save(file, kind, **options)
        made[name] = file.getvalue()
    for name in _DICOM:
        path = get_testdata_file(name)
        assert isinstance(path, str)
        made[name] = Path(path).read_bytes()
    return made


def _huge(name: str, content: bytes) -> bytes:
    """The same file saying that it has 60,000 rows and columns."""
    if name.endswith(".png"):
        import zlib

        header = content[12:16] + (60_000).to_bytes(4, "big") * 2 + content[24:29]
        return content[:12] + header + zlib.crc32(header).to_bytes(4, "big") + content[33:]
    if name.endswith(".jpg"):
        at = next(content.find(bytes([0xFF, mark])) for mark in (0xC0, 0xC2) if bytes([0xFF, mark]) in content)
        return content[: at + 5] + (60_000).to_bytes(2, "big") * 2 + content[at + 9 :]
    if name.endswith(".tif"):
        image = Image.open(io.BytesIO(content))
        for old in image.size:
            for tag in (256, 257):
                for width in (2, 4):
                    kind = {2: 3, 4: 4}[width]
                    entry = tag.to_bytes(2, "little") + kind.to_bytes(2, "little") + (1).to_bytes(4, "little")
                    content = content.replace(
                        entry + old.to_bytes(width, "little"), entry + (60_000).to_bytes(width, "little")
                    )
        return content
    import pydicom

    dataset = pydicom.dcmread(io.BytesIO(content))
    dataset.Rows = dataset.Columns = 60_000
    file = io.BytesIO()
    dataset.save_as(file)
    return file.getvalue()


@contextmanager
def _limited(seconds: int) -> Iterator[None]:
    def ring(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@dataclasses.dataclass(frozen=True)
class Case:
    """A damaged file: what it was, what was done, and its content."""

    name: str
    damage: str
    content: bytes
    intact: bytes

    @property
    def suffix(self) -> str:
        """What its name ends in, as it was or, for the damage of that name, another."""
        own = Path(self.name).suffix
        return {".png": ".dcm", ".jpg": ".png", ".tif": ".jpg", ".dcm": ".png"}[own] if self.damage == "suffix" else own


def cases(count: int, seed: int) -> list[Case]:
    """So many damaged pictures and radiographs, every kind of damage in turn."""
    pictures, rng = _pictures(), np.random.default_rng(seed)
    names, damages = list(pictures), [*DAMAGES, "suffix", "huge"]
    found = []
    for number in range(count):
        name, damage = names[number % len(names)], damages[number // len(names) % len(damages)]
        intact = pictures[name]
        content = intact
        if damage in DAMAGES:
            content = DAMAGES[damage](intact, rng)
        elif damage == "huge":
            content = _huge(name, intact)
        found.append(Case(name, damage, content, intact))
    return found


def decode_intact(case: Case, folder: Path) -> np.ndarray:
    """What the file was before."""
    intact = _decoded(case.intact, Path(case.name).suffix, folder)
    assert intact is not None
    return intact


def _decoded(content: bytes, suffix: str, folder: Path) -> np.ndarray | None:
    file = folder / f"other{suffix}"
    file.write_bytes(content)
    try:
        return decode(file, SIZE)
    except Undecodable:
        return None


def _independent(case: Case) -> np.ndarray | None:
    """The stored pixels by Pillow or pydicom alone; None where they find none."""
    import pydicom

    try:
        if case.name.endswith(".dcm"):
            return np.asarray(pydicom.dcmread(io.BytesIO(case.content)).pixel_array)
        return np.asarray(Image.open(io.BytesIO(case.content)))
    except Exception:
        return None


def verdict(case: Case, got: np.ndarray | None, folder: Path) -> str:
    """What became of a file; begins with WRONG where it must not be so."""
    if got is None:
        return "rejected"
    if np.array_equal(got, decode_intact(case, folder)):
        # Damage beside the pixels: in a comment, a date, a patient's name.
        return "accepted, same pixels" if case.damage not in _ALWAYS_REJECTED else "WRONG: accepted without all of it"
    if case.damage in _ALWAYS_REJECTED or case.damage == "suffix":
        return "WRONG: accepted as another image"
    if case.name.endswith(".png"):
        return "WRONG: a checksum says that it is damaged"
    return "accepted, another valid image" if _independent(case) is not None else "WRONG: nobody else can read it"


def pictures(count: int, seed: int, folder: Path) -> tuple[Counter[tuple[str, str, str]], list[str]]:
    """Damage so many image files, and give them to the check and to the cache as one's own data set.

    Returns:
        Counts by kind of file, kind of damage and what became of it; and a line for each that ended as it must not.
    """
    damaged = cases(count, seed)
    root = folder / "own"
    root.mkdir()
    rows = []
    for number, case in enumerate(damaged):
        image = f"{number:04d}{case.suffix}"
        (root / image).write_bytes(case.content)
        rows.append({"image": image, "patient": f"p{number}", "sex": "FM"[number % 2], "label": number // 2 % 2})
    pd.DataFrame(rows).to_csv(root / "table.csv", index=False)
    mapping = {"table": "table.csv", "image": "image", "patient": "patient", "sex": "sex"}
    (root / "mapping.yaml").write_text(yaml.safe_dump(mapping | {"targets": {"effusion": "label"}}))
    config = compose(
        ["task=cxr", "task.dataset=csv", f"task.root={root}", "task.protected=sex", f"task.image_size={SIZE}",
         "task.targets=[effusion]", "task.max_unreadable=0.99", f"cache_dir={folder / 'cache'}"]
    )  # fmt: skip
    wrong: list[str] = []
    with _limited(MOST_SECONDS + count):
        checked = check.check(config, sample=count)
    chosen = choose(config.task)
    cohort = chosen.cohort(checked=False)
    started = time.monotonic()
    with _limited(MOST_SECONDS + count):
        images = open_images(
            cohort, chosen.dataset, chosen.options, root, folder / "cache", SIZE, workers=2, max_unreadable=0.99
        )
    if time.monotonic() - started > MOST_SECONDS + count:
        wrong.append("the cache hung")
    refused = dict(images.rejected)
    if not checked.sampled or any("\n" in reason for reason in refused.values()):
        wrong.append("the check looked at nothing, or a reason has several lines")
    counts: Counter[tuple[str, str, str]] = Counter()
    for row, image in enumerate(cohort.table["image"]):
        case = damaged[int(image[:4])]
        got = None if image in refused else np.asarray(images.pixels[row])
        if (got is None) != (_decoded(case.content, case.suffix, folder) is None):
            wrong.append(f"{case.name}, {case.damage}: cache and decoder disagree")
        said = verdict(case, got, folder)
        counts[Path(case.name).suffix[1:], case.damage, said] += 1
        if said.startswith("WRONG"):
            wrong.append(f"{case.name}, {case.damage}, {image}: {said}")
    return counts, wrong


def tables(count: int, seed: int, folder: Path) -> tuple[Counter[tuple[str, str, str]], list[str]]:
    """Damage the table or the mapping of one's own data set so many times, and give it to the check.

    A damaged table may be a valid one of other labels; then it is read as such. Nothing else but one paragraph may
    come of it.
    """
    rng = np.random.default_rng(seed)
    root = folder / "tables"
    root.mkdir()
    image = _pictures()["grey.png"]
    rows = []
    for number in range(120):
        (root / f"{number}.png").write_bytes(image)
        rows.append(f"{number}.png,p{number},{'FM'[number % 2]},{number // 2 % 2},{30 + number % 50}")
    intact = {
        "csv": ("image,patient,sex,label,age\n" + "\n".join(rows) + "\n").encode(),
        "yaml": b"table: table.csv\nimage: image\npatient: patient\nsex: sex\nage: age\ntargets:\n  effusion: label\n",
    }
    files = {"csv": root / "table.csv", "yaml": root / "mapping.yaml"}
    config = compose(
        ["task=cxr", "task.dataset=csv", f"task.root={root}", "task.protected=sex", f"task.image_size={SIZE}",
         "task.targets=[effusion]"]
    )  # fmt: skip
    counts: Counter[tuple[str, str, str]] = Counter()
    wrong = []
    for number in range(count):
        kind = ("csv", "yaml")[number % 2]
        damage = list(DAMAGES)[number // 2 % len(DAMAGES)]
        for name, file in files.items():
            file.write_bytes(intact[name])
        files[kind].write_bytes(DAMAGES[damage](intact[kind], rng))
        try:
            with _limited(MOST_SECONDS):
                found = check.check(config, sample=1)
            said = "read, with errors" if found.errors else "read"
        except BenchError as error:
            said = "refused" if "\n" not in str(error) else "WRONG: several paragraphs"
        except TimeoutError:
            said = "WRONG: hung"
        except Exception as error:
            said = f"WRONG: {type(error).__name__}: {error}"
        counts[kind, damage, said] += 1
        if said.startswith("WRONG"):
            wrong.append(f"{kind}, {damage}, number {number}: {said}")
    return counts, wrong


def main() -> None:
    """Print the counts."""
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as folder:
        found, wrong = pictures(count * 3 // 4, seed, Path(folder))
        more, others = tables(count - count * 3 // 4, seed, Path(folder))
    for (kind, damage, said), number in sorted((found + more).items()):
        print(f"{kind:5} {damage:20} {said:45} {number:4}")
    totals = Counter(said for (_, _, said), number in (found + more).items() for _ in range(number))
    print(", ".join(f"{said}: {number}" for said, number in sorted(totals.items())))
    for line in [*wrong, *others]:
        print(line)
    sys.exit(bool(wrong or others))


if __name__ == "__main__":
    main()
