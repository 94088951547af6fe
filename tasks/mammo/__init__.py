"""Mammograms: cancer within a year, the reader's call, and race."""

from bench.task import Task


class Mammo(Task):
    """Cancer within a year and the radiologist's assessment on mammograms."""

    name = "mammo"
    summary = "cancer within a year, recalled or suspicious, and negative mammograms, by breast"
    targets = ("cancer", "suspicious", "no_finding")
    no_finding = "no_finding"
    attributes = {"race": ("Asian", "Black", "White")}  # noqa: RUF012 - declared ClassVar by Task
    covariates = ("bmi", "density", "scanner", "side", "site", "view")
    modality = "MG"
    body_part = "BREAST"
