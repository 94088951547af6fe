"""Deep feature reweighting: the last layer anew, on held out patients in whom race and disease are balanced."""

import torch
from torch import Tensor

from bench.method import Encoded, Method, tunable
from bench.method.pieces.linear import LinearFit, head_of, logistic_regression, standardisation


class Dfr(Method):
    """ERM, then a head of sparse logistic regression on balanced subsets of patients that were not trained on.

    For every target, subsets are drawn of the held out images in which each race × label is as frequent as the rarest
    that occurs; on each the head is fitted to standardised features with an L1 penalty, and the fits are averaged. A
    target of one class among the held out keeps its head. The features stay ERM's, and so does what they hold of race.
    """

    uses_race = "train"
    uses_held_out = True
    family = "last-layer"
    source = "Kirichenko, Izmailov & Wilson, ICLR 2023 (arXiv:2204.02937)"
    year = 2023
    deviations = "C is a hyperparameter like others; the authors choose it on a half of val and refit on all of it"

    c: float = tunable(0.1, choices=(1.0, 0.7, 0.3, 0.1, 0.07, 0.03, 0.01), help="C: inverse of the L1 penalty")
    subsets: int = tunable(10, low=1, high=20, help="balanced subsets whose fits are averaged")

    def finalize(self, train: Encoded, held_out: Encoded | None) -> None:
        """Replace the head."""
        assert held_out is not None
        shown = standardisation(held_out.features)
        fits = [self._fit(shown.features, labels, held_out.groups) for labels in held_out.targets.T]
        old = head_of(self.head)
        for target, fit in enumerate(fits):
            if fit is not None:
                new = shown.undo(fit)
                old.weight[target], old.bias[target] = new.weight[0], new.bias[0]
        old.copy_to(self.head)

    def _fit(self, features: Tensor, labels: Tensor, groups: Tensor) -> LinearFit | None:
        """The average over balanced subsets, for one target; None where its known labels are all alike."""
        cells = torch.where((groups >= 0) & ~torch.isnan(labels), 2 * groups + labels.nan_to_num(0.0).long(), -1)
        codes, counts = cells[cells >= 0].unique(return_counts=True)
        if len((codes % 2).unique()) < 2:
            return None
        fits = []
        for _ in range(self.subsets):
            order = torch.randperm(len(cells))
            subset = torch.cat([order[cells[order] == code][: counts.min()] for code in codes])
            strength = 1.0 / (self.c * len(subset))
            fits.append(logistic_regression(features[subset], labels[subset, None], l1=strength))
        return LinearFit(torch.stack([f.weight for f in fits]).mean(0), torch.stack([f.bias for f in fits]).mean(0))
