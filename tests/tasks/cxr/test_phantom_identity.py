"""Known answers: the chest phantom's tables and images are these, to the cell and to the byte.

A change that moves any of them makes another phantom: its ``version`` is raised, and what is measured on it is measured
anew.
"""

import hashlib
import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bench.builtin.tasks.cxr._phantom_patients import Bias
from bench.builtin.tasks.cxr.phantom import DATASET, PhantomOptions, organ, read, render

from bench.task import identity

DIALS = {
    "as they are": Bias(),
    "all at 0": Bias(**dict.fromkeys(Bias.model_fields, 0.0)),
    "all turned": Bias(
        race_signal=2.0, prevalence=0.2, presentation=2.0, annotation=0.9, acquisition=0.5, sampling=1.0, habitus=1.0
    ),
}
#: By dials and seed: the table of 300 patients; of its first eight rows the images at 32 and 64 px, and the lungs.
KNOWN: dict[tuple[str, int], tuple[str, str, str, str]] = {
    ("as they are", 0): ("f14a55f6d49ecc85", "174b05d73cb4f9ee", "31f06cc2a7eab0f2", "7e683bd93707d218"),
    ("as they are", 7): ("3371b7dbcd3380f3", "fc25f2dd89bb3343", "a1aaf42b738d538e", "c37b98f4b3109708"),
    ("all at 0", 0): ("1439ab26754c295f", "60e2be75b84ec6ca", "90a0c2dfa4af768d", "2c1f4f3ded952b22"),
    ("all at 0", 7): ("ca81427ed64222c3", "be44d21d1dd01873", "0596ee326a31d331", "115900d7d48730dd"),
    ("all turned", 0): ("e19c863b3108e7d8", "ead25bd2cc6d372a", "7d630231faa69194", "39c94a506581ab63"),
    ("all turned", 7): ("3e5bb6ebecec8f92", "3f7433c90a72afcd", "6be5f678353c575c", "898137f4cf44993a"),
}
#: The first eight rows' twins at 64 px.
TWINS: dict[str | None, str] = {
    "Asian": "7db38a1075cc28f6",
    "Black": "dc442bcc075b19c8",
    "White": "ccf18b7d9710bc34",
    None: "48387cade2f1eea1",
}
#: A row of each scanner and view at 64 px.
SCANNERS = "46f3f43b85945af6"
#: How the first two rows look at 224 px, where processors differ by a grey value here and there.
LARGE = "96ae9ba064e97923"


def hashed(pixels: np.ndarray) -> str:
    return hashlib.sha256(pixels.tobytes()).hexdigest()[:16]


def cells(table: pd.DataFrame) -> str:
    return hashlib.sha256(table.to_csv(index=False, float_format="%.9g").encode()).hexdigest()[:16]


@pytest.mark.parametrize(("dials", "seed"), KNOWN)
def test_tables_images_and_masks(dials: str, seed: int) -> None:
    options = PhantomOptions(patients=300, seed=seed, bias=DIALS[dials])
    table = read(None, options).table
    rows = table.iloc[:8]
    pixels = [render(rows, 32, options), render(rows, 64, options), organ(rows, 64, options)]
    assert (cells(table), *map(hashed, pixels)) == KNOWN[dials, seed]


@pytest.mark.parametrize("group", TWINS)
def test_twins(group: str | None) -> None:
    options = PhantomOptions(patients=300)
    rows = read(None, options).table.iloc[:8]
    assert DATASET.twin is not None
    assert hashed(render(DATASET.twin(rows, group), 64, options)) == TWINS[group]


def test_scanners_and_views() -> None:
    options = PhantomOptions(patients=300)
    rows = read(None, options).table.groupby(["scanner", "view"]).head(1).sort_values(["scanner", "view"])
    assert len(rows) == 8
    assert hashed(render(rows, 64, options)) == SCANNERS


def test_large_images() -> None:
    options = PhantomOptions(patients=300)
    looks = identity.coarse(render(read(None, options).table.iloc[:2], 224, options))
    assert hashlib.sha256(looks.encode()).hexdigest()[:16] == LARGE


def test_its_identity_rests_on_all_its_files_and_is_found_at_once() -> None:
    phantom = replace(DATASET)
    started = time.process_time()
    assert len(phantom.identity) == 64
    assert time.process_time() - started < 1  # a tenth of that on a machine with nothing else to do
    files = {line.split()[0] for line in identity.sources(DATASET.code)}
    parts = ("anatomy", "disease", "image", "patients", "race", "scanner")
    assert {"cxr.phantom", *(f"cxr._phantom_{part}" for part in parts)} < files
    assert {"phantom.streams", "phantom.texture", "phantom.arrangement", "phantom.acquisition"} < files
    assert not any(name.startswith("cxr._chest") or "task" in name for name in files)
    changed = replace(DATASET, probe=PhantomOptions(patients=3, seed=1))
    assert changed.identity != phantom.identity
