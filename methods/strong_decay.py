"""Strong weight decay and early stopping: what any claim of robust optimisation has to beat."""

from bench.method import Method, tunable


class StrongDecay(Method):
    """ERM with much more weight decay, chosen among the first epochs alone.

    Overparametrised networks fit every training image, whatever the group; held back, they fit groups that are easy and
    leave the rest alone, and it is there that group DRO was found to matter. No race is seen.
    """

    family = "optimiser"
    source = "Sagawa et al., ICLR 2020 (arXiv:1911.08731), section 3"
    year = 2020
    deviations = "decoupled decay (AdamW) for the L2 penalty; what comes after the stop is trained but never chosen"

    weight_decay: float = tunable(0.3, low=1e-2, high=1.0, log=True, help="AdamW's weight decay")
    stop: float = tunable(0.75, low=0.1, high=1.0, help="share of training after which no epoch is chosen")

    def ready(self) -> bool:
        """Whether the stop is yet to come."""
        return self.progress <= self.stop
