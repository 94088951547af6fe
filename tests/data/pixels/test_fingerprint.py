"""What determines pixels and what does not."""

import dataclasses
import os

from bench.data.pixels.fingerprint import fingerprint
from bench.task import Options
from tests.data.pixels.plates import DRAWN, FILES, cohort_of


def test_what_changes_the_fingerprint_and_what_does_not(folder):
    def of(cohort, dataset=FILES, size=16):
        return fingerprint(cohort, dataset, Options(), folder, size)

    cohort = cohort_of(FILES, 60)
    assert of(cohort) == of(cohort_of(FILES, 60, targets=["bright"]))
    distinct = {
        of(cohort),
        of(cohort, size=32),
        of(cohort, dataclasses.replace(FILES, version=2)),
        of(cohort, dataclasses.replace(FILES, name="other")),
        of(cohort.take(range(59))),
        of(cohort.take([1, 0, *range(2, 60)])),
    }
    assert len(distinct) == 6
    os.utime(folder / "00000.png", (1, 1))
    assert of(cohort) not in distinct
    (folder / "00000.png").unlink()
    assert of(cohort) not in distinct


def test_images_replaced_by_others_of_the_same_length_and_time_are_others(folder):
    cohort, file = cohort_of(FILES, 60), folder / "00041.png"

    def of(content):
        file.write_bytes(content)
        os.utime(file, (1, 1))  # as reproducible archives and synchronised copies leave it
        return fingerprint(cohort, FILES, Options(), folder, 16)

    whole = bytes(range(256)) * 100
    found = {of(whole), of(b"x" + whole[1:]), of(whole[:-1] + b"x"), of(whole[:13_000] + b"x" + whole[13_001:])}
    assert len(found) == 4
    assert of(whole) in found


def test_a_phantoms_fingerprint_is_of_its_options_and_its_rows():
    class Dial(Options):
        dial: int = 0

    cohort = cohort_of(DRAWN, 60)
    moved = dataclasses.replace(cohort, table=cohort.table.assign(split="train"))
    other = dataclasses.replace(cohort, table=cohort.table.assign(bright=0.0))
    assert fingerprint(cohort, DRAWN, Dial(), None, 16) == fingerprint(moved, DRAWN, Dial(), None, 16)
    assert fingerprint(cohort, DRAWN, Dial(), None, 16) != fingerprint(other, DRAWN, Dial(), None, 16)
    assert fingerprint(cohort, DRAWN, Dial(), None, 16) != fingerprint(cohort, DRAWN, Dial(dial=1), None, 16)
