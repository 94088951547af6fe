"""Photographs of skin lesions: malignant or not, and how well the tone of the skin can be read."""

from bench.task import Task


class Skin(Task):
    """Malignancy of skin lesions on dermoscopic and clinical photographs.

    ``skin_tone`` joins six recorded steps into three groups, the same in every data set: light (Fitzpatrick I-II),
    medium (III), dark (IV-VI). Of the darkest steps there are too few to score them by themselves. ``tone`` and
    ``fitzpatrick`` keep the steps themselves, for tables by tone. A data set without either has sex and age:
    ``task.protected=sex``.
    """

    name = "skin"
    summary = "malignant against benign skin lesions on dermoscopic and clinical photographs"
    targets = ("malignant",)
    attributes = {  # noqa: RUF012 - declared ClassVar by Task
        "skin_tone": ("dark", "medium", "light"),
        "tone": ("0-1", "2", "3", "4", "5"),
        "fitzpatrick": ("I", "II", "III", "IV", "V", "VI"),
        "sex": ("F", "M"),
    }
    protected = "skin_tone"
    covariates = ("view", "body_site")
    image_size = 112
    channels = 3
    dataset = "milk10k"
