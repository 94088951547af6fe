"""Images with the amplitudes of another race's, and their own phases."""

import torch
from torch import Tensor

from bench.method import Batch, Method, masked_bce, tunable
from bench.method.pieces import partners


class AmplitudeMix(Method):
    """Mixes each image's Fourier amplitudes with those of another race's image, in training (Xu et al., 2021, FACT).

    x̂ = F⁻¹[((1 - λ)|Fx| + λ|Fx'|) e^{i∠Fx}], λ uniform between 0 and η; phases, which carry shapes, stay. A ``window``
    below 1 mixes only frequencies up to that share of the highest, as Yang & Soatto (2020, FDA) do. An image for which
    the batch holds no other race stays as it is.
    """

    uses_race = "train"
    needs_pixels = True
    family = "mixing"
    year = 2021
    source = "Xu et al., CVPR 2021 (arXiv:2105.11182); Yang & Soatto, CVPR 2020 (arXiv:2004.05498)"
    deviations = (
        "No teacher and no consistency loss; the partner is of another race; written from memory of the papers."
    )

    eta: float = tunable(1.0, low=0.1, high=1.0, help="η, the largest share of the other's amplitudes")
    window: float = tunable(
        1.0, low=0.01, high=1.0, log=True, help="share of frequencies that are mixed, from the lowest on"
    )

    def loss(self, batch: Batch) -> Tensor:
        """Mean binary cross-entropy of the mixed images, with the labels as they are."""
        images = self.normalise(self.distort(batch.images))
        known = (batch.groups >= 0)[:, None] & (batch.groups >= 0)
        partner = partners(known & (batch.groups[:, None] != batch.groups))
        share = self.eta * torch.rand(len(images), device=images.device)
        mixed = self.mix(images, images[partner], share)
        return masked_bce(self.classify(self.encode(mixed)), batch.targets)

    def mix(self, images: Tensor, others: Tensor, share: Tensor) -> Tensor:
        """x̂ of ``images`` and ``others (B, C, H, W)``, ``share (B,)`` being λ."""
        own, other = (torch.fft.fft2(some.float()) for some in (images, others))
        rows, columns = (torch.fft.fftfreq(size, device=images.device).abs() for size in images.shape[2:])
        inside = (rows <= self.window / 2)[:, None] & (columns <= self.window / 2)
        part = share[:, None, None, None] * inside
        amplitude = (1 - part) * own.abs() + part * other.abs()
        mixed: Tensor = torch.fft.ifft2(torch.polar(amplitude, own.angle())).real
        return mixed
