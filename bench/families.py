"""The families of methods, by what of training each changes."""

from __future__ import annotations

#: In the order in which they are listed: the name, and what its methods have in common.
FAMILIES: dict[str, str] = {
    "baseline": "plain training, which all others are compared to",
    "reference": "bounds and references, ranked with nobody",
    "pre-processing": "the images are changed before they are learnt from",
    "sampling": "images are drawn more or less often",
    "reweighting": "images weigh more or less in the loss, or have other margins",
    "worst-case": "the group or the images that fare worst decide",
    "invariance": "one predictor is to be the best in every group",
    "adversary": "a network that reads race is trained against",
    "disentanglement": "race and disease are kept in separate parts of the features",
    "alignment": "the features of groups are drawn together",
    "mixing": "images or features are mixed across groups",
    "counterfactual": "pairs of images that differ in race alone",
    "contrastive": "features are drawn together and apart, pair by pair",
    "distillation": "a teacher tells what to learn",
    "experts": "every group has a part of the network",
    "penalty": "a term of the loss that measures unfairness",
    "optimiser": "steps or weights are taken otherwise",
    "last-layer": "the last layer is trained anew",
    "erasure": "race is taken out of the trained features",
    "post-processing": "decisions are changed after training",
}
