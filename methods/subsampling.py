"""As many images of every race, label, or race × label as of the rarest."""

import torch
from torch import Tensor

from bench.method import Method, TrainingSet, tunable
from bench.method.pieces import group_codes


class Subsampling(Method):
    """Trains on subsets that hold as many images of every group as the rarest has (Idrissi et al., 2022, SUBG, SUBY).

    Subsets are drawn without replacement, one after the other until an epoch is filled, so that all images are seen in
    time and as many are learnt from as by any other method. Groups are races, labels, or race × label; with several
    targets each subset is balanced for one, in turn. Images of no known group are left out.
    """

    uses_race = "train"
    family = "sampling"
    year = 2022
    source = "Idrissi et al., CLeaR 2022 (arXiv:2110.14503)"
    deviations = "A fresh subset each time, where the paper's is fixed; several targets: balanced for one, in turn."

    by: str = tunable("race_label", choices=("race", "label", "race_label"), help="what makes a group")

    def batches(self, train: TrainingSet) -> Tensor | None:
        """Batches of an epoch ``(batches, batch_size) long``; every image once where no group is known."""
        codes = group_codes(train, self.by)
        targets = [of_target for of_target in codes.T if (of_target >= 0).any()]
        if not targets:
            return None
        size = min(train.batch_size, train.size)
        drawn: list[Tensor] = []
        while sum(map(len, drawn)) < train.batches * size:
            drawn.append(self.subset(targets[len(drawn) % len(targets)]))
        return torch.cat(drawn)[: train.batches * size].view(train.batches, size)

    def subset(self, codes: Tensor) -> Tensor:
        """Positions of as many images of each group as the rarest has, in a random order."""
        groups = codes[codes >= 0].unique()
        positions = [torch.nonzero(codes == group).squeeze(1) for group in groups]
        rarest = min(len(one) for one in positions)
        chosen = torch.cat([one[torch.randperm(len(one))[:rarest]] for one in positions])
        return chosen[torch.randperm(len(chosen))]
