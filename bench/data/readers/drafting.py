"""A draft of the mapping of someone's table, for them to check: every line that was guessed says so."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import pandas as pd

from bench.data.readers import vocabulary
from bench.data.readers.loading import alike, number
from bench.data.readers.places import place_of_images
from bench.data.tables import column_names, read_table
from bench.errors import BenchError
from bench.task import Task

#: Words of a column that are looked at and named, and ages beyond which a number stands for a missing one.
_MOST, _OLDEST = 12, 120
#: Words that YAML reads as something else.
_NOT_BARE = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def draft(table: Path, task: type[Task]) -> str:
    """The text of a mapping for a table that lies in the folder of the data set, or above its images.

    Names of columns, the words in them, and the files below the folder are compared with what is common. What cannot be
    guessed is left to a comment, and no word is given a meaning in silence.

    Raises:
        BenchError: for a table that cannot be read, or has columns of one name.
    """
    if not table.is_file():
        raise BenchError(f"There is no file {table}. bench data map takes the table of your images: visits.csv.")
    return _Draft(table, task).text()


class _Draft:
    """The columns of a table, each used once."""

    def __init__(self, table: Path, task: type[Task]) -> None:
        self.file, self.task = table, task
        self.cells = read_table(table, column_names(table))
        self.left = list(self.cells.columns)
        self.offered: list[str] = []

    def text(self) -> str:
        """All lines."""
        image, patient = self._image(), self._line("patient", self._take("patient"))
        study = self._take("study")
        people = [*self._attributes(), *self._age()]
        split = self._split()
        targets = self._targets()
        covariates = [(name, column) for name in self.task.covariates if (column := self._take(name))]
        lines = [
            f"# A draft for task {self.task.name}, from the {len(self.cells):,} rows of {_shown(self.file.name)}.",
            "# Check every line that says guess.",
            "# docs/own_data.md explains the keys; bench data check reads the data set by this mapping.",
            f"table: {_quoted(self.file.name)}",
            *image,
            *patient,
            *([f"study: {_quoted(study)}  # guess, by its name"] if study else []),
            *targets,
            *people,
            *(["covariates:"] if covariates else []),
            *(f"  {name}: {_quoted(column)}  # guess, by its name" for name, column in covariates),
            *split,
        ]
        rest = [name for name in self.left if name not in self.offered]
        if rest:
            lines.append(f"# Nothing was made of: {', '.join(map(_shown, rest))}")
        return "\n".join(lines) + "\n"

    def _take(self, role: str, words: Collection[str] = ()) -> str | None:
        """The column that is called like a role, or by these words; of several the one of the shortest name."""
        fits = [
            name for name in self.left if vocabulary.fits(name, role) or (words and vocabulary.sharing(name, words))
        ]
        return self._taken(fits)

    def _taken(self, fits: Collection[str]) -> str | None:
        best = min(fits, key=lambda name: len(vocabulary.tokens(name)), default=None)
        if best is not None:
            self.left.remove(best)
        return best

    def _line(self, key: str, column: str | None) -> list[str]:
        if column is None:
            return [f"# {key}: the column of it, which could not be guessed"]
        return [f"{key}: {_quoted(column)}  # guess, by its name"]

    def _image(self) -> list[str]:
        column = self._take("image")
        candidates = [column] if column else self.left
        for name in candidates:
            path = place_of_images(self.file.parent, self.cells[name].dropna())
            if path:
                if name in self.left and not vocabulary.ROLES["patient"] & set(vocabulary.tokens(name)):
                    self.left.remove(name)
                return [
                    f"image: {{column: {_quoted(name)}, path: {_quoted(path)}}}  # guess, by the files that are there"
                ]
        if column is None:
            return ["# image: {column: …, path: …}, which could not be guessed: no column names files that are there"]
        return [f"image: {_quoted(column)}  # guess, by its name; no file of such a name is in the folder of the table"]

    def _words(self, column: str) -> pd.Series:
        """How many rows hold each word, blank the empty one; by number of rows."""
        return self.cells[column].fillna("").value_counts()

    def _targets(self) -> list[str]:
        found = {name: column for name in self.task.targets if (column := self._named(name))}
        lines = [line for name, column in found.items() for line in self._target(name, column)]
        own = [name for name in self.left if self._is_finding(name)]
        for column in own:
            name = "_".join(vocabulary.tokens(column))
            near = alike(name, self.task.targets)
            made = self._target(name, column, own=near is not None)
            if not name.isidentifier():
                continue
            self.offered.append(column)
            if not found:
                lines += made
            else:
                lines += [f"  # or a finding of your own?{line}" for line in made[:1]]
        head = "targets:" if any(not line.lstrip().startswith("#") for line in lines) else "# targets: none was guessed"
        return [head, *lines]

    def _named(self, target: str) -> str | None:
        words = target.split("_")
        fits = [name for name in self.left if vocabulary.sharing(name, words)]
        fits = [name for name in fits if target == "no_finding" or "no" not in vocabulary.tokens(name)]
        return self._taken(fits)

    def _is_finding(self, column: str) -> bool:
        kinds = {vocabulary.finding(word) for word in self._words(column).index}
        return {"positive", "negative"} <= kinds and None not in kinds

    def _target(self, name: str, column: str, own: bool = False) -> list[str]:
        words = self._words(column)
        kinds: dict[str, list[str]] = {"positive": [], "negative": [], "unknown": []}
        for word in words.index:
            if kind := vocabulary.finding(word):
                kinds[kind].append(word)
        strange = [word for word in words.index if vocabulary.finding(word) is None]
        plain = set(kinds["positive"]) <= {"1", "1.0"} and set(kinds["negative"]) <= {"0", "0.0"}
        if plain and set(kinds["unknown"]) <= {""} and not own:
            value = _quoted(column)
        else:
            lists = "".join(f", {kind}: {_list(listed)}" for kind, listed in kinds.items() if listed)
            value = f"{{column: {_quoted(column)}{lists}{', own: true' if own else ''}}}"
        return [
            f"  {name}: {value}  # guess{_counts(words)}",
            *_strange(strange, words, "positive, negative or unknown"),
        ]

    def _attributes(self) -> list[str]:
        lines = []
        for name, groups in self.task.attributes.items():
            column = self._take(name, name.split("_"))
            if column is None:
                continue
            words = self._words(column)
            values = {word: group for word in words.index if (group := vocabulary.group(word, groups))}
            silent = [word for word in words.index if word not in values and _says_nothing(word)]
            strange = [word for word in words.index if word not in values and word not in silent]
            lines.append(f"{name}: {_mapped(column, values, silent)}  # guess{_counts(words)}")
            lines += _strange(strange, words, "values or unknown; groups: [A, B] names groups of your own")
        return lines

    def _age(self) -> list[str]:
        column = self._take("age")
        if column is None:
            return []
        words = self._words(column)
        spoken = [word for word in words.index if pd.isna(number(word))]
        values = {word: str(years) for word in spoken if (years := vocabulary.years(word)) is not None}
        silent = [word for word in spoken if word not in values and vocabulary.is_silent(word)]
        silent += [word for word in words.index if word not in spoken and not 0 <= number(word) <= _OLDEST]
        strange = [word for word in spoken if word not in values and word not in silent]
        what = f"  # guess, {len(words) - len(spoken):,} numbers"
        return [f"age: {_mapped(column, values, silent)}{what}", *_strange(strange, words, "values or unknown")]

    def _split(self) -> list[str]:
        column = self._take("split")
        if column is None:
            return []
        words = self._words(column)
        values = {word: part for word in words.index if (part := vocabulary.split(word))}
        silent = [word for word in words.index if vocabulary.is_silent(word)]
        if not values or len(values) + len(silent) < len(words):
            self.left.append(column)
            return []
        return [f"split: {_mapped(column, values, silent)}  # guess{_counts(words)}; used with task.split=official"]


def _says_nothing(word: str) -> bool:
    """Whether a word tells of no group; "NA" may be one, such as Native American."""
    return vocabulary.is_silent(word) and word.lower() != "na"


def _mapped(column: str, values: Mapping[str, str], silent: Collection[str]) -> str:
    """A column, its values where one is not its own meaning, and the words that say nothing where there are some."""
    given = any(word != meant for word, meant in values.items())
    if not given and set(silent) <= {""}:
        return _quoted(column)
    pairs = ", ".join(f"{_quoted(word)}: {_quoted(meant)}" for word, meant in values.items())
    return f"{{column: {_quoted(column)}{f', values: {{{pairs}}}' if given else ''}, unknown: {_list([*silent])}}}"


def _strange(words: Collection[str], counts: pd.Series, where: str) -> list[str]:
    """A comment on words of which nothing was made; the mapping is refused until each has a place."""
    if not words:
        return []
    named = ", ".join(f"{_shown(word)} ({counts[word]:,})" for word in list(words)[:_MOST])
    more = f" and {len(words) - _MOST:,} more" if len(words) > _MOST else ""
    return [f"  # {named}{more} still have no place, which is needed: {where}"]


def _counts(words: pd.Series) -> str:
    """The words that a column holds, for a comment."""
    if len(words) > _MOST:
        return f", {len(words):,} different words"
    return f"; rows: {', '.join(f'{_shown(word)} {n:,}' for word, n in words.items())}"


def _list(words: Iterable[str]) -> str:
    return f"[{', '.join(map(_quoted, words))}]"


def _quoted(word: str) -> str:
    """A word as YAML reads it back."""
    bare = re.fullmatch(r"[A-Za-z][A-Za-z0-9_.]*", word) and word.lower() not in _NOT_BARE
    return word if bare else json.dumps(word, ensure_ascii=False)


def _shown(word: object) -> str:
    """A word on one line of a comment."""
    return _quoted(str(word))
