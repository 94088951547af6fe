"""Chest radiographs: findings, and how well race can be read from a network that looks for them."""

from bench.task import Task


class ChestXray(Task):
    """Findings on frontal chest radiographs."""

    name = "cxr"
    summary = "six findings, none among them, on frontal chest radiographs"
    targets = ("effusion", "cardiomegaly", "opacity", "pneumothorax", "nodule", "no_finding")
    no_finding = "no_finding"
    attributes = {"race": ("Asian", "Black", "White"), "sex": ("F", "M")}  # noqa: RUF012 - declared ClassVar by Task
    covariates = ("bmi", "scanner", "site", "view")
