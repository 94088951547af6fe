"""What a run may be flagged with, each with one sentence that says what it means."""

from __future__ import annotations

RANDOMISED = "RANDOMISED"
INSUFFICIENT = "INSUFFICIENT"
CONSTANT_FEATURES = "CONSTANT_FEATURES"
ILL_CONDITIONED = "ILL_CONDITIONED"
NONLINEAR_GAP = "NONLINEAR_GAP"
PLANT_MISSED = "PLANT_MISSED"
CONTROL_LEAK = "CONTROL_LEAK"
UNDERPOWERED = "UNDERPOWERED"

#: A name and its sentence, those of the whole run first.
MEANINGS: dict[str, str] = {
    RANDOMISED: (
        "Two readings of the same images disagree, so the network is random when it predicts; the mean of 10 draws "
        "was scored."
    ),
    INSUFFICIENT: (
        "A fresh linear probe on the declared features diagnoses more than .02 AUROC worse than the method itself, "
        "so its head reads something else; their decodability says nothing about the method."
    ),
    CONSTANT_FEATURES: "The features are the same for every image, so there is nothing to read.",
    ILL_CONDITIONED: (
        "Some directions of the features have a tiny share of their variance; readers that do not whiten would be "
        "blind to them."
    ),
    NONLINEAR_GAP: (
        "Nonlinear probes read more than .03 AUROC beyond the linear ones, so part of the signal is coded where "
        "linear tests of removal do not look."
    ),
    PLANT_MISSED: (
        "A signal planted to be worth .70 AUROC was recovered below .67, so a low score may be the probes' blindness; "
        "it is unreliable."
    ),
    CONTROL_LEAK: (
        "A random label per patient is read off chance, so something leaks between the patients that probes learn "
        "from and are tested on."
    ),
    UNDERPOWERED: "Too few patients of some group for a claim of removal at 80% power; a score near .5 proves nothing.",
}

#: With one of these, a low score does not show that anything was removed, however narrow its interval.
VOID_REMOVAL = frozenset({INSUFFICIENT, CONSTANT_FEATURES, PLANT_MISSED, CONTROL_LEAK})


def split(flag: str) -> tuple[str | None, str]:
    """The layer and the name of a flag: ``"outputs: PLANT_MISSED"``; the layer is None for the whole network."""
    layer, colon, name = flag.rpartition(": ")
    return (layer if colon else None), name
