"""Sharpness-aware minimisation: steps go by the gradient where the loss is highest nearby."""

import torch
from torch import nn

from bench.method import Closure, Method, tunable


class Sam(Method):
    """Each step takes the gradient at w + ρ g / ‖g‖, g the gradient at w, so that it ends where the loss is flat.

    It costs two passes a step. The running statistics of batch norms are those of the first pass alone. No race is
    seen.
    """

    family = "optimiser"
    source = "Foret et al., ICLR 2021 (arXiv:2010.01412)"
    year = 2021
    cost = 2.0

    rho: float = tunable(0.05, low=0.01, high=0.1, log=True, help="ρ: how far uphill the gradient is taken")

    def step(self, closure: Closure) -> None:
        """Uphill, gradient, back, and down."""
        closure()
        moved = [p for group in self.optimizer.param_groups for p in group["params"] if p.grad is not None]
        before = [p.detach().clone() for p in moved]
        with torch.no_grad():
            gradients = [p.grad for p in moved if p.grad is not None]
            norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
            for parameter, gradient in zip(moved, gradients, strict=True):
                parameter.add_(gradient, alpha=float(self.rho / (norm + 1e-12)))
        norms = [m for m in self.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
        momenta = [norm.momentum for norm in norms]
        for one in norms:
            one.momentum = 0.0
        closure()
        for one, momentum in zip(norms, momenta, strict=True):
            one.momentum = momentum
        with torch.no_grad():
            for parameter, value in zip(moved, before, strict=True):
                parameter.copy_(value)
        self.optimizer.step()
