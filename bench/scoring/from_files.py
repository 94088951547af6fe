"""Networks whose features lie in files: what is read of each, and how they differ on the same patients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from bench.errors import BenchError
from bench.pages.document import Column, Document, Grid, Measured, Missing, Row, Rows, Section
from bench.records import NETWORK, Score, Scores
from bench.scoring import document, readings
from bench.scoring.catalogue import DECODABILITY, GIVEN_DIAGNOSIS, GIVEN_KNOWN
from bench.scoring.decodability import Decodability, Suite, decode
from bench.scoring.decodability.files import Labels
from bench.statistics.bootstrap import Interval
from bench.statistics.influence import interval
from bench.task import Attribute


@dataclass(frozen=True)
class Difference:
    """What is read of network ``b`` less what is read of ``a``, on the same patients, by a measure's key."""

    metric: str
    a: str
    b: str
    estimate: Interval


@dataclass(frozen=True)
class Compared:
    """One attribute read from several networks: their layers by name, and their differences in pairs."""

    attribute: Attribute
    networks: Mapping[str, Mapping[str, Decodability]]
    differences: tuple[Difference, ...]

    def scores(self, network: str) -> list[Score]:
        """Tidy scores of all layers of a network, together first."""
        found = self.networks[network].values()
        return [score for one in found for score in readings.scores(one, attribute=self.attribute.name)]

    def flags(self, network: str) -> list[str]:
        """What was raised of a network, and of which layer."""
        layers = self.networks[network].items()
        return [flag if name == NETWORK else f"{name}: {flag}" for name, one in layers for flag in one.flags]

    def report(self, labels: Labels) -> dict[str, object]:
        """All of it as JSON."""
        return {
            "left_out": dict(labels.left_out[self.attribute.name]),
            "networks": {
                name: {"flags": self.flags(name), "scores": [_plain(score) for score in self.scores(name)]}
                for name in self.networks
            },
            "differences": [
                {"metric": one.metric, "a": one.a, "b": one.b, **asdict(one.estimate)} for one in self.differences
            ],
        }


def named(paths: Sequence[Path], layers: Sequence[Mapping[str, np.ndarray]]) -> dict[str, Mapping[str, np.ndarray]]:
    """The networks by the names of their files, by their whole paths where two are called the same.

    Raises:
        BenchError: where a file is named twice.
    """
    stems = [path.stem for path in paths]
    names = stems if len(set(stems)) == len(stems) else [str(path) for path in paths]
    if len(set(names)) < len(names):
        raise BenchError(f"A network is compared with others, not with itself: {', '.join(names)} name a file twice.")
    return dict(zip(names, layers, strict=True))


def rows(networks: Mapping[str, Mapping[str, np.ndarray]]) -> int:
    """N, the rows that all layers of all networks have.

    Raises:
        BenchError: where they differ.
    """
    found = {
        f"{name} ({layer})": len(values) if np.ndim(values) else 0
        for name, layers in networks.items()
        for layer, values in layers.items()
    }
    if len(set(found.values())) > 1:
        of_each = ", ".join(f"{name} {n}" for name, n in found.items())
        raise BenchError(
            f"Features must be of the same images, one row an image, in one order; there are {of_each} rows."
        )
    return next(iter(found.values()))


def told(labels: Labels, attribute: Attribute) -> list[str]:
    """What is said before an attribute is read: who is left out, the groups, and how C is taken."""
    lines = [
        f"left out: {n:,} of {len(attribute.codes):,} images, whose {reason}"
        for reason, n in labels.left_out[attribute.name].items()
    ]
    counts = np.bincount(attribute.codes + 1, minlength=len(attribute.groups) + 1)[1:]
    groups = ", ".join(f"{name!r} ({n:,})" for name, n in zip(attribute.groups, counts, strict=True))
    lines.append(f"read as {attribute.name}: {groups}")
    given = [f"{one.name} ({one.kind})" for one in labels.of(attribute)]
    return [*lines, f"given: {', '.join(given)}"] if given else lines


def compare(
    networks: Mapping[str, Mapping[str, np.ndarray]],
    labels: Labels,
    attribute: Attribute,
    suite: Suite,
    seed: int = 0,
    fast: bool = False,
    tell: Callable[[str], None] | None = None,
) -> Compared:
    """Read an attribute from each network, in the same splits of the same patients.

    Args:
        networks: layers (N, D) of each network, by name.
        labels: of the N images.
        attribute: one of them.
        suite: who reads.
        seed: of splits, probes and controls.
        fast: linear probes and the headline only.
        tell: told of each step.
    """
    found = {
        name: decode(
            layers,
            attribute.codes,
            labels.patients,
            labels.of(attribute),
            suite=suite,
            group_names=attribute.groups,
            seed=seed,
            fast=fast,
            tell=tell,
        )
        for name, layers in networks.items()
    }
    whole = {name: read[NETWORK] for name, read in found.items()}
    pairs = [
        pair for one, other in combinations(found, 2) for pair in _differences((one, whole[one]), (other, whole[other]))
    ]
    return Compared(attribute, found, tuple(pairs))


def documents(compared: Compared) -> list[Document]:
    """What is shown: a page a network, and one of their differences where there are several."""
    pages = []
    for name in compared.networks:
        page = document.document(Scores(compared.scores(name), compared.attribute.name), compared.flags(name))
        title = f"{name}: {page.title}" if len(compared.networks) > 1 else page.title
        pages.append(Document(page.sections, title))
    return [*pages, _of_differences(compared)] if compared.differences else pages


def _plain(score: Score) -> dict[str, object]:
    """A score as JSON: of files there are no targets."""
    return score.model_dump(exclude={"target"})


def _differences(a: tuple[str, Decodability], b: tuple[str, Decodability]) -> list[Difference]:
    found = [_difference(DECODABILITY.key, a[0], b[0], *((one.one_vs_one, one.influence) for _, one in (a, b)))]
    for measure, given in (
        (GIVEN_DIAGNOSIS, [one.given_diagnosis for _, one in (a, b)]),
        (GIVEN_KNOWN, [one.given_known for _, one in (a, b)]),
    ):
        values = [(one.one_vs_one, one.influence) for one in given if one is not None]
        if len(values) == 2:
            found.append(_difference(measure.key, a[0], b[0], *values))
    return found


def _difference(
    metric: str, a: str, b: str, first: tuple[Interval, np.ndarray], second: tuple[Interval, np.ndarray]
) -> Difference:
    """The squares of the differences of influence values a patient add up to the variance of the difference."""
    if first[0].value is None or second[0].value is None:
        return Difference(metric, a, b, Interval(None))
    value = second[0].value - first[0].value
    error = float(np.sqrt(np.square(second[1] - first[1]).sum()))
    return Difference(metric, a, b, Interval(value, *interval(value, error)))


def _of_differences(compared: Compared) -> Document:
    titles = {measure.key: measure.title for measure in (DECODABILITY, GIVEN_DIAGNOSIS, GIVEN_KNOWN)}
    by_metric: dict[str, list[Row]] = {}
    for one in compared.differences:
        limits = one.estimate
        shown = (
            Missing("no overlap")
            if limits.value is None
            else Measured(limits.value, limits.low, limits.high, signed=True)
        )
        by_metric.setdefault(one.metric, []).append((f"{one.b} − {one.a}", shown))
    rows: Sequence[Rows] = [Rows(tuple(lines), titles[metric]) for metric, lines in by_metric.items()]
    grid = Grid((Column(""), Column("difference", estimates=True)), tuple(rows), intervals="apart")
    title = f"Decodability of {compared.attribute.name}: differences on the same patients, with paired 95% intervals"
    return Document((Section((grid,)),), title)
