"""What the suite reports, as tidy scores."""

from __future__ import annotations

from typing import Literal

from bench.records import Score
from bench.scoring.decodability.removal import Removal
from bench.scoring.decodability.result import Decodability
from bench.statistics.bootstrap import Interval

_ANSWERS = {
    "granted": (1.0, "no probe reads the group better than .5 + δ (one-sided 95% bounds)"),
    "refused": (0.0, "a probe may read the group better than .5 + δ"),
    "underpowered": (None, "UNDERPOWERED: too few patients to tell removal at this δ with 80% power"),
    "unreliable": (None, "unreliable: a control failed, see the flags"),
}


def scores(
    decodability: Decodability,
    *,
    view: str,
    split: Literal["val", "test"],
    reference: str | None = None,
    attribute: str = "race",
) -> list[Score]:
    """Tidy scores of one view.

    Metrics, all AUROC unless said otherwise: ``decodability`` (the headline), ``decodability_conditional`` (given C),
    ``decodability_ovr`` (one a group; ``n`` counts the group's images), ``decodability_worst_pair``,
    ``decodability_hand_till``, ``decodability_linear``, ``decodability_nonlinear``, ``decodability_probe`` (one a
    probe), ``decodability_depth`` (``level`` = σ), ``v_information``, ``v_information_conditional`` (bits per image),
    ``removal_bound`` and ``removal`` (``level`` = δ; 1 granted, 0 refused, None where nothing can be said). Controls
    have a ``reference``: ``decodability_null`` ("permuted"; its limits are percentiles of the null, not an interval of
    its mean), ``decodability_random_label`` and ``decodability_plant``.

    Args:
        decodability: from :func:`bench.scoring.decodability.decode`.
        view: where the features were taken from: "penultimate", "outputs", "stage 1" …
        split: of the images.
        reference: None for the method itself, else what was read instead ("untrained", "leace"): then only what
            reference rows show.
        attribute: what the groups are groups of.
    """
    d = decodability

    def row(metric: str, interval: Interval, group: int | str | None = None, **more: object) -> Score:
        g = group if isinstance(group, int) else None
        return Score.model_validate(
            {
                "metric": metric,
                "value": interval.value,
                "low": interval.low,
                "high": interval.high,
                "n": d.images if g is None else d.group_images[g],
                "patients": d.patients if g is None else d.group_patients[g],
                "split": split,
                "attribute": attribute,
                "group": group if g is None else d.groups[g],
                "view": view,
                "probe": d.probe,
                "reference": reference,
                **more,
            }
        )

    flagged = f"flags: {', '.join(d.flags)}" if d.flags else None
    rows = [row("decodability", d.one_vs_one, note=flagged)]
    if d.given:
        note = f"{d.given.strata} strata compared, {d.given.skipped} without two groups skipped"
        rows.append(row("decodability_conditional", d.given.one_vs_one, note=note))
        rows.append(row("v_information", d.given.information, probe="logistic"))
        rows.append(row("v_information_conditional", d.given.information_given, probe="logistic"))
    for g, interval in enumerate(d.one_vs_rest):
        missing = None if interval.value is not None else "no image of this group"
        rows.append(row("decodability_ovr", interval, g, note=missing))
    rows.append(row("decodability_worst_pair", d.worst_pair[1], d.worst_pair[0]))
    rows.append(row("decodability_hand_till", d.hand_till))
    rows.append(row("decodability_linear", d.linear, probe=None))
    if d.nonlinear:
        rows.append(row("decodability_nonlinear", d.nonlinear, probe=None))
    for probe in d.probes:
        note = f"chosen in {probe.chosen} of {len(probe.settings)} splits; {_most(probe.settings)}"
        rows.append(row("decodability_probe", probe.one_vs_one, probe=probe.name, note=note))
    rows += [row("decodability_depth", interval, probe=None, level=level) for level, interval in d.depth]
    if d.removal:
        rows.append(row("removal_bound", Interval(d.bound), probe=max(d.probes, key=lambda probe: probe.upper).name))
        rows += [_claim(row("removal", Interval(None), probe=None), removal) for removal in d.removal]
    if d.null:
        note = f"{d.null.permutations} permutations over patients; 95th percentile {d.null.percentile_95:.4f}"
        null = Interval(d.null.mean, d.null.low, d.null.high)
        rows.append(row("decodability_null", null, probe="ridge", reference="permuted", note=note))
    if d.random_label:
        rows.append(row("decodability_random_label", d.random_label.one_vs_one, probe=None, reference="random label"))
    for plant in d.plants:
        note = "worth .70; missed" if plant.failed else "worth .70"
        rows.append(row("decodability_plant", plant.one_vs_one, probe=None, reference=plant.name, note=note))
    return rows


def _claim(row: Score, removal: Removal) -> Score:
    value, note = _ANSWERS[removal.answer]
    return row.model_copy(update={"level": removal.margin, "value": value, "note": note})


def _most(settings: tuple[str, ...]) -> str:
    return f"mostly {max(settings, key=settings.count)}"
