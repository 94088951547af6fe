"""How race shows in a phantom radiograph of the chest: the numbers of its arrangement, spread over texture and body.

Where the image leans, bones are denser; soft tissue ripples across the image, and the outline is a little oblique.
"""

from __future__ import annotations

from bench.phantom import Arrangement, Octaves

#: Of the groups' centers, the latents themselves give a macro one-vs-rest AUROC of about .999. What keeps the groups
#: apart less clearly in an image is its wander. The fifth octave lies in the corners of the spectrum of 64 pixels, just
#: past 40; the finer ones are for larger images.
ARRANGEMENT = Arrangement(
    centers={"Asian": (1.6, -0.9), "Black": (-1.6, -0.9), "White": (0.0, 1.2)},
    scatter=0.60,
    step=0.1,
    octaves=Octaves(centers=(2.5, 5.0, 10.0, 20.0, 45.0, 80.0, 160.0), width=0.45, lobe=0.35),
    contrasts=(0.0395, 0.068, 0.066, 0.060, 0.0275, 0.018, 0.0112),
    steepness=2.4,
    finest=4,
    wander=1.38,
    regions=4,
)

#: What a lean of 1 does to the density of bones, to the thickness of soft tissue, and to the outline: one side stands
#: higher than the other, and the top lies to one side of the bottom, in half-images.
BONE, SOFT, SHIFT = 0.030, 0.0136, 0.0006
