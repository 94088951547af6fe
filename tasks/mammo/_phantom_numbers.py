"""The numbers of the mammographic phantom: how race shows in the image, and the machines it is taken with."""

from __future__ import annotations

from collections.abc import Mapping

from bench.phantom import Arrangement, Exposure, Octaves, Scanner

#: Of the groups' centers, the latents of a woman tell Black from White with an AUROC of about .82 at best: the groups
#: overlap, and a second image of hers says little that the first did not. What one image adds is its wander.
ARRANGEMENT = Arrangement(
    centers={"Asian": (1.1, -0.5), "Black": (-0.65, -0.35), "White": (0.1, 0.7)},
    scatter=1.0,
    step=0.12,
    octaves=Octaves(centers=(2.5, 5.0, 10.0, 20.0, 45.0, 80.0, 160.0), width=0.45, lobe=0.35),
    contrasts=(0.008, 0.017, 0.023, 0.023, 0.011, 0.007, 0.0045),
    steepness=2.4,
    finest=4,
    wander=0.85,
    regions=4,
)

EXPOSURE = Exposure(depth=3.0, center=0.52, width=0.60, marker=(0.0, 0.0))

#: Two sites of two machines each. The north processes for contrast, the south for latitude.
SCANNERS: Mapping[str, Scanner] = {
    "north FFDM": Scanner(1.0, 0.004, 0.010, 0.01, 0.95, 0.02, 0.0, False),
    "north DBT": Scanner(1.1, 0.007, 0.008, 0.02, 1.05, 0.04, 0.0, False),
    "south FFDM": Scanner(0.95, 0.005, 0.011, 0.02, 1.25, -0.05, 0.0, False),
    "south CR": Scanner(0.85, 0.010, 0.014, 0.04, 1.35, -0.07, 0.0, False),
}
