"""Whether a cohort can be trained and scored on, said before anything is decoded or trained."""

from __future__ import annotations

from bench.errors import BenchError, count, listed
from bench.task import MIN_GROUP_PATIENTS, SPLITS, TRUE, Cohort


def check(cohort: Cohort) -> None:
    """See that every split can be trained and scored on.

    Raises:
        BenchError: for an empty split, and a target with one class or a protected attribute with one group in a split.
    """
    table, spec, one_class = cohort.table, cohort.spec, {}
    for split in SPLITS:
        part = table[table["split"] == split]
        if part.empty:
            raise BenchError(
                f"Split {split!r} of data set {cohort.dataset!r} is empty ({count(table)} in all). More"
                " patients are needed."
            )
        groups = part[spec.protected].dropna()
        if groups.nunique() < 2:
            raise BenchError(
                f"In split {split!r} of data set {cohort.dataset!r} "
                + (
                    f"everyone whose {spec.protected} is known is {groups.iloc[0]}"
                    if len(groups)
                    else f"{spec.protected} is unknown for all"
                )
                + f" ({count(part)}), so nothing can be said on {spec.protected} there. More patients, or"
                " another task.protected, are needed."
            )
        if split != "train":
            check_groups(cohort, split)
        for name in spec.targets:
            # Only test patients are scored on what is true.
            true = f"{TRUE}{name}" if split == "test" and name in cohort.true_labels else name
            for column in dict.fromkeys((name, true)):
                known = part[column].dropna()
                if known.nunique() < 2 and name not in one_class:
                    value = f"{known.iloc[0]:.0f}" if len(known) else "unknown"
                    one_class[name] = f"{column!r} is {value} for all of split {split!r} ({count(part)})"
    if one_class:
        rest = [name for name in spec.targets if name not in one_class]
        raise BenchError(
            f"In data set {cohort.dataset!r} target {'; '.join(one_class.values())}: one class cannot be scored."
            + (f" task.targets=[{','.join(rest)}] leaves it out." if rest else " More patients are needed.")
        )


def check_groups(cohort: Cohort, split: str) -> None:
    """See that every group that is in a split can be read there.

    Raises:
        BenchError: naming the groups with too few patients, and how to leave them out.
    """
    spec = cohort.spec
    patients = cohort.table[cohort.table["split"] == split].groupby(spec.protected)["patient"].nunique()
    few = [group for group in spec.groups if 0 < patients.get(group, 0) < MIN_GROUP_PATIENTS]
    if few:
        rest = [group for group in spec.groups if group not in few]
        raise BenchError(
            f"In split {split!r} of data set {cohort.dataset!r} {spec.protected} cannot be read: there are "
            + listed([f"{patients[group]} patients who are {group}" for group in few])
            + f", and {MIN_GROUP_PATIENTS} are needed. More patients are needed"
            + (f", or task.groups=[{','.join(rest)}] leaves them out." if len(rest) > 1 else ".")
        )
