"""The entries of what is read of a network: decodability, given what explains it, what is left of it, and removal."""

from __future__ import annotations

from bench.records import FEATURES, NETWORK, OUTPUTS, PROTECTED
from bench.scoring.decodability import measures as read
from bench.scoring.measures import Column, Measure, Reading

DECODABILITY = Reading(
    "decodability",
    "Decodability",
    "decodability",
    "down",
    "Macro one-vs-one AUROC with which {protected} is read from all layers of a network that count, by all probes "
    "together, put together on held-out patients; 0.5 is chance.",
    ("probes",),
    source="Hand & Till, 2001",
    columns=(
        Column(
            attribute=PROTECTED,
            layer=NETWORK,
            place="trial",
            key="decodability_trial",
            title="Decodability, trial",
        ),
        Column(
            attribute=PROTECTED,
            layer=NETWORK,
            title="Decodability, observed",
            elsewhere="Decodability",
            elsewhere_in_paper=True,
        ),
        Column(
            attribute=PROTECTED,
            layer=FEATURES,
            key="decodability_features",
            title="Decodability, features",
            page=False,
            paper=False,
        ),
        Column(
            attribute=PROTECTED,
            layer=OUTPUTS,
            key="decodability_outputs",
            title="Decodability, outputs",
            paper=False,
        ),
    ),
    function=read.headline,
)
GIVEN_DIAGNOSIS = Reading(
    "decodability_given_diagnosis",
    "Decodability given the diagnosis",
    "given the diagnosis",
    "down",
    "the same among patients alike in the diagnosis, that is in the true labels, view, sex and age as far as the data "
    "set has them, by overlap weights: what a perfect diagnosis shows reads 0.5.",
    ("controls",),
    columns=(Column(attribute=PROTECTED, layer=NETWORK),),
    legend="Given the diagnosis",
    note="Given the diagnosis: labels, view, sex and age, by overlap weights.",
    source="Li, Morgan & Zaslavsky, 2018; Li & Li, 2019",
    function=read.given_diagnosis,
)
GIVEN_KNOWN = Reading(
    "decodability_given_known",
    "Decodability given all that is known",
    "given all that is known",
    "down",
    "the same given the covariates of the data set, too, such as BMI, density, site and scanner. It excuses nobody who "
    "reads {protected} by way of the site.",
    ("controls",),
    columns=(Column(attribute=PROTECTED, layer=NETWORK, paper=False),),
    legend="Given all that is known",
    source="Li, Morgan & Zaslavsky, 2018; Li & Li, 2019",
    function=read.given_known,
)
RESIDUAL = Measure(
    "residual",
    "Residual",
    "residual",
    "down",
    "(D − 0.5) / (D of `{baseline}` − 0.5), D the decodability, seed by seed, then the mean over the "
    "seeds that both have: 1 is what plain training leaves, 0 is nothing. The paired difference says the same with an "
    "interval.",
    ("rows",),
    range=(None, None),
    columns=(Column(),),
    legend="Residual",
    note=r"Residual: $(D - .5) / (D_{{\mathrm{{{baseline}}}}} - .5)$.",
)
REMOVAL = Reading(
    "removal",
    "Removal",
    "removal",
    None,
    "the smallest margin δ for which, in every seed, the one-sided 95% upper bound of every probe of every layer lies "
    "below 0.5 + δ. no: in some seed a probe may read more; underpowered: too few patients to say; unreliable: a "
    "control failed; unseen: a weak signal would not have been seen; diagnosis lost: there is nothing to claim. "
    "Anything but yes is no claim.",
    ("controls",),
    columns=(Column(),),
    legend="Removal",
    note=r"Removal: the smallest $\delta$ with all probes' upper bounds below $.5 + \delta$ in every seed.",
    source="Berger, 1982",
    function=read.removal,
)
