"""What a run may be flagged with, each with one sentence that says what it means."""

from __future__ import annotations

RANDOMISED = "RANDOMISED"
INSUFFICIENT = "INSUFFICIENT"
CONSTANT_FEATURES = "CONSTANT_FEATURES"
ILL_CONDITIONED = "ILL_CONDITIONED"
NONLINEAR_GAP = "NONLINEAR_GAP"
BLIND = "BLIND"
CONTROL_LEAK = "CONTROL_LEAK"
UNDERPOWERED = "UNDERPOWERED"
BELOW_CHANCE = "BELOW_CHANCE"
OUTPUTS_ABOVE_FEATURES = "OUTPUTS_ABOVE_FEATURES"
BOTTLENECK = "BOTTLENECK"
CHANNEL_LOSS = "CHANNEL_LOSS"
OPAQUE_HEAD = "OPAQUE_HEAD"
BRITTLE = "BRITTLE"

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
        "Nonlinear probes read more than .03 AUROC beyond the linear ones, and more than chance, so part of the signal "
        "is coded where linear tests of removal do not look."
    ),
    BLIND: (
        "Even a linear signal worth .80 AUROC would not be seen in these features with so few patients, so a low score "
        "says nothing."
    ),
    CONTROL_LEAK: (
        "A random label per patient is read off chance, so something leaks between the patients that probes learn "
        "from and are tested on."
    ),
    BELOW_CHANCE: (
        "A whole interval lies below .5, or a probe does beyond chance, as where an eraser was fitted on the patients "
        "that it is read on: the group is still written there, and this is no merit."
    ),
    OUTPUTS_ABOVE_FEATURES: (
        "The outputs give away more of the group than the declared features do, by more than the error, though they "
        "are said to be made of them."
    ),
    BOTTLENECK: (
        "The declared features vary in no more directions than the outputs, so they hide what the network knows before "
        "them; the deepest richer block counts instead, where one can be read."
    ),
    CHANNEL_LOSS: (
        "With features stored to one part in a hundred the network diagnoses more than .002 AUROC worse than at once, "
        "which no honest head does: it reads digits, or something that is put aside."
    ),
    OPAQUE_HEAD: (
        "A fresh reader of the features makes out less than 85% of what the head says of them, so it deciphers what "
        "nobody else can read; their decodability says nothing about the method."
    ),
    BRITTLE: (
        "One grey level more or less, which nobody sees, moves an output or most features far in over 5% of images, "
        "so it hangs on something other than the picture: a code, a key, a table of known images."
    ),
    UNDERPOWERED: "Too few patients of some group for a claim of removal at 80% power; a score near .5 proves nothing.",
}

#: With one of these, a low score does not show that anything was removed, however narrow its interval.
VOID_REMOVAL = frozenset(
    {
        *(INSUFFICIENT, CONSTANT_FEATURES, BLIND, CONTROL_LEAK, BELOW_CHANCE, OUTPUTS_ABOVE_FEATURES, BOTTLENECK),
        *(CHANNEL_LOSS, OPAQUE_HEAD, BRITTLE),
    }
)


def split(flag: str) -> tuple[str | None, str]:
    """The layer and the name of a flag: ``"outputs: CONTROL_LEAK"``; the layer is None for the whole network."""
    layer, colon, name = flag.rpartition(": ")
    return (layer if colon else None), name
