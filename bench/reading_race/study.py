"""The study: one cohort, one seed, and the networks that its experiments share."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from filelock import FileLock

from bench import __version__, records, training
from bench.data.cohorts.external import External
from bench.reading_race import network as network_code
from bench.reading_race import transforms as transforms_code
from bench.reading_race.network import RaceNetwork, log_posteriors, race_cohort
from bench.reading_race.scores import Judge
from bench.reading_race.transforms import Identity, Transform
from bench.records import TrainingInfo
from bench.run import Run, make_folder
from bench.task import Cohort

#: Of a task and data set, where the results and networks of all studies stand.
FOLDER = "reading-race"
#: Images that the mean image is made of.
_AVERAGED = 1024


@dataclass(frozen=True)
class Pictures:
    """Images to train and test on: a cohort whose targets are the groups, its pixels, and a hash of the pixels.

    ``pixels`` is the image cache or anything that is indexed like it.
    """

    cohort: Cohort
    pixels: np.ndarray
    fingerprint: str

    def take(self, keep: np.ndarray) -> Pictures:
        """The images at which ``keep`` (N,) is true."""
        return replace(self, cohort=self.cohort.take(np.flatnonzero(keep)))


@dataclass(frozen=True)
class Trained:
    """A trained network, how its training went, and its id."""

    network: RaceNetwork
    info: TrainingInfo
    id: str


class Study:
    """Everything that the experiments of one seed share.

    ``cohort`` is the run's cohort with the groups as targets; ``findings`` are the targets the task itself has;
    ``notes`` say what was left out of the cohort for this study.
    """

    def __init__(self, run: Run, preset: Literal["quick", "paper", "full"], masks: Path | None = None) -> None:
        self.run, self.preset, self.masks = run, preset, masks
        self.images = run.open_images(run.cohort)
        self.diagnosed = self.images.apply(run.cohort)
        self.cohort, self.notes = race_cohort(self.diagnosed)
        self.findings = run.cohort.spec.targets
        self.folder = run.config.runs_dir / run.config.task.name / run.config.task.dataset / FOLDER

    @property
    def quick(self) -> bool:
        """Whether the grids are the coarse ones."""
        return self.preset == "quick"

    @property
    def full(self) -> bool:
        """Whether the grids hold everything, and not only what the paper has figures for."""
        return self.preset == "full"

    @property
    def size(self) -> int:
        """Side of the images, in pixels."""
        return self.cohort.spec.image_size

    @property
    def device(self) -> torch.device:
        """Where trained networks are read."""
        on_gpu = self.run.config.trainer.accelerator != "cpu" and torch.cuda.is_available()
        return torch.device("cuda" if on_gpu else "cpu")

    @cached_property
    def pictures(self) -> Pictures:
        """All images as they are."""
        return Pictures(self.cohort, self.images.pixels, self.run.images_fingerprint)

    def elsewhere(self, other: External) -> Pictures:
        """All images of another set (``test.dataset=…``), with the groups as targets."""
        images = other.chosen.open_images(other.whole, self.run.config.cache_dir)
        whole = images.apply(other.whole, checked=False)
        if whole.dataset != self.cohort.dataset:
            # Two data sets may number their patients alike; they are others all the same.
            patients = whole.dataset + ": " + whole.table["patient"]
            whole = replace(whole, table=whole.table.assign(patient=patients))
        return Pictures(race_cohort(whole)[0], images.pixels, other.chosen.fingerprint(other.whole))

    @cached_property
    def test(self) -> Cohort:
        """The test images."""
        return self.cohort.part("test")

    @cached_property
    def judge(self) -> Judge:
        """Scores posteriors of the test images."""
        return Judge(self.test)

    def network(self, transform: Transform | None = None, pictures: Pictures | None = None) -> Trained:
        """The network that reads the group from transformed images: trained, unless it has been before.

        Networks are shared by all experiments: each stands in a folder of its own below ``networks``, under the hash
        of everything that determines it. Interrupted, its training goes on from the last whole epoch.
        """
        transform, pictures, config = transform or Identity(), pictures or self.pictures, self.run.config
        identity = records.identity(
            {
                "version": __version__,
                "code": [_code(network_code.__file__), _code(transforms_code.__file__)],
                "transform": repr(transform),
                "cohort": [pictures.cohort.fingerprint, pictures.fingerprint],
                "backbone": config.backbone.label,
                "hyperparameters": config.method.hyperparameters,
                "seed": config.seed,
                "trainer": self.run.budget,
            }
        )
        folder = self.folder / "networks" / identity
        make_folder(folder)
        hyperparameters, spec = config.method.hyperparameters, pictures.cohort.spec
        network = training.build(RaceNetwork, config.backbone, hyperparameters, config.seed, spec)
        assert isinstance(network, RaceNetwork)
        network.transform = transform
        with FileLock(folder / ".lock"):
            if info := training.trained(folder):
                training.load(network, folder / training.WEIGHTS)
            else:
                train, val = pictures.cohort.part("train"), pictures.cohort.part("val")
                network.calibrate(train, pictures.pixels)
                info = training.fit(network, train, val, pictures.pixels, config.trainer, config.seed, folder)
        return Trained(network, info, identity)

    def posteriors(self, network: RaceNetwork, pictures: Pictures | None = None, split: str = "test") -> np.ndarray:
        """Log posteriors ``(N, K)`` of the images of a split, transformed as the network was trained on them."""
        pictures = pictures or self.pictures
        return log_posteriors(network, pictures.cohort.part(split), pictures.pixels, self.device)

    @cached_property
    def mean_image(self) -> np.ndarray:
        """The mean of many training images, ``(H, W) float``: what maps are drawn upon."""
        rows = self.cohort.part("train").rows
        some = rows[np.unique(np.linspace(0, len(rows) - 1, _AVERAGED).astype(int))]
        mean = np.asarray(self.images.pixels[some].mean(axis=0, dtype=np.float64))
        return mean if mean.ndim == 2 else np.asarray(mean.mean(axis=2))

    @cached_property
    def plain(self) -> Trained:
        """A1's network, trained on images as they are."""
        return self.network()

    @cached_property
    def plain_posteriors(self) -> np.ndarray:
        """What A1's network says of the test images as they are."""
        return self.posteriors(self.plain.network)

    def seen_through(self, transform: Transform) -> np.ndarray:
        """What A1's network says of test images that are changed at test time only."""
        network = self.plain.network
        network.transform = transform
        try:
            return self.posteriors(network)
        finally:
            network.transform = Identity()


def _code(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()
