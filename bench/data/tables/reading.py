"""What readers of data sets share: tables read as text, rows left out and counted, values mapped and never guessed."""

from __future__ import annotations

import gzip
import os
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from bench.errors import BenchError, suggest
from bench.task import Reading

#: What to make of a finding that the labeler calls uncertain: absent, present, or unknown.
Uncertain = Literal["zeros", "ones", "ignore"]

#: Why rows are left out whose image is not on disk, and how many of them are named.
MISSING = "image file missing"
_NAMED = 3

_BROKEN_TEXT = (
    OSError, UnicodeDecodeError, EOFError, zlib.error, pd.errors.ParserError, pd.errors.EmptyDataError,
)  # fmt: skip


class Rows:
    """A data set's table while its reader narrows it down; every row left out is counted under its reason.

    ``table`` is what is left, with the index of the table it began with. ``excluded`` counts by reason what
    :meth:`leave_out` dropped: ``rows``, those that came in, are rows left plus these. ``unknown`` counts what
    :meth:`note` found in rows that stay. ``missing`` names the first few files that were not there.

    Args:
        table: the rows as they stand.
        excluded: rows that were left out before there was a table, by reason; they came in, too.
    """

    def __init__(self, table: pd.DataFrame, excluded: Mapping[str, int] | None = None) -> None:
        self.table = table
        self.excluded: Counter[str] = Counter({reason: n for reason, n in (excluded or {}).items() if n})
        self.unknown: Counter[str] = Counter()
        self.missing: tuple[str, ...] = ()
        self.rows = len(table) + self.excluded.total()

    def leave_out(self, wrong: pd.Series, reason: str) -> None:
        """Drop the rows for which ``wrong``, a bool for each row of ``table``, is true."""
        if wrong.any():
            self.excluded[reason] += int(wrong.sum())
            self.table = self.table[~wrong]

    def leave_out_missing(self, wanted: Sequence[str], what: str) -> None:
        """Drop the rows that are blank in any of these columns, as "<what> missing"."""
        self.leave_out(self.table[list(wanted)].isna().any(axis=1), f"{what} missing")

    def leave_out_files(self, root: Path, paths: pd.Series, where: str) -> None:
        """Drop the rows whose file is not on disk.

        Args:
            root: the data set's folder.
            paths: each row's path below it, NaN where nothing says what it would be.
            where: where images are looked for, as a sentence that ends the message.

        Raises:
            BenchError: when there are rows but no file of any.
        """
        there = np.array([isinstance(path, str) and os.path.isfile(root / path) for path in paths], dtype=bool)
        if len(there) and not there.any():
            first = paths.dropna().head(1).tolist()
            raise BenchError(
                f"{root} holds none of the {len(there):,} images that its table names"
                + (f", the first being {first[0]}" if first else "")
                + f". {where}"
            )
        self.missing = tuple(paths[~there].dropna().head(_NAMED))
        self.leave_out(pd.Series(~there, index=self.table.index), MISSING)

    def merge(self, key: Sequence[str]) -> None:
        """Keep the first of the rows that agree in these columns: they came in as one, and none counts as left out."""
        again = self.table.duplicated(list(key))
        self.rows -= int(again.sum())
        self.table = self.table[~again]

    def note(self, rows: pd.Series, what: str) -> None:
        """Count rows that stay, of which something is not used; ``what`` says so ("age set to unknown (…)")."""
        if rows.any():
            self.unknown[what] += int(rows.sum())

    def reading(self, columns: Mapping[str, Any]) -> Reading:
        """The reader's answer: these columns, in the order of the rows that are left, and the counts."""
        table = pd.DataFrame(dict(columns), index=self.table.index).reset_index(drop=True)
        return Reading(table, dict(self.excluded), dict(self.unknown), self.rows, self.missing)


def read_table(file: Path, columns: Iterable[str], optional: Iterable[str] = ()) -> pd.DataFrame:
    """Columns of a CSV file (``.csv``, ``.csv.gz``) or of the first sheet of a workbook (``.xlsx``), all as text.

    Cells and column names are stripped; blank cells are NaN and nothing else is: "NA" and "None" are words. Rows that
    are blank throughout stay.

    Args:
        file: the table; its first row names the columns.
        columns: those that must be there, in the order in which they are returned.
        optional: those that are returned too where they are there.

    Raises:
        BenchError: for a file that cannot be read, rows longer than the header, or a column that is lacking or named
            twice.
    """
    return columns_of(read_cells(file), file, columns, optional)


def read_cells(file: Path) -> pd.DataFrame:
    """All cells of a table, as text and as they stand, without names: for tables whose header is no plain first row.

    Raises:
        BenchError: for a file that cannot be read, or rows longer than the first.
    """
    return _workbook(file) if file.suffix.lower() == ".xlsx" else _text(file)


def columns_of(cells: pd.DataFrame, file: Path, columns: Iterable[str], optional: Iterable[str] = ()) -> pd.DataFrame:
    """What :func:`read_table` makes of cells whose first row names the columns."""
    names = cells.iloc[0].fillna("").astype(str).str.strip()
    body = cells.iloc[1:].reset_index(drop=True)
    found = [name for name in names if name]
    lacking = [name for name in columns if name not in found]
    if lacking:
        hint = " Its columns seem to be parted by semicolons: save it with commas." if ";" in names.iloc[0] else ""
        raise BenchError(
            f"{file} lacks the column {', '.join(map(repr, lacking))}.{hint or suggest(lacking[0], found)}"
        )
    wanted = [*dict.fromkeys([*columns, *(name for name in optional if name in found)])]
    twice = [name for name in wanted if found.count(name) > 1]
    if twice:
        raise BenchError(f"{file} has {found.count(twice[0])} columns named {twice[0]!r}. Rename all but one.")
    place = {name: position for position, name in enumerate(names)}
    table = pd.DataFrame({name: body.iloc[:, place[name]].astype(object) for name in wanted}, index=body.index)
    table = table.apply(lambda column: column.str.strip() if column.notna().any() else column)
    return table.mask(table == "")


def find_one(
    root: Path,
    names: Sequence[str],
    what: str,
    folders: Sequence[str] = (".",),
    remedy: str = "task.root must be the folder that holds it.",
) -> Path:
    """The one file of these names in these folders below the root.

    Args:
        root: the data set's folder.
        names: file names or patterns (``nlst_780_prsn*.csv``), the preferred first.
        what: what the file is, for the message ("the table of images").
        folders: folders below the root or patterns of them; the first that holds a file of a name counts.
        remedy: a sentence on what to do where there is none.

    Raises:
        BenchError: when there is none, or a folder holds several that fit one pattern.
    """
    for name in names:
        for pattern in folders:
            found = sorted(file for folder in _folders(root, pattern) for file in folder.glob(name) if file.is_file())
            if len(found) > 1:
                listed = ", ".join(file.relative_to(root).as_posix() for file in found)
                raise BenchError(f"{root} holds several files that may be {what}: {listed}. Leave one of them there.")
            if found:
                return found[0]
    where = f" (looked for in {', '.join(folders)})" if tuple(folders) != (".",) else ""
    raise BenchError(f"{root} holds no {' or '.join(names)}{where}, {what}. {remedy}")


def files_below(root: Path, folders: Sequence[str]) -> dict[str, str]:
    """Every file in these folders (or patterns of them), not below: its path from the root, by its name.

    Of a name that stands in several, the folder that comes first counts. A name that stands in none leads to its path
    in the first, where there is no such file, so that it can be told what is missing.
    """
    found = _Files(folders[0])
    for folder in (folder for pattern in folders for folder in _folders(root, pattern)):
        prefix = "" if folder == root else f"{folder.relative_to(root).as_posix()}/"
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_file():
                    found.setdefault(entry.name, prefix + entry.name)
    return found


class _Files(dict[str, str]):
    def __init__(self, first: str) -> None:
        super().__init__()
        self.first = first

    def __missing__(self, name: str) -> str:
        if not isinstance(name, str):
            return np.nan  # a blank cell
        return name if self.first == "." else f"{self.first}/{name}"


def map_values(
    values: pd.Series, mapping: Mapping[str, str | float], unknown: Collection[str], where: str, remedy: str = ""
) -> pd.Series:
    """Each value by what the mapping makes of it; those listed as unknown, and blanks, are NaN.

    Spaces in a row count as one, in the values and in the mapping, since releases differ in them.

    Args:
        values: text, NaN where blank.
        mapping: value → what it stands for.
        unknown: values that say nothing.
        where: what holds them, for the message ("Column 'race' of /data/admissions.csv.gz").
        remedy: a sentence on what to do about a value of another kind.

    Raises:
        BenchError: for a value that is in neither; all of them are named, with the rows of each.
    """
    meaning: dict[str, Any] = {_one_space(word): np.nan for word in unknown}
    meaning |= {_one_space(word): meant for word, meant in mapping.items()}
    plain = values.map({value: _one_space(value) for value in values.dropna().unique()})
    strange = plain[plain.notna() & ~plain.isin(meaning)].value_counts()
    if len(strange):
        listed = ", ".join(f"{value!r} ({rows:,} rows)" for value, rows in strange.head(10).items())
        more = f" and {len(strange) - 10} more" if len(strange) > 10 else ""
        raise BenchError(
            f"{where} holds {listed}{more}, which nothing says how to read.{remedy and ' ' + remedy}"
            f"{suggest(str(strange.index[0]), [word or '(blank)' for word in meaning])}"
        )
    return plain.map(meaning).astype(object)


def whole_numbers(values: pd.Series) -> pd.Series:
    """Codes as text without the ``.0`` that a column with blanks is exported with: ``3.0`` is ``3``."""
    return values.str.replace(r"^(-?\d+)\.0+$", r"\1", regex=True)


def one_value(values: pd.Series, patients: pd.Series) -> tuple[pd.Series, set[str]]:
    """Each patient's one recorded value, from a table with several rows a patient.

    Args:
        values: the value of each row, NaN where nothing is known.
        patients: the patient of each row.

    Returns:
        The value by patient (patients without any are not in it), and the patients of whom two are recorded.
    """
    known = pd.DataFrame({"patient": patients, "value": values}).dropna().drop_duplicates()
    torn = set(known["patient"][known["patient"].duplicated()])
    return known[~known["patient"].isin(torn)].set_index("patient")["value"], torn


def only_groups(rows: Rows, name: str, values: pd.Series, groups: Collection[str]) -> pd.Series:
    """Values that are no group of the task set to unknown, counted by value: ``race set to unknown (HISPANIC)``."""
    other = values.notna() & ~values.isin(list(groups))
    for value in sorted(values[other].unique()):
        rows.note(values == value, f"{name} set to unknown ({value})")
    return values.mask(other)


def numbers(rows: Rows, name: str, values: pd.Series) -> pd.Series:
    """Text as numbers; what is none is set to unknown and counted: ``age set to unknown (not a number)``."""
    parsed = pd.to_numeric(values, errors="coerce").astype(float)
    parsed = parsed.where(np.isfinite(parsed))
    rows.note(values.notna() & parsed.isna(), f"{name} set to unknown (not a number)")
    return parsed


def labels(values: pd.Series, uncertain: Uncertain, blank: float, where: str) -> pd.Series:
    """A finding as labelers of reports write it, 1, 0, −1 (uncertain) or blank, as 1, 0 or NaN.

    Args:
        values: text, NaN where the report does not mention the finding.
        uncertain: what −1 becomes.
        blank: what a finding that is not mentioned becomes, 0 or NaN.
        where: what holds them, for the message.

    Raises:
        BenchError: for a value of another kind.
    """
    doubt = {"zeros": 0.0, "ones": 1.0, "ignore": np.nan}[uncertain]
    meaning = {f"{value}{end}": meant for value, meant in ((1, 1.0), (0, 0.0), (-1, doubt)) for end in ("", ".0")}
    return map_values(values, meaning, (), where).astype(float).mask(values.isna(), blank)


#: As much of a file's end is looked at as its last line may hold, in bytes.
_TAIL = 2**16


def _text(file: Path) -> pd.DataFrame:
    """All cells of a CSV file, the header as the first row."""
    plain: dict[str, Any] = {"header": None, "dtype": str, "keep_default_na": False, "encoding": "utf-8-sig"}
    try:
        _refuse_zeros(file)
        header = pd.read_csv(file, nrows=1, skip_blank_lines=False, **plain)
        try:
            body = pd.read_csv(file, skiprows=1, low_memory=False, **plain)
        except pd.errors.EmptyDataError:
            return header
    except _BROKEN_TEXT as error:
        raise BenchError(f"{file} cannot be read as a CSV table: {_line(error)}. Download it again.") from error
    width = header.shape[1]
    # Some tables end every row in one comma more than the header: blank fields, and no loss.
    surplus = body.iloc[:, width:].apply(lambda column: column.str.strip()).fillna("").ne("").any(axis=1)
    if surplus.any():
        raise BenchError(
            f"{file} has {int(surplus.sum()):,} rows with more fields than its header has names, the first in line"
            f" {int(surplus.idxmax()) + 2}. A comma inside a value needs quotes around the value."
        )
    if _ends_in_the_middle(file, width):
        raise BenchError(
            f"{file} ends in the middle of line {len(body) + 1}, with fewer fields than its header has names, so rows"
            " after it are lacking as well. Download or export it again."
        )
    return pd.concat([header, body.iloc[:, :width]], ignore_index=True)


def _refuse_zeros(file: Path) -> None:
    """Refuse a text with bytes of zero in it, at which pandas ends a value in silence.

    Raises:
        BenchError: when there is one: in a file whose blocks were lost, or of another kind.
    """
    with gzip.open(file) if file.suffix.lower() == ".gz" else open(file, "rb") as content:
        if any(b"\0" in block for block in iter(lambda: content.read(2**20), b"")):
            raise BenchError(
                f"{file} cannot be read as a CSV table: it holds bytes of zero. It is damaged, or no text in UTF-8:"
                " download or export it again."
            )


def _ends_in_the_middle(file: Path, width: int) -> bool:
    """Whether the last line of a plain file has no end and too few fields; of compressed files the cut is found anyway.

    pandas reads fields that are not there as blank ones.
    """
    if file.suffix.lower() != ".csv":
        return False
    with open(file, "rb") as content:
        content.seek(-min(_TAIL, file.stat().st_size), os.SEEK_END)
        tail = content.read()
    last = tail.rpartition(b"\n")[2]
    # An end, or a line of a quoted value of several lines, of which nothing can be said.
    if not last or last.endswith(b"\r") or b'"' in last or len(last) == _TAIL:
        return False
    return last.count(b",") + 1 < width


def _workbook(file: Path) -> pd.DataFrame:
    try:
        return pd.read_excel(file, header=None, dtype=str, keep_default_na=False, engine="openpyxl")
    except ImportError as error:
        raise BenchError(
            f"{file} is a workbook, which needs openpyxl: pip install openpyxl, or save the sheet as CSV beside it."
        ) from error
    except Exception as error:  # broken files make openpyxl, zipfile and the XML parser raise all there is
        raise BenchError(f"{file} cannot be read as a workbook: {_line(error)}. Download it again.") from error


def _folders(root: Path, pattern: str) -> list[Path]:
    found = [root] if pattern == "." else root.glob(pattern)
    return sorted(folder for folder in found if folder.is_dir())


def _one_space(text: str) -> str:
    return " ".join(text.split())


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
