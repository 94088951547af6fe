"""What a task is: its targets, its protected attribute, what may be set on its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """What a user may set on a data set as ``task.<name>=…``. A data set with options of its own subclasses this."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


@dataclass(frozen=True)
class TaskSpec:
    """What a method may know of its task: names and sizes, never a patient."""

    task: str
    targets: tuple[str, ...]
    protected: str
    groups: tuple[str, ...]
    image_size: int
    channels: int = 1
    #: Numbers of a vector, where images are stored as vectors; None: pixels.
    vectors: int | None = field(default=None, repr=False)


class Task:
    """A clinical task: its targets, attributes, covariates, image size, backbone, and where its data sets stand.

    A subclass in ``tasks/<name>/__init__.py`` sets the class attributes; its data sets are the other files of that
    folder, each ending in ``DATASET = Dataset(...)``.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    targets: ClassVar[tuple[str, ...]]
    #: The target that says "healthy": its false positives are the underdiagnosed (Seyyed-Kalantari et al., 2021).
    no_finding: ClassVar[str | None] = None
    attributes: ClassVar[Mapping[str, tuple[str, ...]]]
    protected: ClassVar[str] = "race"
    covariates: ClassVar[tuple[str, ...]] = ()
    image_size: ClassVar[int] = 64
    #: DICOM's modality and body part of exported phantoms: "DX" for radiographs, else what the images show is said.
    modality: ClassVar[str] = "DX"
    body_part: ClassVar[str] = ""
    #: 1 for grey values, 3 for RGB.
    channels: ClassVar[int] = 1
    backbone: ClassVar[str] = "resnet_small"
    dataset: ClassVar[str] = "phantom"
