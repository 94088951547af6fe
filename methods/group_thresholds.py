"""Group thresholds: each race gets the threshold at which its rates are everyone's, on patients held out."""

import torch
from torch import Tensor

from bench.method import Encoded, Method, tunable

#: Common rates among which the best is looked for.
_RATES = 199


class GroupThresholds(Method):
    """ERM, then every race's logits are shifted so that one threshold gives all races the same rate.

    The rate is that of positive decisions among the diseased (equal opportunity), among the healthy (predictive
    equality) or among all (demographic parity); for equalised odds each race takes the threshold that comes nearest to
    a point that all races' ROC curves reach. The common rate or point is the one of the best balanced accuracy among
    all held out patients, each race at its own threshold. A race that lacks the patients is not shifted.

    Nothing is drawn: randomised decisions, which Hardt's equalised odds need to be exact, would have no AUROC. The
    features stay ERM's, and so does what they hold of race. The network has to be told race to diagnose.
    """

    uses_race = "test"
    uses_held_out = True
    family = "post-processing"
    source = "Hardt, Price & Srebro, NeurIPS 2016 (arXiv:1610.02413)"
    year = 2016
    deviations = "thresholds are not randomised, so equalised odds hold as nearly as one threshold a race allows"

    criterion: str = tunable(
        "equal_opportunity",
        choices=("equal_opportunity", "predictive_equality", "demographic_parity", "equalized_odds"),
        help="which rate is made equal",
    )

    def build(self) -> None:
        """What is taken from the logits, (groups + 1, T); its last row is for unknown race."""
        self.register_buffer("shifts", torch.zeros(len(self.spec.groups) + 1, len(self.spec.targets)))

    def classify(self, features: Tensor, groups: Tensor) -> Tensor:  # type: ignore[override]
        """The logits of ERM less the shift of the race."""
        logits: Tensor = self.head(features)
        return logits - self.get_buffer("shifts")[groups]

    def finalize(self, train: Encoded, held_out: Encoded | None) -> None:
        """Find every race's threshold, and how far it lies from the one that is best for all alike."""
        assert held_out is not None
        shifts = self.get_buffer("shifts")
        for target in range(len(self.spec.targets)):
            scores, labels = held_out.logits[:, target].double(), held_out.targets[:, target]
            known = (held_out.groups >= 0) & ~torch.isnan(labels)
            scores, labels, groups = scores[known], labels[known], held_out.groups[known]
            groups = _with_both(labels, groups)
            if len(groups.unique()) > 1:
                common = thresholds(scores, labels, torch.zeros_like(groups), self.criterion)[0]
                for group, threshold in thresholds(scores, labels, groups, self.criterion).items():
                    shifts[group, target] = threshold - common


def _with_both(labels: Tensor, groups: Tensor) -> Tensor:
    """The groups, -1 for those that have no diseased or no healthy patients."""
    whole = [code for code in groups.unique() if len(labels[groups == code].unique()) == 2]
    return torch.where(torch.isin(groups, torch.tensor(whole, dtype=groups.dtype)), groups, -1)


def thresholds(scores: Tensor, labels: Tensor, groups: Tensor, criterion: str) -> dict[int, float]:
    """The threshold of each group; a score at or above it is a positive decision.

    Args:
        scores: (N,) float64, finite.
        labels: (N,), 0 or 1.
        groups: (N,) long, -1 for images that are left out; every group has both labels.
        criterion: as the method's.
    """
    codes = [int(code) for code in groups.unique() if code >= 0]
    rates = torch.arange(1, _RATES + 1, dtype=torch.float64) / (_RATES + 1)
    counted = {"equal_opportunity": labels == 1, "predictive_equality": labels == 0}
    among = counted.get(criterion, labels == 0 if criterion == "equalized_odds" else torch.ones_like(labels).bool())
    # (G, rates): where each group has the rate, and what its two rates then are.
    cuts = torch.stack([_at_rate(scores[(groups == code) & among], rates) for code in codes])
    positive, negative = (_rates(scores, labels == label, groups, codes, cuts) for label in (1, 0))
    if criterion == "equalized_odds":
        reached = positive.amin(0)
        best = int((reached - rates).argmax())
        nearest = ((negative - rates[best]).square() + (positive - reached[best]).square()).argmin(1)
        return {code: float(cuts[row, nearest[row]]) for row, code in enumerate(codes)}
    diseased, healthy = (torch.stack([((groups == c) & (labels == y)).sum() for c in codes]).double() for y in (1, 0))
    accuracy = diseased @ positive / diseased.sum() - healthy @ negative / healthy.sum()
    best = int(accuracy.argmax())
    return {code: float(cuts[row, best]) for row, code in enumerate(codes)}


def _at_rate(scores: Tensor, rates: Tensor) -> Tensor:
    """The thresholds (rates,) that a share of the scores as near as can be to each rate lies at or above."""
    ordered = torch.cat([scores.sort(descending=True).values, scores.min()[None]])
    count = (rates * len(scores)).round().long()
    # Between two scores, so that a rounding in the network turns no decision; above all of them for a rate of 0.
    above = torch.where(count > 0, ordered[(count - 1).clamp(min=0)], ordered[0] + 1.0)
    return (above + torch.where(count < len(scores), ordered[count], above - 1.0)) / 2


def _rates(scores: Tensor, among: Tensor, groups: Tensor, codes: list[int], cuts: Tensor) -> Tensor:
    """The share of positive decisions (G, rates) in each group, among some, at its thresholds."""
    return torch.stack(
        [
            (scores[(groups == code) & among][:, None] >= cut[None]).double().mean(0)
            for code, cut in zip(codes, cuts, strict=True)
        ]
    )
