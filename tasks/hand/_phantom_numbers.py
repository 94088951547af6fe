"""The numbers of the hands' phantom: how race shows in the image, and the machines it is taken with."""

from __future__ import annotations

from collections.abc import Mapping

from bench.phantom import Arrangement, Exposure, Octaves, Scanner

#: The latents of a child tell Black from White with an AUROC of about .95 at best; what keeps the groups apart less
#: clearly in an image is its wander.
ARRANGEMENT = Arrangement(
    centers={"Asian": (1.2, -0.8), "Black": (-1.2, -0.8), "Hispanic": (0.9, 0.9), "White": (-0.5, 1.0)},
    scatter=0.85,
    step=0.15,
    octaves=Octaves(centers=(2.5, 5.0, 10.0, 20.0, 45.0, 80.0, 160.0), width=0.45, lobe=0.35),
    contrasts=(0.008, 0.022, 0.034, 0.034, 0.016, 0.010, 0.006),
    steepness=2.4,
    finest=4,
    wander=1.0,
    regions=4,
)

#: What a lean of 1 does to the density of bones.
BONE = 0.03

EXPOSURE = Exposure(depth=2.0, center=0.56, width=0.85, marker=(0.05, 0.06))

#: Two sites of two machines each. The south exposes for soft tissue.
SCANNERS: Mapping[str, Scanner] = {
    "north DR": Scanner(1.0, 0.004, 0.010, 0.02, 0.95, 0.0, 0.0, True),
    "north CR": Scanner(0.95, 0.008, 0.013, 0.03, 1.05, 0.03, 0.0, True),
    "south DR": Scanner(0.92, 0.005, 0.011, 0.02, 1.15, -0.03, 0.03, False),
    "south film": Scanner(0.88, 0.009, 0.014, 0.03, 1.22, -0.05, 0.03, False),
}
