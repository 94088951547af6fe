"""Two gradients a step: the second where the loss is higher."""

import torch
from torch import Tensor

from bench.method import Closure, Method, tunable


class Example(Method):
    """Descends on the gradient that the loss has where it is highest near by."""

    family = "optimiser"
    year = 2021
    source = "Foret et al., ICLR 2021 (arXiv:2010.01412): sharpness-aware minimisation"
    deviations = "AdamW in the place of SGD. Batch norms see each batch twice."
    cost = 2.0

    rho: float = tunable(0.05, low=0.005, high=0.5, log=True, help="length of the step uphill")

    def step(self, closure: Closure) -> None:
        """Uphill by ``rho`` along the gradient, the gradient there, back, and a step with it."""
        closure()
        moved = self.uphill()
        closure()
        with torch.no_grad():
            for parameter, by in moved:
                parameter.sub_(by)
        self.optimizer.step()

    @torch.no_grad()
    def uphill(self) -> list[tuple[Tensor, Tensor]]:
        """Move the parameters; which, and by how much."""
        held = [p for group in self.optimizer.param_groups for p in group["params"] if p.grad is not None]
        norm = torch.stack([p.grad.norm() for p in held]).norm().clamp(min=1e-12)
        moved = [(p, self.rho * p.grad / norm) for p in held]
        for parameter, by in moved:
            parameter.add_(by)
        return moved
