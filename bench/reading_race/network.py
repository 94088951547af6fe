"""A network that is trained to read the protected attribute from an image, as the paper's were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from bench.method import Batch, Method
from bench.reading_race.transforms import Identity, Transform
from bench.task import SPLITS, Cohort
from bench.training import prediction as readout
from bench.training.batches import CohortImages

#: Images that the scale of transformed images is taken from: their pixels are a million even at 32 px.
_CALIBRATED_ON, _AT_ONCE = 1024, 128
#: A network whose logits differ by less over all images says the same of each: in batches of other sizes the same image
#: differs by 10⁻⁶ in float32, and an AUROC would rank that.
_SAME = 1e-4


def race_cohort(cohort: Cohort) -> tuple[Cohort, list[str]]:
    """The cohort with the groups of the protected attribute as its targets, one-hot; and what was left out for it.

    Images whose group is unknown are left out: they can neither train such a network nor test it. So are groups that
    nobody of the training or the validation patients belongs to. The columns of the task's own targets stay.
    """
    attribute = cohort.attribute(cohort.spec.protected)
    notes, kept = [], []
    for code, group in enumerate(attribute.groups):
        splits = set(cohort.table["split"][attribute.codes == code])
        lacking = [split for split in SPLITS[:2] if split not in splits]
        if lacking:
            notes.append(f"{group} left out: nobody of this group is in split {' and '.join(lacking)}")
        else:
            kept.append(group)
    values = cohort.table[attribute.name]
    known = values.isin(kept)
    rest = cohort.take(np.flatnonzero(known.to_numpy()))
    gone = values[~known].fillna("unknown").value_counts()
    left_out = {f"{attribute.name} {group}: not in this study": int(n) for group, n in gone.items()}
    onehot = {group: (rest.table[attribute.name] == group).astype(float) for group in kept}
    spec = replace(rest.spec, targets=tuple(kept), groups=tuple(kept))
    groups = {**rest.attribute_groups, attribute.name: tuple(kept)}
    excluded = {**cohort.excluded, **left_out}
    table = rest.table.assign(**onehot)
    return replace(rest, table=table, spec=spec, attribute_groups=groups, excluded=excluded), notes


class RaceNetwork(Method):
    """Backbone and a linear softmax head over the groups, trained by cross-entropy on transformed images.

    Logits are log odds of each group against all others, log p - log(1 - p) of the softmax posterior p: whoever ranks
    images by them ranks by the posterior, and their sigmoid is the posterior.
    """

    uses_race = "train"
    source = "Gichoya et al., Lancet Digital Health 2022"

    transform: Transform = Identity()

    def build(self) -> None:
        """The scale of transformed images, which :meth:`calibrate` sets."""
        self.register_buffer("center", torch.tensor(127.5))
        self.register_buffer("gain", torch.tensor(1 / 64.0))

    @torch.no_grad()
    def calibrate(self, train: Cohort, pixels: np.ndarray) -> None:
        """Set centre and gain so that transformed training images have mean 0 and variance 1 over all their pixels.

        Two fixed numbers, no running statistics: whatever little a filter leaves reaches the network at full size, and
        where it leaves nothing the gain is 0, so that nothing stays nothing.
        """
        self.eval()  # what is drawn at random, the image decides
        images = CohortImages(train, pixels)
        positions = np.unique(np.linspace(0, len(train) - 1, _CALIBRATED_ON).astype(int))
        parts = [positions[at : at + _AT_ONCE] for at in range(0, len(positions), _AT_ONCE)]
        shown = torch.cat([self.distort(images[(0, part)].images) for part in parts]).double()
        spread = float(shown.std(correction=0))
        self.center = shown.mean().float()
        # Below this nothing is left of 8-bit images but rounding.
        self.gain = torch.tensor(1 / spread if spread > 1e-6 else 0.0)

    def distort(self, images: Tensor) -> Tensor:
        """The transform, part of the network; float grey levels, not rounded."""
        return self.transform(images.float(), self.training)

    def features(self, images: Tensor) -> Tensor:
        """Features ``(B, D)`` of the transformed images, standardised by the two calibrated numbers."""
        return self.encode((self.distort(images) - self.center) * self.gain)

    def classify(self, features: Tensor) -> Tensor:
        """Log odds of each group against all others, ``(B, K)``."""
        scores = self.head(features).float()
        others = [torch.cat([scores[:, :k], scores[:, k + 1 :]], 1).logsumexp(1) for k in range(scores.shape[1])]
        odds: Tensor = scores - torch.stack(others, 1)
        return odds

    def loss(self, batch: Batch) -> Tensor:
        """Cross-entropy of the group."""
        odds = self(batch.images)
        return -F.logsigmoid(odds).gather(1, batch.groups[:, None]).mean()


def log_posteriors(network: RaceNetwork, cohort: Cohort, pixels: np.ndarray, device: torch.device) -> np.ndarray:
    """Log posterior of each group ``(N, K) float64``, in evaluation mode and float32.

    Read once: such a network draws nothing at random that the image does not decide.
    """
    network.to(device)
    images = CohortImages(cohort, pixels, hide_targets=True, hide_groups=True)
    odds = readout.read_once(network, images).logits.astype(np.float64)
    if (np.ptp(odds, axis=0) < _SAME).all():
        odds = np.broadcast_to(odds[0], odds.shape)
    return -np.logaddexp(0.0, -odds)
