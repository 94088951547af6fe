"""Automatic feature reweighting: the last layer anew, with weight on what plain training got wrong."""

import torch

from bench.method import Encoded, Method, tunable
from bench.method.pieces.linear import head_of, logistic_regression


class Afr(Method):
    """ERM, then the head is fitted again on held out patients, each weighted by exp(-γ p) over its class's frequency.

    p is the probability that ERM gave the label that is true; classes weigh alike, a target at a time. The head is
    kept near ERM's by λ ‖w - w₀‖². No race is seen. The features stay ERM's, and so does what they hold of race.

    A large γ is for tasks that ERM hardly errs on: where many errors cannot be mended, they come to outweigh all else.
    """

    uses_held_out = True
    family = "last-layer"
    source = "Qiu et al., ICML 2023 (arXiv:2306.11074)"
    year = 2023
    deviations = (
        "the head is fitted on held out val patients, not on a fifth of train, and to convergence; γ reaches below the"
        " authors' 4 to 20"
    )

    gamma: float = tunable(1.0, low=0.5, high=20.0, log=True, help="γ: how much more what ERM got wrong weighs")
    strength: float = tunable(0.1, choices=(0.0, 0.1, 0.2, 0.3), help="λ: pull towards ERM's head")

    def finalize(self, train: Encoded, held_out: Encoded | None) -> None:
        """Fit the head again."""
        assert held_out is not None
        targets, logits = held_out.targets, held_out.logits
        known = ~torch.isnan(targets)
        true = torch.where(targets == 1, logits, -logits).sigmoid()
        counts = torch.where(targets == 1, (targets == 1).sum(0), (targets == 0).sum(0))
        weights = torch.where(known, (-self.gamma * true).exp() / counts, 0.0)
        old = head_of(self.head)
        logistic_regression(held_out.features, targets, weights, l2=self.strength, anchor=old).copy_to(self.head)
