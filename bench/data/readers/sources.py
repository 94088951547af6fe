"""The tables that a mapping names: one with a row an image, and one with a row a patient where there is one."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bench.data.readers.faults import Faults
from bench.data.readers.loading import is_outside
from bench.data.readers.mapping import Column, Mapping, Target
from bench.data.tables import column_names, lacking, read_table
from bench.errors import BenchError, listed

Part = Column | Target


@dataclass(frozen=True)
class Sources:
    """The columns that a mapping names of its tables, as text, each row by its line.

    ``in_patients`` are the parts of the mapping, by column and table asked for, that stand in the table of patients.
    """

    mapping: Mapping
    file: Path
    images: pd.DataFrame
    patients_file: Path | None
    patients: pd.DataFrame | None
    key: str
    in_patients: Collection[tuple[str, str | None]]

    @classmethod
    def read(cls, root: Path, mapping_file: Path, mapping: Mapping, faults: Faults) -> Sources:
        """Read both tables; columns that are lacking or in both are added to the faults.

        Raises:
            BenchError: with all faults, when a table cannot be read or lacks the columns that say what is a row.
        """
        with faults.final():
            file = _table(root, mapping_file, mapping.table)
            patients_file = _table(root, mapping_file, mapping.patients.table) if mapping.patients else None
            names = column_names(file)
            people = column_names(patients_file) if patients_file else []
        key = (mapping.patients and mapping.patients.patient) or mapping.patient
        rows = [name for name in (mapping.image_column, mapping.patient, mapping.study) if name]
        own, of_people = _divided(mapping, names, people, key, faults)
        wanted = dict.fromkeys([*rows, *(part.column for part in own)])
        _refuse_lacking(file, wanted, names, faults)
        if patients_file:
            _refuse_lacking(patients_file, dict.fromkeys([key, *(part.column for part in of_people)]), people, faults)
        if set(rows) - set(names) or (patients_file and key not in people):
            faults.refuse()
        with faults.final():
            images = read_table(file, [name for name in wanted if name in names])
            there = [part.column for part in of_people if part.column in people]
            patients = _one_each(patients_file, key, there, images[mapping.patient]) if patients_file else None
        chosen = {(part.column, part.table) for part in of_people}
        return cls(mapping, file, images, patients_file, patients, key, chosen)

    def file_of(self, part: Part) -> Path:
        """The table that a part stands in."""
        return self.patients_file if self._is_of_patients(part) and self.patients_file else self.file

    def words(self, part: Part, rows: pd.DataFrame) -> pd.Series | None:
        """A part's column in its own table, of patients those who are in these rows; None where there is none."""
        if self._is_of_patients(part) and self.patients is not None:
            if part.column not in self.patients:
                return None
            return self.patients[self.patients[self.key].isin(rows[self.mapping.patient])][part.column]
        return rows.get(part.column)

    def by_row(self, values: pd.Series, part: Part, rows: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
        """Values of a part's own table for these rows of images, and of which the patient is in no row of it."""
        if not self._is_of_patients(part) or self.patients is None:
            return values, pd.Series(False, index=rows.index)
        of_patient = pd.Series(values.to_numpy(), index=self.patients.loc[values.index, self.key])
        patient = rows[self.mapping.patient]
        return of_patient.reindex(patient).set_axis(rows.index), ~patient.isin(of_patient.index)

    def _is_of_patients(self, part: Part) -> bool:
        return (part.column, part.table) in self.in_patients


def _table(root: Path, mapping_file: Path, name: str) -> Path:
    file = root / name.replace("\\", "/")
    if is_outside(name) or not file.is_file():
        raise BenchError(f"{mapping_file} names the table {name!r}, and there is no {file}.")
    return file


def _divided(
    mapping: Mapping, names: list[str], people: list[str], key: str, faults: Faults
) -> tuple[list[Part], list[Part]]:
    """The parts that stand in the table of images, or in none, and those that stand in that of patients."""
    own: list[Part] = []
    of_people: list[Part] = []
    for name, part in mapping.parts():
        both = part.column in names and part.column in people and part.column != key
        if part.table is None and both:
            faults.add(
                f"{name}: the column {part.column!r} is in the table of images and in that of patients. Say which is"
                f" meant: {{column: {part.column}, table: images}}, or table: patients."
            )
        only = part.table is None and part.column not in names and part.column in people
        (of_people if part.table == "patients" or only else own).append(part)
    return own, of_people


def _refuse_lacking(file: Path, wanted: Iterable[str], found: list[str], faults: Faults) -> None:
    if absent := [name for name in wanted if name not in found]:
        faults.add(f"{file} {lacking(absent, found)}")


def _one_each(file: Path, key: str, columns: list[str], patients: pd.Series) -> pd.DataFrame:
    """The table of patients, a row each.

    Raises:
        BenchError: for a patient with rows that differ, or when nobody in it has an image.
    """
    table = read_table(file, dict.fromkeys([key, *columns])).dropna(subset=[key])
    table = table[~table.duplicated()]
    twice = table[key].duplicated(keep=False)
    if twice.any():
        first = table.index[table[key] == table[key][twice].iloc[0]]
        raise BenchError(
            f"{file} has rows that differ for {table[key][twice].nunique():,} patients, the first in lines"
            f" {listed(list(map(str, first)))}. It is to have a row a patient: leave one of them."
        )
    if not table[key].isin(patients).any():
        raise BenchError(
            f"None of the patients in column {key!r} of {file} has an image: ids are compared as they are written, such"
            f" as {next(iter(table[key]), '')!r} there and {next(iter(patients.dropna()), '')!r} with the images."
        )
    return table
