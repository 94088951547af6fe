"""Digital Hand Atlas (Gertych et al., 2007): left hands of healthy children; race, sex and age from the folders.

Not run on the real set: the names of its folders are those that its pages and public readers of it name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from bench.data.tables import Rows
from bench.errors import BenchError
from bench.task import Dataset, Options, Reading, require_root

from . import Hand

_FOLDER = "JPEGimages"
_RACES = {"ASI": "Asian", "BLK": "Black", "CAU": "White", "HIS": "Hispanic"}
_GROUPS = tuple(race + sex for race in _RACES for sex in "FM")
_OLDEST = 18


def read(root: Path | None, options: Options) -> Reading:
    """Every JPEG image of the eight groups; all that is known of a child is in its folder's name.

    The folder's age is the child's, in completed years; the children are healthy, so that it stands for their bone age.
    The file's name is the patient. Counted and left out are files that are no JPEG image by their name.

    Args:
        root: the folder that holds ``JPEGimages/ASIF/ASIF00/<id>.jpg`` …: group (ASI, BLK, CAU or HIS, then F or M),
            then age; the age's folder may be named ``ASIF00``, ``ASI00`` or ``00``.
        options: none.

    Raises:
        BenchError: where one of the eight groups is lacking, or a folder is of another name.
    """
    root = require_root(root, "digital_hand_atlas")
    lacking = [group for group in _GROUPS if not (root / _FOLDER / group).is_dir()]
    if lacking:
        raise BenchError(
            f"{root} lacks the folder {', '.join(f'{_FOLDER}/{group}' for group in lacking)}. Without all eight"
            " groups the images would not be those of the atlas: unpack all of them."
        )
    rows = Rows(pd.DataFrame(_files(root), columns=["image", "group", "age"]))
    rows.leave_out(~rows.table["image"].str.lower().str.endswith((".jpg", ".jpeg")), "file other than a JPEG image")
    table = rows.table
    if table.empty:
        raise BenchError(f"The folders below {root / _FOLDER} hold no JPEG image.")
    thresholds = {name: int(name.rpartition("_")[2]) for name in Hand.targets}
    return rows.reading(
        {
            "image": table["image"],
            "patient": table["image"].map(lambda path: Path(path).stem),
            **{name: (table["age"] > years).astype(float) for name, years in thresholds.items()},
            "race": table["group"].str[:3].map(_RACES),
            "sex": table["group"].str[3],
            "age": table["age"].astype(float),
        }
    )


def _files(root: Path) -> Iterator[tuple[str, str, int]]:
    """Path from the root, group and age of every file."""
    for folder in sorted(entry for entry in (root / _FOLDER).iterdir() if entry.is_dir()):
        if folder.name not in _GROUPS:
            raise BenchError(
                f"{folder} is no group of the Digital Hand Atlas: {', '.join(_GROUPS)}. Move it out of there."
            )
        for of_age in sorted(entry for entry in folder.iterdir() if entry.is_dir()):
            named = re.fullmatch(rf"(?:{folder.name}|{folder.name[:3]})?(\d\d)", of_age.name)
            if named is None or int(named[1]) > _OLDEST:
                raise BenchError(
                    f"{of_age} names no age of 00 to {_OLDEST} years of the group {folder.name}, as"
                    f" {folder.name}00 does. Move it out of there, or name it so."
                )
            for file in sorted(entry for entry in of_age.iterdir() if entry.is_file()):
                yield file.relative_to(root).as_posix(), folder.name, int(named[1])


DATASET = Dataset(
    name="digital_hand_atlas",
    summary="about 1,400 radiographs of the left hands of healthy children; race, sex and age",
    read=read,
    source="https://ipilab.usc.edu/research/baaweb",
    licence="for research, by the University of Southern California",
)
