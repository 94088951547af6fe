"""The table of a data set's images that every later step walks on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from bench.task.confounders import Confounder
from bench.task.task import TaskSpec

SPLITS = ("train", "val", "test")
#: A group of the protected attribute cannot be read, and no split scored, with fewer patients than this.
MIN_GROUP_PATIENTS = 5
#: Begins the name of the column that holds the true label of the target named after it.
TRUE = "true_"
_AGE_GROUPS = ("under 40", "40-59", "60-79", "80 and over")
_AGE_EDGES = (40.0, 60.0, 80.0)


@dataclass(frozen=True)
class Attribute:
    """A grouping of patients: names of the groups and each image's code, ``(N,) int``, -1 where unknown."""

    name: str
    groups: tuple[str, ...]
    codes: np.ndarray


@dataclass(frozen=True)
class Cohort:
    """The validated table of one data set: one row an image, sorted by ``image``, every patient in one split.

    ``excluded`` counts the rows left out, by reason, and ``set_to_unknown`` the values; ``rows_in`` is how many rows
    the data set's own table had, so that rows in are rows kept and rows left out. ``missing`` names the first few
    images that are not on disk. ``covariates`` are the columns that the task names as such.

    Made by :func:`bench.data.cohorts.build`; the constructor trusts its arguments.
    """

    table: pd.DataFrame
    spec: TaskSpec
    dataset: str
    synthetic: bool
    attribute_groups: Mapping[str, tuple[str, ...]]
    no_finding: str | None = None
    covariates: tuple[str, ...] = ()
    excluded: Mapping[str, int] = field(default_factory=dict)
    set_to_unknown: Mapping[str, int] = field(default_factory=dict)
    rows_in: int = 0
    missing: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.table)

    def part(self, split: str) -> Cohort:
        """The rows of one split, in the same order."""
        return self.take(np.flatnonzero((self.table["split"] == split).to_numpy()))

    def take(self, rows: list[int] | np.ndarray) -> Cohort:
        """The rows at these positions, in this order."""
        return replace(self, table=self.table.iloc[rows])

    @cached_property
    def rows(self) -> np.ndarray:
        """Each image's row in the image cache, ``(N,) int64``."""
        return self.table.index.to_numpy(dtype=np.int64)

    @cached_property
    def targets(self) -> np.ndarray:
        """Targets ``(N, T) float32`` as reported: 1, 0, NaN for unknown."""
        return self.table[list(self.spec.targets)].to_numpy(dtype=np.float32)

    @property
    def true_labels(self) -> tuple[str, ...]:
        """The targets whose true label the data set gives beside the reported one."""
        return tuple(name for name in self.spec.targets if f"{TRUE}{name}" in self.table)

    @cached_property
    def truth(self) -> np.ndarray:
        """What the scores on test patients are made against, ``(N, T) float32``: 1, 0, NaN for unknown.

        The true labels of the targets that have them, and of the others the reported ones. Within a target the two are
        never mixed: an image whose true label is unknown is not scored on it.
        """
        true = self.true_labels
        columns = [f"{TRUE}{name}" if name in true else name for name in self.spec.targets]
        return self.table[columns].to_numpy(dtype=np.float32)

    @cached_property
    def patients(self) -> np.ndarray:
        """Patient codes ``(N,) int64``, 0 … P-1 in the order of the patients' ids."""
        return np.unique(self.table["patient"].to_numpy(dtype=str), return_inverse=True)[1].astype(np.int64)

    @property
    def groups(self) -> np.ndarray:
        """Codes of the protected attribute ``(N,) int64``, -1 for unknown."""
        return self.attribute(self.spec.protected).codes

    def attribute(self, name: str) -> Attribute:
        """The grouping of this name: an attribute of the task, or ``age_group``."""
        if name == "age_group":
            age = self.table["age"].to_numpy(dtype=float)
            codes = np.where(np.isnan(age), -1, np.searchsorted(_AGE_EDGES, age, side="right"))
            return Attribute(name, _AGE_GROUPS, codes.astype(np.int64))
        groups = self.attribute_groups[name]
        codes = pd.Categorical(self.table[name], categories=list(groups)).codes
        return Attribute(name, groups, np.asarray(codes, dtype=np.int64))

    def attributes(self) -> list[Attribute]:
        """Every grouping that scores are broken down by: each attribute, age group, and race × sex where both are."""
        known = [self.attribute(name) for name in (*self.attribute_groups, "age_group")]
        known = [attribute for attribute in known if (attribute.codes >= 0).any()]
        by_name = {attribute.name: attribute for attribute in known}
        if "race" in by_name and "sex" in by_name:
            known.append(_cross(by_name["race"], by_name["sex"]))
        return known

    def confounders(self, labels: np.ndarray) -> tuple[Confounder, ...]:
        """What may explain the protected attribute, as far as known: the diagnosis, and what else the table tells.

        To the diagnosis belong the labels, view, sex and age; the other covariates of the task are marked as such. The
        protected attribute is left out, and so are attributes that may be finer steps of it. Latent causes from which a
        phantom is drawn are nobody's to know.

        Args:
            labels: of the targets (N, T), 1, 0 or NaN: :attr:`truth` where there is no reason against it. Reported
                labels may hang on both disease and protected attribute; what is alike in them differs in both.
        """
        found = [
            Confounder(name, "label", np.where(np.isnan(column), -1, column).astype(np.int64))
            for name, column in zip(self.spec.targets, labels.T, strict=True)
        ]
        if "view" in self.table:
            found.append(self._confounder("view"))
        if "sex" in self.attribute_groups and self.spec.protected != "sex":
            sex = self.attribute("sex")
            found.append(Confounder("sex", "category", sex.codes, sex.groups))
        found.append(self._confounder("age"))
        others = (name for name in self.covariates if name not in ("view", self.spec.protected) and name in self.table)
        found += [replace(self._confounder(name), covariate=True) for name in others]
        # A column that says nothing, or the same of all, explains nothing.
        return tuple(one for one in found if len(np.unique(one.values[~np.isnan(one.values)])) > 1)

    def _confounder(self, name: str) -> Confounder:
        """A column of the table: a number where all that is not missing are numbers and more than two differ."""
        column = self.table[name]
        if column.dtype.kind in "fiu" and column.nunique() > 2:
            return Confounder(name, "number", column.to_numpy(dtype=np.float64))
        coded = pd.Categorical(column)
        return Confounder(name, "category", np.asarray(coded.codes, dtype=np.int64), tuple(map(str, coded.categories)))

    @cached_property
    def fingerprint(self) -> str:
        """Hash of every cell of the table and of the spec: the same cohort gives the same on every machine."""
        digest = hashlib.sha256(repr((self.spec, self.dataset)).encode())
        digest.update(self.table.reset_index(drop=True).to_csv(index=False, float_format="%.6g").encode())
        return digest.hexdigest()

    @cached_property
    def split_fingerprint(self) -> str:
        """Hash of which image is in which split: scores of different splits are not comparable."""
        rows = self.table[["image", "patient", "split"]].to_csv(index=False)
        return hashlib.sha256(rows.encode()).hexdigest()


def _cross(a: Attribute, b: Attribute) -> Attribute:
    names = tuple(f"{left}, {right}" for left in a.groups for right in b.groups)
    known = (a.codes >= 0) & (b.codes >= 0)
    codes = np.where(known, a.codes * len(b.groups) + b.codes, -1)
    return Attribute(f"{a.name} x {b.name}", names, codes.astype(np.int64))
