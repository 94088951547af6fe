"""The proof of paired intervals and tie classes: ``python -m tests.proofs.ranking_table`` prints three tables.

Boards are made up from known effects of patients and seeds (:class:`tests.statistics.crossed.World`), the sizes of
which are about those of a decodability. It takes a minute of one core; ``--boards 100`` shows in seconds that it works.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from bench.statistics.pairing import SeedValues, paired
from bench.statistics.ranking import Place, rank
from tests.statistics.crossed import SMALL, World

#: For critical values; fewer than a board takes, as they average out over many boards.
DRAWS = 4000

#: What moves the score, in the table of coverages.
WORLDS = {
    "patients and seeds, as measured": SMALL,
    "patients alone": replace(SMALL, training=0.0, single=0.0),
    "seeds, 9 parts of 10": replace(SMALL, training=0.04, single=0.0),
    "seeds alone": replace(SMALL, training=0.04, own=0.0, single=0.0),
    "patients, another effect in every seed": replace(SMALL, training=0.0, own=0.0),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boards", type=int, default=1000, help="of each setting")
    boards: int = parser.parse_args().boards
    print(
        f"Twelve rows, three of them truly equal and best, one worse by twice the resolution; {boards:,} boards each.\n"
    )
    print(as_table(RANKING, (ranking(World(seeds, patients), boards) for patients in (1500, 9000) for seeds in (3, 5))))
    print(f"\nCoverage of the paired 95% interval, {4 * boards:,} pairs each.\n")
    print(as_table(COVERAGE, ([name, *coverages(world, 4 * boards)] for name, world in WORLDS.items())))
    print(f"\nRows that are all truly equal, five seeds; {boards:,} boards each.\n")
    print(as_table(EQUAL, (equal(rows, boards) for rows in (2, 3, 6, 12))))


RANKING = (
    "seeds",
    "patients",
    "paired standard error",
    "independent",
    "resolution",
    "coverage of paired intervals",
    "the equal best stand together",
    "each of them may be best",
    "the worse row is out",
)


def ranking(world: World, boards: int) -> list[str]:
    """One line: every row is compared with the last, the baseline, and all are ranked."""
    truths, rng = world.board(), np.random.default_rng(0)
    errors, covered, together, may_be_best, out = [], [], [], [], []
    for _ in range(boards):
        rows = world.draw(truths, rng)
        differences = [paired(row, rows[-1]) for row in rows[:-1]]
        true = truths[:-1] - truths[-1]
        covered += [found.low <= d <= found.high for found, d in zip(differences, true, strict=True)]
        errors.append((differences[0].standard_error, differences[0].independent_error))
        places = _ranked(rows)
        together.append(all(place.tie_class == 1 for place in places[:3]))
        may_be_best.append([place.may_be_best for place in places[:3]])
        out.append(places[3].tie_class > 1)
    standard, independent = np.mean(errors, axis=0)
    sizes = [f"{size:.4f}" for size in (standard, independent, world.resolution())]
    shares = [_percent(marks) for marks in (covered, together, may_be_best, out)]
    return [str(world.seeds), f"{world.patients:,}", *sizes, *shares]


COVERAGE = ("what moves the difference", "1 seed", "3 seeds", "5 seeds")


def coverages(world: World, pairs: int) -> list[str]:
    """By the number of seeds. One seed cannot tell how seeds differ, so its interval holds for that seed alone."""
    shares = []
    for seeds in (1, 3, 5):
        one, rng = replace(world, seeds=seeds, training=world.training if seeds > 1 else 0.0), np.random.default_rng(0)
        if one.own == one.single == one.training == 0:
            shares.append("–")  # nothing moves the difference
            continue
        found = [paired(*one.draw([0.1, 0.0], rng)) for _ in range(pairs)]
        shares.append(_percent([difference.low <= 0.1 <= difference.high for difference in found]))
    return shares


EQUAL = ("rows", "all stand together", "each may be best")


def equal(rows: int, boards: int) -> list[str]:
    """What a comparison with the best does promise, and what it does not."""
    rng = np.random.default_rng(0)
    found = [_ranked(SMALL.draw(np.zeros(rows), rng)) for _ in range(boards)]
    together = [all(place.tie_class == 1 for place in places) for places in found]
    return [str(rows), _percent(together), _percent([[place.may_be_best for place in places] for places in found])]


def as_table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Markdown."""
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, ["---"] * len(head), *lines))


def _ranked(rows: Sequence[SeedValues]) -> list[Place]:
    """Places in the order of the rows."""
    return sorted(rank(rows, "down", draws=DRAWS), key=lambda place: place.row)


def _percent(marks: Sequence[bool] | Sequence[Sequence[bool]]) -> str:
    return f"{100 * float(np.mean(marks)):.1f}%"


if __name__ == "__main__":
    main()
