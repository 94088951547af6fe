"""All that is wrong with a mapping and its tables, found before anything is said, so that one call tells it all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench.errors import BenchError


class Faults:
    """Sentences on what is wrong, in the order in which they were found."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, fault: str) -> None:
        """Note what is wrong."""
        if fault not in self.found:
            self.found.append(fault)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note what the block refuses, and go on after it."""
        try:
            yield
        except BenchError as error:
            self.add(str(error))

    @contextmanager
    def final(self) -> Iterator[None]:
        """What the block refuses is the last that can be found.

        Raises:
            BenchError: with all faults.
        """
        try:
            yield
        except BenchError as error:
            self.add(str(error))
            self.refuse()

    def refuse(self) -> None:
        """Refuse what has faults.

        Raises:
            BenchError: with every fault that was noted, if there is one.
        """
        if len(self.found) == 1:
            raise BenchError(self.found[0])
        if self.found:
            numbered = " ".join(f"({number}) {fault}" for number, fault in enumerate(self.found, start=1))
            raise BenchError(f"{len(self.found)} things are to be mended. {numbered}")
