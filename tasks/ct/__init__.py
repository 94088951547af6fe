"""Slices of chest CT: lung cancer within a year, the screen's result, and race."""

from bench.task import Task


class ChestCT(Task):
    """Lung cancer within a year and the result of the screen on slices of chest CT."""

    name = "ct"
    summary = "lung cancer within a year, positive and clear screens on slices of low-dose chest CT"
    targets = ("cancer", "suspicious", "no_finding")
    no_finding = "no_finding"
    attributes = {"race": ("Asian", "Black", "White"), "sex": ("F", "M")}  # noqa: RUF012 - declared ClassVar by Task
    covariates = ("bmi", "scanner", "site", "slice_position", "window")
    modality = "CT"
    body_part = "CHEST"
