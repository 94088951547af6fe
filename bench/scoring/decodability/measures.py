"""What the suite reads: a function a measure, from a :class:`Decodability` to rows, and most entries."""

from __future__ import annotations

from collections.abc import Iterable

from bench.records.score import OUTPUTS
from bench.scoring.decodability.result import Decodability, Given
from bench.scoring.measures import Reading, Row
from bench.statistics.bootstrap import Interval


def headline(d: Decodability) -> Iterable[Row]:
    """What all probes read together, and how much of it comes from which layer."""
    shares: dict[str, float] = {}
    for probe in d.probes:
        shares[probe.layer] = shares.get(probe.layer, 0.0) + probe.weight
    notes = [f"flags: {', '.join(d.flags)}"] if d.flags else []
    if list(shares) != [d.layer]:
        read = ", ".join(f"{layer} ({share:.0%})" for layer, share in shares.items())
        notes.insert(0, f"read from {read}")
        if OUTPUTS in shares and not any(layer.startswith("block") for layer in shares):
            notes.insert(1, "no block could be read")
    yield Row(d.one_vs_one, read_by=d.probe, note="; ".join(notes) or None)


def given_diagnosis(d: Decodability) -> Iterable[Row]:
    """The same given the diagnosis."""
    return _given(d, d.given_diagnosis)


def given_known(d: Decodability) -> Iterable[Row]:
    """The same given all that is known."""
    return _given(d, d.given_known)


def _given(d: Decodability, given: Given | None) -> Iterable[Row]:
    if given:
        compared = [share for _, share in given.kept if share]
        words = [f"given {', '.join(given.columns)}"]
        words += [f"{pair}: no overlap, not compared" for pair, share in given.effective if not share]
        if compared:
            words.append(f"at least {1 - min(compared):.0%} of the weight of a pair lost for want of overlap")
        words += [f"{level} ({share:.1%} of the images)" for level, share in given.lacking]
        yield Row(given.one_vs_one, read_by=d.probe, note="; ".join(words))


def _effective(given: Given | None) -> Iterable[Row]:
    for pair, share in given.effective if given else ():
        yield Row(Interval(share), group=pair)


def _effective_diagnosis(d: Decodability) -> Iterable[Row]:
    return _effective(d.given_diagnosis)


def _effective_known(d: Decodability) -> Iterable[Row]:
    return _effective(d.given_known)


def _propensity_diagnosis(d: Decodability) -> Iterable[Row]:
    if d.given_diagnosis:
        yield Row(d.given_diagnosis.propensity, read_by="logistic")


def _propensity_known(d: Decodability) -> Iterable[Row]:
    if d.given_known:
        yield Row(d.given_known.propensity, read_by="logistic")


def _information(d: Decodability) -> Iterable[Row]:
    if d.information:
        yield Row(d.information, read_by="logistic")


def _information_given(d: Decodability) -> Iterable[Row]:
    if d.information_given:
        yield Row(d.information_given, read_by="logistic")


def _against_rest(d: Decodability) -> Iterable[Row]:
    for g, interval in enumerate(d.one_vs_rest):
        missing = None if interval.value is not None else "no image of this group"
        images, patients = d.group_images[g], d.group_patients[g]
        yield Row(interval, d.groups[g], read_by=d.probe, note=missing, images=images, patients=patients)


def _worst_pair(d: Decodability) -> Iterable[Row]:
    yield Row(d.worst_pair[1], group=d.worst_pair[0], read_by=d.probe)


def _hand_till(d: Decodability) -> Iterable[Row]:
    yield Row(d.hand_till, read_by=d.probe)


def _linear(d: Decodability) -> Iterable[Row]:
    yield Row(d.linear)


def _nonlinear(d: Decodability) -> Iterable[Row]:
    if d.nonlinear:
        yield Row(d.nonlinear)


def _probes(d: Decodability) -> Iterable[Row]:
    for probe in (probe for probe in d.probes if probe.layer == d.layer):
        setting = max(probe.settings, key=probe.settings.count)
        note = f"weighs {probe.weight:.2f} in what all read together; mostly {setting}"
        yield Row(probe.one_vs_one, probe=probe.name, note=note)


def _depth(d: Decodability) -> Iterable[Row]:
    for level, interval in d.depth:
        yield Row(interval, level=level)


def _bound(d: Decodability) -> Iterable[Row]:
    if d.removal:
        highest = max(d.probes, key=lambda probe: probe.upper)
        yield Row(Interval(highest.upper), read_by=highest.name, note=f"from {highest.layer}")


def removal(d: Decodability) -> Iterable[Row]:
    """The claim at every margin: 1 granted, 0 refused, None where nothing can be said; the note begins with why."""
    values = {"granted": 1.0, "refused": 0.0}
    for claim in d.removal:
        yield Row(Interval(values.get(claim.answer)), level=claim.margin, note=f"{claim.answer}: {claim.reason}")


_BITS = (None, None)

#: The measures between what is read given C and the removal claims, in the order of the files of scores.
BETWEEN: tuple[Reading, ...] = (
    Reading(
        "effective_sample_diagnosis",
        "Effective sample given the diagnosis",
        "effective sample, diagnosis",
        "up",
        "Kish's effective number of images under overlap weights, as a share of a pair's images; 0 where no image of "
        "one group is like one of the other in the diagnosis.",
        ("controls",),
        source="Kish, 1965; Li, Morgan & Zaslavsky, 2018",
        function=_effective_diagnosis,
    ),
    Reading(
        "effective_sample_known",
        "Effective sample given all that is known",
        "effective sample, all known",
        "up",
        "The same for all that is known.",
        ("controls",),
        source="Kish, 1965; Li, Morgan & Zaslavsky, 2018",
        function=_effective_known,
    ),
    Reading(
        "propensity_diagnosis",
        "Propensity from the diagnosis",
        "propensity, diagnosis",
        None,
        "Macro one-vs-one AUROC with which the diagnosis alone (labels, view, sex, age) tells the groups apart, on "
        "patients that the model did not see.",
        ("controls",),
        source="Rosenbaum & Rubin, 1983",
        function=_propensity_diagnosis,
    ),
    Reading(
        "propensity_known",
        "Propensity from all that is known",
        "propensity, all known",
        None,
        "The same for all that is known.",
        ("controls",),
        source="Rosenbaum & Rubin, 1983",
        function=_propensity_known,
    ),
    Reading(
        "v_information",
        "Usable information",
        "usable information, bits per image (logistic)",
        "down",
        "Bits per image that logistic regression on the features adds to the prevalence of the groups.",
        ("controls",),
        range=_BITS,
        source="Xu et al., 2020",
        function=_information,
    ),
    Reading(
        "v_information_conditional",
        "Usable information given the diagnosis",
        "usable information given the diagnosis, bits per image",
        "down",
        "Bits per image that the features add to what the diagnosis tells of the groups.",
        ("controls",),
        range=_BITS,
        source="Hewitt et al., 2021",
        function=_information_given,
    ),
    Reading(
        "decodability_ovr",
        "Decodability, one against the rest",
        "against the rest",
        "down",
        "AUROC with which a group is told from all others, at the prevalence of the patients that probes are fitted "
        "to.",
        ("probes",),
        function=_against_rest,
    ),
    Reading(
        "decodability_worst_pair",
        "Decodability of the worst pair",
        "worst pair",
        "down",
        "AUROC of the two groups that are told apart best.",
        ("probes",),
        function=_worst_pair,
    ),
    Reading(
        "decodability_hand_till",
        "Decodability, Hand & Till to the letter",
        "Hand & Till",
        "down",
        "Mean over ordered pairs ranked by one group's posterior, scikit-learn's one-vs-one.",
        ("probes",),
        source="Hand & Till, 2001, eq. 7",
        function=_hand_till,
    ),
    Reading(
        "decodability_linear",
        "Decodability by linear probes",
        "linear probes",
        "down",
        "What the two linear probes read together.",
        ("probes",),
        function=_linear,
    ),
    Reading(
        "decodability_nonlinear",
        "Decodability by nonlinear probes",
        "nonlinear probes",
        "down",
        "What the nonlinear probes read together.",
        ("all probes",),
        function=_nonlinear,
    ),
    Reading(
        "decodability_probe",
        "Decodability by each probe",
        "probe by probe",
        "down",
        "What each probe reads by itself.",
        ("probes",),
        function=_probes,
    ),
    Reading(
        "decodability_depth",
        "Depth",
        "depth D(σ)",
        "down",
        "What linear probes read when noise of σ times the features' root mean square is added.",
        ("controls",),
        function=_depth,
    ),
    Reading(
        "removal_bound",
        "Removal bound",
        "removal bound",
        "down",
        "The largest one-sided 95% upper bound of a probe: what a removal claim is about.",
        ("controls",),
        range=(0.0, None),
        function=_bound,
    ),
)
