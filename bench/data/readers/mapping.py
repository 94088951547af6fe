"""What the columns of someone's own table mean: the keys of a mapping, and the kinds of their values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model, model_validator

from bench.task import Task


def _word(value: Any) -> Any:
    """A value of the table as it stands there: text. Whole numbers lose nothing; blank is the empty word."""
    if isinstance(value, bool):
        raise ValueError("YAML reads a bare yes, no, on, off, true or false as a truth value: put it in quotes")
    if value is None:
        raise ValueError("YAML reads a bare null or ~, or nothing, as no value: write '' for blank cells")
    return str(value) if isinstance(value, int | float) else value


Word = Annotated[str, BeforeValidator(_word)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        """``age: AGE`` is short for ``age: {column: AGE}``."""
        return {"column": given} if isinstance(given, str) else given


class Image(_Part):
    """The column that names the image files, and how a name becomes a path below the root."""

    column: str
    path: str = Field("{}", pattern=r"\{\}")


class Features(BaseModel):
    """The file of features below the root, in the place of images.

    Of an array (``.npy``) the rows are those of the table; of parquet they are found by ``column``, which both have.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    file: str
    column: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        return {"file": given} if isinstance(given, str) else given


class _Cells(_Part):
    """A column, the table it is sought in (None: whichever has it), and which of its values say nothing."""

    column: str
    table: Literal["images", "patients"] | None = None
    unknown: list[Word] = [""]


class Column(_Cells):
    """A column, and what its values stand for; None: themselves."""

    values: dict[Word, Word] | None = None


class Covariate(Column):
    """A column that may explain the protected attribute, as words or, where it says so, as numbers.

    ``own`` says of a covariate that the task lacks that it is meant, though its name is like one of the task's.
    """

    number: bool | None = None
    own: bool = False


class Grouping(Column):
    """A column of an attribute, and the groups that it has in the place of the task's."""

    groups: list[Word] | None = None


class Target(_Cells):
    """A column with a finding: 1, 0 and blank for unknown, unless the words are given.

    ``own`` says of a finding that the task lacks that it is meant, though its name is like one of the task's.
    """

    positive: list[Word] = ["1", "1.0"]
    negative: list[Word] = ["0", "0.0"]
    own: bool = False

    def meaning(self) -> dict[str, float]:
        """What each word stands for."""
        return dict.fromkeys(self.negative, 0.0) | dict.fromkeys(self.positive, 1.0)


class Patients(BaseModel):
    """A second table, with a row a patient, and its column of the patient (None: named as in the first)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    table: str
    patient: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, given: Any) -> Any:
        return {"table": given} if isinstance(given, str) else given


class Mapping(BaseModel):
    """What every mapping holds; that of a task has its attributes besides."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    table: str
    patients: Patients | None = None
    image: Image | None = None
    features: Features | None = None
    patient: str
    study: str | None = None
    targets: dict[str, Target] = Field(min_length=1)
    own_attributes: dict[str, Grouping] = Field({}, alias="attributes")
    age: Column | None = None
    covariates: dict[str, Covariate] = {}
    split: Column | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Mapping:
        if (self.image is None) == (self.features is None):
            raise ValueError("names either image, the column of the image files, or features, a file of vectors")
        return self

    @property
    def image_column(self) -> str | None:
        """The column that says which image a row is of; None where rows go by their order."""
        named = self.image or self.features
        return named.column if named else None

    @property
    def task_attributes(self) -> dict[str, Grouping]:
        """The attributes of the task that are given, by name."""
        own = set(type(self).model_fields) - set(Mapping.model_fields)
        return {name: getattr(self, name) for name in sorted(own) if getattr(self, name)}

    @property
    def attributes(self) -> dict[str, Grouping]:
        """All attributes of patients that are given, by name."""
        return {**self.task_attributes, **self.own_attributes}

    def groups(self, name: str, task: type[Task]) -> tuple[str, ...]:
        """The groups of an attribute: those that are given, else the task's, else what its values stand for."""
        given = self.attributes.get(name)
        if given is not None and given.groups is not None:
            return tuple(given.groups)
        if name in task.attributes:
            return tuple(task.attributes[name])
        return tuple(sorted(set((given.values or {}).values()))) if given else ()

    def parts(self) -> Iterator[tuple[str, Column | Target]]:
        """What is read from either table: the name of each in the cohort, and where and how it stands."""
        yield from self.targets.items()
        yield from self.attributes.items()
        if self.age:
            yield "age", self.age
        yield from self.covariates.items()
        if self.split:
            yield "split", self.split

    def columns(self) -> Iterator[str]:
        """Every column that is named."""
        yield from (name for name in (self.image_column, self.patient) if name)
        if self.study:
            yield self.study
        yield from (part.column for _, part in self.parts())


def model_for(task: type[Task]) -> type[Mapping]:
    """The mappings of a task, whose attributes are keys."""
    fields: dict[str, Any] = dict.fromkeys(task.attributes, (Grouping | None, None))
    return create_model("OwnMapping", __base__=Mapping, **fields)
