"""The network trained for race itself: how much of race the same encoder shows when nothing holds it back."""

from torch import Tensor, nn
from torch.nn import functional as F

from bench.method import Batch, Method, masked_bce


class RaceReader(Method):
    """Trains the features to tell race; the diagnostic head reads them and shapes nothing: the upper reference row."""

    uses_race = "train"
    reference = True
    family = "reference"
    year = 2022
    source = "Gichoya et al., Lancet Digital Health 2022: networks trained to read race, as the upper bound"

    def build(self) -> None:
        """The head that reads race: linear, so that race stands linearly in the features too."""
        self.race_head = nn.Linear(self.features_size, len(self.spec.groups))

    def loss(self, batch: Batch) -> Tensor:
        """Cross-entropy of race over images whose race is known, and the diagnosis from the features as they are."""
        features = self.features(batch.images)
        losses = F.cross_entropy(self.race_head(features), batch.groups, ignore_index=-1, reduction="sum")
        of_race = losses / (batch.groups >= 0).sum().clamp(min=1)
        return of_race + masked_bce(self.classify(features.detach()), batch.targets)

    def ready(self) -> bool:
        """The last epoch alone, where race has been learnt longest: the diagnosis is not to choose among its epochs."""
        return self.progress >= 1.0
