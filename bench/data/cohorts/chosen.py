"""The task and data set that a configuration names, and the cohort they make: for a run, a check, an export."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.config.paths import path_options
from bench.data import cohorts, vectors
from bench.data.cohorts import twins
from bench.data.pixels import cache
from bench.data.pixels.fingerprint import fingerprint
from bench.data.pixels.kinds import source
from bench.data.pixels.sources import Source
from bench.errors import BenchError
from bench.files import user_cache
from bench.plugins.registry import TASKS, datasets
from bench.task import Cohort, Dataset, Options, Task, VectorFile

if TYPE_CHECKING:
    from bench.config import TaskConfig


@dataclass(frozen=True)
class Chosen:
    """A task, one of its data sets, and the options of both."""

    config: TaskConfig
    task: type[Task]
    dataset: Dataset
    options: Options

    @property
    def stated(self) -> dict[str, Any]:
        """The data set's own options as a record states them: without paths, which are somebody's folders."""
        paths = path_options(self.dataset.options, "")
        return {name: value for name, value in self.options.model_dump(mode="json").items() if name not in paths}

    def cohort(self, checked: bool = True) -> Cohort:
        """Read the table and make the cohort of it (see :func:`bench.data.cohorts.build`).

        Raises:
            BenchError: for a data set that cannot be read or would make a run wrong, or whose folder is not given.
        """
        self._require_place()
        return cohorts.build(
            self.dataset.read(self.config.root, self.options),
            self.task,
            self.dataset,
            protected=self.config.protected,
            groups=self.config.groups,
            targets=self.config.targets,
            split=self.config.split,
            image_size=self.config.image_size,
            checked=checked,
        )

    def source(self) -> Source:
        """Where the pixels of the data set come from.

        Raises:
            BenchError: for a data set in files whose folder is not given or not there.
        """
        self._require_place()
        return source(self.dataset, self.options, self.config.root)

    def _require_place(self) -> None:
        """Say of a public set that is not there who gives it, under what licence, and where to put it."""
        name, given = self.dataset.name, self.config.root is not None
        if given or self.dataset.rendered or not self.dataset.source:
            return
        own = "phantom" in [entry.name for entry in datasets(TASKS.get(self.config.plugin)).entries()]
        raise BenchError(
            f"Data set {name!r} does not come with this program: get it from {self.dataset.source} (licence:"
            f" {self.dataset.licence}), unpack it into a folder, and name that with task.root=/path/to/{name}."
            f" {'task.dataset=phantom' if own else 'task=cxr'} runs at once, on synthetic patients."
        )

    def seen(self, cohort: Cohort, race_free: bool) -> Cohort:
        """The cohort whose pixels stand for this one's: for a method that is race-free, its twins that show no race."""
        return twins.twin(cohort, self.dataset, None) if race_free else cohort

    @cached_property
    def vectors(self) -> VectorFile | None:
        """The file of features of a data set whose images are stored as vectors; None for one of pixels."""
        return self.dataset.vectors(self.config.root, self.options) if self.dataset.vectors else None

    def fingerprint(self, cohort: Cohort) -> str:
        """Hash of everything that the pixels of a cohort of this data set depend on."""
        if self.vectors:
            return vectors.fingerprint(cohort, self.vectors)
        return fingerprint(cohort, self.dataset, self.options, self.config.root, self.config.image_size)

    def open_images(self, cohort: Cohort, cache_dir: Path | None) -> cache.Images:
        """The images of a cohort of this data set with rows numbered from 0, by :func:`.cache.open_images`.

        Args:
            cohort: whose images.
            cache_dir: where images are kept; None takes the user's cache.
        """
        if self.vectors:
            return vectors.open_vectors(cohort, self.vectors)
        return cache.open_images(
            cohort,
            self.dataset,
            self.options,
            self.config.root,
            cache_dir or user_cache() / "images",
            self.config.image_size,
            workers=os.cpu_count() or 1,
            max_unreadable=self.config.max_unreadable,
        )

    def prepared(self, cohort: Cohort, cache_dir: Path | None) -> cache.Images | None:
        """The images of a cohort if they are in the cache, by :func:`.cache.prepared`."""
        if self.vectors:
            return vectors.open_vectors(cohort, self.vectors)
        config = self.config
        folder = cache_dir or user_cache() / "images"
        return cache.prepared(cohort, self.dataset, self.options, config.root, folder, config.image_size)


def choose(config: TaskConfig) -> Chosen:
    """Import what the configuration names.

    Raises:
        BenchError: for an unknown task or data set, or one that cannot be imported.
    """
    entry = TASKS.get(config.plugin)
    dataset = datasets(entry).get(config.dataset).load()
    options = dataset.options.model_validate(config.options, strict=False)
    return Chosen(config, entry.load(), dataset, options)
