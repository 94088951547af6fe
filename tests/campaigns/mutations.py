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
import io
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from PIL import Image

from bench.cli import main
from bench.config import compose
from bench.data.cohorts.chosen import choose
from bench.data.pixels import cache
from tests.campaigns.judges import Wrong, expected_table, reference, shrunk, table_of
from tests.campaigns.mutants import HOPELESS, Case, cases
from tests.campaigns.originals import SIZE, WHOLE, mapping_of, originals, rows_of

#: Seconds that one file may take.
LIMIT = 20
REFUSED, EXIT, SAME, OTHER = "rejected, reason given", "exit 2", "accepted, unchanged", "accepted, another valid one"
OUTCOMES = (REFUSED, EXIT, SAME, OTHER)
TASK = {1: "cxr", 3: "skin"}


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
    rows = rows_of(WHOLE + len(some))
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
    before = shrunk(reference(case.original.content, channels), channels)
    if np.abs(before - pixels).max() <= 1:
        return SAME
    try:
        wanted = shrunk(reference(case.content, channels), channels)
    except Exception as error:
        raise Wrong(f"{case}: accepted, and refused by another decoder: {type(error).__name__}: {error}") from error
    if np.abs(wanted - pixels).max() > 1:
        raise Wrong(f"{case}: pixels differ by up to {np.abs(wanted - pixels).max():.0f} from another decoder's")
    return OTHER


def table(case: Case, root: Path, in_process: bool) -> tuple[str, str]:
    """What became of a mutated table or mapping, and the message."""
    root.mkdir()
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(root / "whole.png")
    for row in rows_of(WHOLE):
        os.link(root / "whole.png", root / row["FILE"])
    name = f"t{case.suffix}"
    if case.original.kind == "YAML":
        pd.DataFrame(rows_of(WHOLE)).to_csv(root / "t.csv", index=False)
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
    wanted = expected_table(root / mapping["table"], mapping, root)
    for column in wanted:
        a, b = got[column].astype(object).fillna("-").tolist(), wanted[column].astype(object).fillna("-").tolist()
        if a != b:
            raise Wrong(f"{case}: column {column!r} is {a[:4]} …, and Python's csv says {b[:4]} …")
    if len(made.rejected):
        raise Wrong(f"{case}: images rejected: {made.rejected}")
    whole = table_of(rows_of(WHOLE), mapping_of("t.csv"), root)
    return (SAME if wanted.equals(whole) else OTHER), ""


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
