"""Two parts of the features, one for the disease and one for race, that are independent of each other."""

from torch import Tensor, nn

from bench.method import Batch, Method, masked_bce, tunable
from bench.method.pieces import distance_correlation, pairwise_distances, race_loss, standardised, strata


class SubspaceSplit(Method):
    """Splits features into z_y, from which the diagnosis is made, and z_a, which tells race (Müller & Berens, 2026).

    The squared distance correlation between the two is penalised. z_y alone is the network's features; z_a and the head
    that reads race from it are for training.
    """

    uses_race = "train"
    family = "disentanglement"
    year = 2026
    source = "Müller & Berens, 2026 (arXiv:2602.18502)"
    deviations = (
        "The distance correlation is bias-corrected and not rooted; no rebalancing (the paper's best adds it); parts "
        "are as wide as asked, where the paper's have 2."
    )

    strength: float = tunable(0.5, low=0.01, high=100.0, log=True, help="λ, weight of the dependence of z_y and z_a")
    width: int = tunable(16, low=2, high=64, log=True, help="how many features each part has")

    def build(self) -> None:
        """The two linear maps, the head on z_y and the one on z_a."""
        self.to_disease = nn.Linear(self.features_size, self.width)
        self.to_race = nn.Linear(self.features_size, self.width)
        self.head = nn.Linear(self.width, len(self.spec.targets))
        self.race_head = nn.Linear(self.width, len(self.spec.groups))

    def encode(self, images: Tensor) -> Tensor:
        """z_y ``(B, width)``."""
        part: Tensor = self.to_disease(self.backbone(images))
        return part

    def loss(self, batch: Batch) -> Tensor:
        """Diagnosis from z_y, race from z_a, and how much the two depend on each other."""
        shared = self.backbone(self.normalise(self.distort(batch.images)))
        disease, race = self.to_disease(shared), self.to_race(shared)
        of_disease, of_race = pairwise_distances(standardised(disease)), pairwise_distances(standardised(race))
        dependence = distance_correlation(of_disease, of_race, strata(batch.targets, conditional=False))
        diagnosis = masked_bce(self.classify(disease), batch.targets)
        return diagnosis + race_loss(self.race_head(race), batch.groups) + self.strength * dependence
