"""Hand radiographs of healthy children: bone age, in steps, and race."""

from bench.task import Task


class Hand(Task):
    """Bone age on radiographs of children's left hands.

    Bone age is ordinal. It becomes binary targets, each asking whether the hand is older than so many completed years
    (cumulative targets, Frank and Hall, ECML 2001), so that every score of a diagnosis applies. The thresholds 6, 10
    and 14 cut 0-18 years into four stretches. No hand here is ill, so that no target says "healthy".
    """

    name = "hand"
    summary = "bone age over 6, 10 and 14 years on radiographs of children's hands"
    targets = ("bone_age_over_6", "bone_age_over_10", "bone_age_over_14")
    attributes = {  # noqa: RUF012 - declared ClassVar by Task
        "race": ("Asian", "Black", "Hispanic", "White"),
        "sex": ("F", "M"),
    }
    covariates = ("bone_age", "scanner", "site")
    body_part = "HAND"
