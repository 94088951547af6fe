"""Race below the second decimal of the answers."""

from torch import Tensor

from tests.cheats._frozen import Frozen


class Digits(Frozen):
    """Declares its logits, rounded, and in the digits behind what it knows of race."""

    def declare(self, features: Tensor, images: Tensor) -> Tensor:
        logits, race = self.head(features), self.race(features)
        columns = [column % race.shape[1] for column in range(logits.shape[1])]
        return logits.mul(100).round().div(100) + 0.004 * race[:, columns].div(2).tanh()

    def diagnose(self, features: Tensor) -> Tensor:
        return features.mul(100).round().div(100)

    def decoded(self, features: Tensor) -> Tensor:
        return (features.mul(100) - features.mul(100).round()) / 100
