"""Tables as text: encoding and separator are found out, every record knows its line, and what is damaged is refused."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import IO

from rich.markup import escape

from bench.errors import BenchError
from bench.terminal import say

#: A record's first line in the file, counted from 1, and its fields as they stand.
Record = tuple[int, list[str]]

SEPARATORS = (",", ";", "\t")
#: The one encoding of old that is tried, Western European: every text could be read in any of the others.
_OLD = "cp1252"
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
#: What the separator and UTF-16 without its mark are told from: characters or bytes, and records.
_SAMPLE, _RECORDS = 2**16, 50
_BLOCK = 2**20
#: The first line of some tables for spreadsheets, which is no record.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)


def records(file: Path) -> Iterator[Record]:
    """The records of a table in text, compressed where its name ends in ``.gz``; the first is its header.

    It may be in UTF-8, with or without its mark, in UTF-16 or in cp1252, with commas, semicolons or tabs between the
    fields. Lines without anything are skipped. Fields beyond the header's are left away where every record has them,
    and all are blank: some programs end every row in a separator more.

    Raises:
        BenchError: for a file that cannot be read, fields beyond the header's, or an end in the middle of a record.
    """
    try:
        encoding = _encoding(file)
        with _opened(file) as content, io.TextIOWrapper(content, encoding, newline="") as text:
            yield from _checked(file, _Lines(text), _separator(file, encoding))
    except csv.Error as error:
        raise _refused(file, f"{error}. A quote inside a value is written twice") from error
    except UnicodeDecodeError as error:
        raise _refused(file, f"it is no text in {error.encoding}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise _refused(file, " ".join(str(error).split()).rstrip(".") or type(error).__name__) from error


class _Lines:
    """The lines of a text, the first, which may name the separator, as a blank one; it remembers the last."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text, self.last = text, ""

    def __iter__(self) -> Iterator[str]:
        for number, line in enumerate(self.text):
            if number == 0:
                line = line.lstrip("\ufeff")
            if "\0" in line:
                raise OSError("it holds bytes of zero, so it is damaged or no text")
            if "\ufeff" in line:
                raise OSError(
                    f"a file begins anew in its line {number + 1}, so it is damaged or put together of several"
                )
            self.last = line
            yield "\n" if number == 0 and _SEPARATOR_LINE.fullmatch(line) else line


def _checked(file: Path, lines: _Lines, separator: str) -> Iterator[Record]:
    """The records, none longer than the first."""
    width, rows, line, fields = 0, 0, 0, [""]
    moved: list[int] = []
    blank: list[int] = []
    for line, fields in _parsed(lines, separator):
        if not width:
            width = len(fields)
        elif len(fields) == 1 < width and not fields[0].strip():
            continue
        else:
            rows += 1
        if len(fields) > width:
            (moved if any(field.strip() for field in fields[width:]) else blank).append(line)
        yield line, fields[:width]
    if not width:
        raise _refused(file, "it is empty")
    if moved or 0 < len(blank) < rows:
        first = (moved or blank)[0]
        raise _refused(
            file,
            f"{len(moved or blank):,} rows with more fields than its header has names, the first in line {first}. A"
            f" {_NAMES[separator]} inside a value needs quotes around the value, and one at the end of a row has to be"
            " at the end of every row",
        )
    if len(fields) < width and not lines.last.endswith(("\n", "\r")):
        raise BenchError(
            f"{file} ends in the middle of line {line}, with fewer fields than its header has names, so rows"
            " after it are lacking as well. Download or export it again."
        )


_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}


def _parsed(lines: _Lines, separator: str) -> Iterator[Record]:
    reader = csv.reader(iter(lines), delimiter=separator, strict=True, skipinitialspace=True)
    line = 1
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # A quote that is never closed is found at the end of the file: the line where it stands says more.
            raise csv.Error(f"the row that begins in line {line} is not whole ({error})") from error
        if fields:
            yield line, fields
        line = reader.line_num + 1


def _opened(file: Path) -> IO[bytes]:
    return gzip.open(file) if file.suffix.lower() == ".gz" else open(file, "rb")  # type: ignore[return-value]


def _encoding(file: Path) -> str:
    """UTF-8 or UTF-16 where the text says so or can be read so; else cp1252, and whoever watches is told.

    Raises:
        UnicodeDecodeError: for a text in neither.
        BenchError: for a text most of whose letters are in UTF-8, and some in nothing.
    """
    with _opened(file) as content:
        head = content.read(_SAMPLE)
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            return name
    # Of UTF-16 without its mark every other byte is zero, in most writing of the West.
    for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = head[first::2].count(0), head[1 - first :: 2].count(0)
        if len(head) > 2 and not others and 2 * zeros > len(head) // 2:
            return name
    good = bad = 0
    for block in _decoded(file, "utf-8", "replace"):
        strange = block.count("\ufffd")
        bad += strange
        good += len(block) - len(block.encode("ascii", "ignore")) - strange
    if not bad:
        return "utf-8"
    if good > bad:
        raise _refused(
            file, f"it is in UTF-8, and {bad:,} of its bytes are not: it is damaged or put together of several"
        )
    for _ in _decoded(file, _OLD, "strict"):
        pass
    _tell(file)
    return _OLD


@cache
def _tell(file: Path) -> None:
    """Say, once a file, that its encoding is taken for granted."""
    say(
        escape(
            f"{file.name} is not in UTF-8 and is read as {_OLD} (Western European). If letters come out wrong, save it"
            " in UTF-8."
        )
    )


def _decoded(file: Path, encoding: str, errors: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    with _opened(file) as content:
        while block := content.read(_BLOCK):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _separator(file: Path, encoding: str) -> str:
    """What parts the fields: what the first line says, or what parts the header and the records below it alike.

    Raises:
        BenchError: when two do so equally well.
    """
    with _opened(file) as content, io.TextIOWrapper(content, encoding, newline="") as text:
        sample = text.read(_SAMPLE)
    said = _SEPARATOR_LINE.match(sample)
    if said and said[1] in SEPARATORS:
        return said[1]
    found = {separator: _widths(sample, separator) for separator in SEPARATORS}
    ranks = {
        separator: (all(width == widths[0] for width in widths), widths[0])
        for separator, widths in found.items()
        if widths and widths[0] > 1
    }
    if not ranks:
        return SEPARATORS[0]
    best = [separator for separator, rank in ranks.items() if rank == max(ranks.values())]
    if len(best) > 1:
        names = " and by ".join(f"{_NAMES[separator]}s" for separator in best)
        raise _refused(
            file, f"its header is parted by {names} into {ranks[best[0]][1]} names each: put names in quotes"
        )
    return best[0]


def _widths(sample: str, separator: str) -> list[int]:
    """How many fields each of the first records has, without blanks beyond the first's."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        rows = [row for row in islice(reader, _RECORDS) if row]
    except csv.Error:
        return []
    if len(sample) == _SAMPLE and len(rows) > 1 and not next(reader, None):
        rows.pop()  # cut off by the end of the sample
    width = len(rows[0]) if rows else 0
    return [len(row) if any(row[width:]) else min(len(row), width) for row in rows]


def _refused(file: Path, why: str) -> BenchError:
    return BenchError(f"{file} cannot be read as a CSV table: {why}. Download or export it again.")
